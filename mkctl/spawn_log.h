/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of an instance's kernel, and the memory that it is in. */
#ifndef MKCTL_SPAWN_LOG_H
#define MKCTL_SPAWN_LOG_H

#include "instances.h"
#include "logring.h"
#include "memory.h"

/**
 * struct spawn_log - an instance's memory, opened, and the log in it
 * @instance: as it was when the memory was opened
 * @ranges:   where its memory is
 * @memory:   its content
 * @log:      the ring
 */
struct spawn_log {
	struct instance instance;
	struct mk_ranges ranges;
	struct memory memory;
	struct mk_log log;
};

/*
 * Open the memory of the instance of this name, which is root's to read. Returns 0, -ENOENT when the
 * instance is gone, or another negative errno. To be closed in any case.
 */
int spawn_log_open_memory(struct spawn_log *spawn, const char *name);

/* The same, and find the log: -EAGAIN when there is none in it yet. Goes through all memory. */
int spawn_log_open(struct spawn_log *spawn, const char *name);

void spawn_log_close(struct spawn_log *spawn);

#endif
