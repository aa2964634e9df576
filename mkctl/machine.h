/* SPDX-License-Identifier: GPL-2.0-only */
/* This machine as the kernel's plan sees it, put together from what /sys shows. */
#ifndef MKCTL_MACHINE_H
#define MKCTL_MACHINE_H

#include "plan.h"

/**
 * machine_check - would this machine take a tree
 * @desired: from mk_tree_parse()
 * @why:     the sentence, when refused
 *
 * Decides by the same code as the kernel, upon the CPUs, the pool and the instances of now. Only
 * what the kernel alone knows (a CPU that did not stop, a page that cannot move) can still make it
 * refuse.
 *
 * Return: what mk_plan_make() returns, or another negative errno when /sys could not be read.
 */
int machine_check(const struct mk_tree *desired, struct mk_reason *why);

#endif
