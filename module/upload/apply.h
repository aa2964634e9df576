/* SPDX-License-Identifier: GPL-2.0-only */
/* Making a desired tree true, all or nothing. */
#ifndef MK_MODULE_APPLY_H
#define MK_MODULE_APPLY_H

#include <linux/types.h>

#include "reason.h"

/**
 * apply_tree - make an uploaded tree true
 * @blob: a whole device tree, untrusted
 * @size: its bytes
 * @why:  the sentence, when refused
 *
 * Context: process; takes change_lock, and for moments multikernel_lock and the CPU hotplug lock;
 * can take minutes where much memory is cleared.
 * Return: 0, or the errno of the interface's table with nothing changed.
 */
int apply_tree(const void *blob, size_t size, struct mk_reason *why);

/*
 * Removes all instances and images, and gives the CPUs back; none runs. Context: process; takes
 * change_lock and multikernel_lock.
 */
void apply_nothing(void);

#endif
