/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls: an eventfd's signal, "this queue has used buffers", becomes an interrupt of a spawn. */
#ifndef MK_MODULE_CALL_H
#define MK_MODULE_CALL_H

#include <linux/poll.h>
#include <linux/types.h>
#include <linux/wait.h>

struct eventfd_ctx;
struct file;
struct instance;

/**
 * struct call - of one queue
 * @fd:       who signals, or NULL
 * @wait:     in its wait queue
 * @table:    how it got there
 * @instance: whose kernel is interrupted
 * @place:    where that wants to be, in the page that it writes
 * @count:    calls so far
 */
struct call {
	struct eventfd_ctx *fd;
	wait_queue_entry_t wait;
	poll_table table;
	const struct instance *instance;
	const u64 *place;
	u64 count;
};

/**
 * call_bind - interrupt a spawn whenever an eventfd is signalled
 * @call:     not bound
 * @file:     the eventfd, of which a reference is kept
 * @instance: its kernel runs, and is not stopped before call_unbind()
 * @place:    where it wants to be called; read at each call, and only a CPU of its own is
 *
 * Context: process.
 * Return: 0, or -EINVAL: @file is no eventfd.
 */
int call_bind(struct call *call, struct file *file, const struct instance *instance,
	      const u64 *place);

/* Afterwards no interrupt is sent; nothing to do for one that is not bound. Context: process. */
void call_unbind(struct call *call);

#endif
