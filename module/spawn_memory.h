/* SPDX-License-Identifier: GPL-2.0-only */
/* An instance's memory as core/logring.c reads it: in small pieces, anywhere. */
#ifndef MK_MODULE_SPAWN_MEMORY_H
#define MK_MODULE_SPAWN_MEMORY_H

#include <linux/types.h>

struct instance;

/**
 * struct spawn_memory - a window to it
 * @instance: whose; set by the user, all else zero to begin with
 * @end:      set from outside: no more is read
 * @start:    physical address of what is mapped now,
 * @size:     bytes of it
 * @mapped:   where, or NULL
 */
struct spawn_memory {
	const struct instance *instance;
	bool end;
	u64 start;
	u64 size;
	u8 *mapped;
};

/**
 * spawn_memory_read - the function that core/logring.c reads with
 * @context:  a struct spawn_memory
 * @physical: address, within one page
 * @buffer:   receives the bytes
 * @size:     how many, at most a page
 *
 * Context: process; the instance holds its memory.
 * Return: 0, -ENXIO (not the instance's memory), -ENOMEM, or -ECANCELED (@end, or the instance's
 * @stop_asked).
 */
int spawn_memory_read(void *context, u64 physical, void *buffer, size_t size);

/* What is mapped is no longer needed. Context: process. */
void spawn_memory_close(struct spawn_memory *memory);

#endif
