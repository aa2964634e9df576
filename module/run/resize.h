/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs and memory that come to a kernel while it runs, and leave it again. */
#ifndef MK_MODULE_RESIZE_H
#define MK_MODULE_RESIZE_H

#include <linux/types.h>

struct instance;
struct mk_ranges;
struct mk_reason;

/**
 * resize_check - can the kernel there get and give back what a tree wants
 * @instance:     its
 * @memory_bytes: what it shall have
 * @why:          the sentence, when refused
 *
 * Context: under change_lock and multikernel_lock.
 * Return: 0, -EBUSY, or -EINVAL (not in whole blocks of that kernel).
 */
int resize_check(struct instance *instance, u64 memory_bytes, struct mk_reason *why);

/**
 * resize_cpus - give the kernel there the CPUs of a list, one by one, then take the others back
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
int resize_cpus(struct instance *instance, const u32 *cpus, u32 count, struct mk_reason *why);

/**
 * resize_reserve_memory - take what the kernel there shall get more out of the pool
 * @instance: whose
 * @bytes:    what it shall have
 * @node:     preferred NUMA node
 * @spare:    receives it; empty, with room for MK_INSTANCE_RANGES_MAX
 * @why:      the sentence, when refused
 *
 * Context: process, under change_lock.
 * Return: 0, to be undone by pool_return(); -EBUSY, -EINVAL, -ENOSPC (not so many whole blocks of that
 * kernel are free), -ENOMEM.
 */
int resize_reserve_memory(struct instance *instance, u64 bytes, int node, struct mk_ranges *spare,
			  struct mk_reason *why);

/**
 * resize_memory - give the kernel there memory, or take some back
 * @instance: it runs, or did at the beginning of the change
 * @bytes:    what it shall have
 * @spare:    memory that comes is taken out of it, memory that leaves put into it; what is there when
 *            the change is over is the pool's
 * @why:      the sentence, when refused
 *
 * What was done before a refusal is not undone: call again, with what it had.
 *
 * Context: as resize_cpus(); takes some 100 ms for each block.
 * Return: 0, -EBUSY (the kernel refuses or reboots, or a front end of a device cannot see so far),
 * -ETIMEDOUT (it does not answer), -ENOSPC (in too many pieces).
 */
int resize_memory(struct instance *instance, u64 bytes, struct mk_ranges *spare,
		  struct mk_reason *why);

#endif
