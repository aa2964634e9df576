/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that come to a kernel while it runs, and leave it again. */
#ifndef MK_MODULE_RESIZE_H
#define MK_MODULE_RESIZE_H

#include <linux/types.h>

struct instance;
struct mk_reason;

/**
 * resize_check - can the kernel there be asked for CPUs
 * @instance: whose CPUs shall change
 * @why:      the sentence, when refused
 *
 * Context: under change_lock and multikernel_lock.
 * Return: 0 or -EBUSY.
 */
int resize_check(struct instance *instance, struct mk_reason *why);

/**
 * resize_to - give the kernel there the CPUs of a list, one by one, then take the others back
 * @instance: it runs, or did at the beginning of the change
 * @cpus:     what it shall have, its first CPU among them
 * @count:    how many, mk_most_cpus() at most
 * @why:      the sentence, when refused
 *
 * Each CPU takes some 100 ms, and 20 s at most where the kernel does not answer. What was done before
 * a refusal is not undone: call again, with the list as it was. A kernel that ends meanwhile is no
 * reason to refuse, but for one that reboots: then its CPUs stay.
 *
 * Context: process, under change_lock; takes the CPU hotplug lock, and multikernel_lock for moments;
 * sleeps.
 * Return: 0, -EBUSY (a CPU cannot be taken from the host, the kernel refuses or reboots), -ETIMEDOUT
 * (it does not answer, or a CPU does not stop).
 */
int resize_to(struct instance *instance, const u32 *cpus, u32 count, struct mk_reason *why);

#endif
