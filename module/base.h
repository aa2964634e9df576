/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all parts of the module share: the two locks of all changes, the role, and how a refusal is
 * told.
 */
#ifndef MK_MODULE_BASE_H
#define MK_MODULE_BASE_H

#include <linux/mutex.h>
#include <linux/types.h>

#include "reason.h"

/*
 * Serializes changes of who has what: uploads, and changes of the pool. Such a change holds it to
 * its end, which can take minutes: memory leaves the host, or is cleared. Guards the pool, the
 * windows below 1 MB and the CPUs given up. Taken before multikernel_lock.
 */
extern struct mutex change_lock;

/*
 * Serializes changes of the instances' states: kernels begin and end under it. Held for moments
 * only, so that an end, a stop or the host's reboot need not wait for a change of who has what.
 * Which instances there are changes under both locks: either is enough to look at the list.
 *
 * Neither is ever taken by anything that reads an instance's files: these are removed under the
 * first, which waits for their readers. Those of a disk image are never removed under the second,
 * and take it.
 */
extern struct mutex multikernel_lock;

/*
 * This kernel is a spawn itself: it shows its own instance and makes no others. Set before anything
 * else.
 */
extern bool multikernel_in_spawn;

/*
 * The host is about to sleep, or sleeps: no kernel is loaded, and neither the pool nor the
 * instances change. Written by guard.c under both locks; either is enough to look.
 */
extern bool multikernel_host_sleeps;

/**
 * report - tell how an operation ended, in last_error and, when refused, in the kernel log
 * @error: 0 or negative errno
 * @what:  what was asked for, for the log: "upload", "load"
 * @why:   the sentence, when refused
 *
 * What is told in the log is limited in rate: callers can be refused as often as they like.
 *
 * Context: process.
 * Return: @error.
 */
int report(int error, const char *what, const struct mk_reason *why);

/**
 * give_text - write a sentence to a buffer of the caller's, cut off if need be, NUL at its end
 * @text: the buffer's address, as a caller in user space has it; 0 for none
 * @size: its bytes
 * @what: the sentence
 *
 * Context: process.
 * Return: 0 or -EFAULT.
 */
int give_text(u64 text, u32 size, const char *what);

/* The sentence that the last operation left, "ok" when it was not refused. Context: process. */
void last_error_read(struct mk_reason *sentence);

#endif
