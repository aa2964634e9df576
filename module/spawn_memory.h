/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance's memory as core/logring.c reads it: in small pieces, anywhere, and for a bounded
 * time.
 */
#ifndef MK_MODULE_SPAWN_MEMORY_H
#define MK_MODULE_SPAWN_MEMORY_H

#include <linux/types.h>

struct instance;

/**
 * struct spawn_memory - a window to it
 * @instance: whose; set by the user, all else zero to begin with
 * @end:      set from outside: no more is read
 * @deadline: when the look under way ends in any case, jiffies
 * @start:    physical address of what is mapped now,
 * @size:     bytes of it
 * @mapped:   where, or NULL
 */
struct spawn_memory {
	const struct instance *instance;
	bool end;
	unsigned long deadline;
	u64 start;
	u64 size;
	u8 *mapped;
};

/**
 * spawn_memory_begin - begin a look into it
 *
 * Gives the look its time: ten seconds, and one more for each 16 GB, since the search for a log
 * passes over all of the memory. Nothing that core/ does there takes as long, but in a memory that
 * was made to keep us busy.
 *
 * Context: any.
 */
void spawn_memory_begin(struct spawn_memory *memory);

/**
 * spawn_memory_read - the function that core/logring.c reads with
 * @context:  a struct spawn_memory
 * @physical: address, within one page
 * @buffer:   receives the bytes
 * @size:     how many, at most a page
 *
 * Context: process; lets others on the CPU at each call. The instance holds its memory.
 * Return: 0, -ENXIO (not the instance's memory), -ENOMEM, -ECANCELED (@end, or the instance's
 * @stop_asked), or -ETIME (the look takes too long).
 */
int spawn_memory_read(void *context, u64 physical, void *buffer, size_t size);

/* Ends the look: what is mapped is no longer needed. Context: process. */
void spawn_memory_close(struct spawn_memory *memory);

#endif
