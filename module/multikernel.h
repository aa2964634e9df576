/* SPDX-License-Identifier: GPL-2.0-only */
/* What all parts of the module share: the one lock, and how a refusal is told. */
#ifndef MK_MODULE_MULTIKERNEL_H
#define MK_MODULE_MULTIKERNEL_H

#include <linux/mutex.h>

#include "reason.h"

/*
 * Serializes every change: of the instances and their states, the pool, and the CPUs given up.
 * Never held by anything that reads an instance's files, because the files of an instance are
 * removed under it.
 */
extern struct mutex multikernel_lock;

/*
 * This kernel is a spawn itself: it shows its own instance and makes no others. Set before anything
 * else.
 */
extern bool multikernel_in_spawn;

/**
 * report - tell how an operation ended, in last_error and, when refused, in the kernel log
 * @error: 0 or negative errno
 * @what:  what was asked for, for the log: "upload", "load"
 * @why:   the sentence, when refused
 *
 * Context: process.
 * Return: @error.
 */
int report(int error, const char *what, const struct mk_reason *why);

#endif
