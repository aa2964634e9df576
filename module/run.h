/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel in an instance, from the request to load it until it has stopped. */
#ifndef MK_MODULE_RUN_H
#define MK_MODULE_RUN_H

#include "load.h"
#include "reason.h"

/**
 * run_kernel - load a kernel into an instance and start it
 * @id:     the instance
 * @source: the files; the caller's to let go
 * @why:    the sentence, when refused
 *
 * Context: process; takes multikernel_lock, but not while it reads files.
 * Return: 0 once the first CPU runs the kernel; or the errno of the interface's table. -ETIMEDOUT leaves the instance
 * failed, every other error as it was.
 */
int run_kernel(u32 id, const struct kernel_source *source, struct mk_reason *why);

/**
 * run_stop - stop what runs in an instance, at once
 * @id:  the instance
 * @why: the sentence, when refused
 *
 * Context: process; takes multikernel_lock.
 * Return: 0, also when nothing ran; -ENOENT, -EBUSY (it is being loaded), -ETIMEDOUT (a CPU does not stop: the instance
 * is failed for good).
 */
int run_stop(u32 id, struct mk_reason *why);

/* Deals with what the watch saw. Context: process; takes multikernel_lock. */
void run_handle_events(void);

#endif
