/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for an instance's next state. */
#ifndef MKCTL_WATCH_H
#define MKCTL_WATCH_H

#include "state.h"

/**
 * struct watch - an instance's status file, waited on
 * @name:       the instance
 * @fd:         the file, or -1
 * @end:        when to give up, on the clock of clock_ms(); ~0: never
 * @state:      what it said last
 * @generation: which kernel is there, as it was last seen; read before @state, so that of one that
 *              is loaded again the next state is still to come
 */
struct watch {
	const char *name;
	int fd;
	u64 end;
	enum mk_state state;
	u64 generation;
};

/* Open it; what changes from now on is seen. Returns 0 or a negative errno. */
int watch_open(struct watch *watch, const char *name);

/* So many seconds from now. */
void watch_end_after(struct watch *watch, u64 seconds);

/* What is now. Returns 0 or a negative errno; -ENOENT when the instance has gone. */
int watch_read(struct watch *watch);

/*
 * Wait for the next state, which may be the same: 0, -ETIMEDOUT, -EINTR when a signal of
 * interrupt_catch() came, or another negative errno.
 */
int watch_next(struct watch *watch);

void watch_close(struct watch *watch);

#endif
