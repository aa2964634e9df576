/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance's memory as core/logring.c reads it: in small pieces, anywhere, and not without end.
 */
#ifndef MK_MODULE_SPAWN_MEMORY_H
#define MK_MODULE_SPAWN_MEMORY_H

#include <linux/types.h>

struct instance;

/**
 * struct spawn_window - a piece of it that is mapped
 * @start:  physical address
 * @size:   bytes
 * @mapped: where, or NULL
 * @used:   when last, as struct spawn_memory counts; 0: never
 */
struct spawn_window {
	u64 start;
	u64 size;
	u8 *mapped;
	u64 used;
};

/*
 * A message is read from its descriptor, its notes and its text, by the kernel's page tables: each may
 * lie in another piece, and one window would have to move for each of them.
 */
#define SPAWN_WINDOWS 6

/**
 * struct spawn_memory - a look into it
 * @instance: whose; set by the user, all else zero to begin with
 * @end:      set from outside: no more is read
 * @reads:    how often it may still be read in the look under way
 * @moves:    how often a window may still move
 * @uses:     of all windows
 * @window:   what is mapped now
 */
struct spawn_memory {
	const struct instance *instance;
	bool end;
	u64 reads;
	u64 moves;
	u64 uses;
	struct spawn_window window[SPAWN_WINDOWS];
};

/**
 * spawn_memory_begin - begin a look into it
 * @memory: whose
 *
 * Gives the look its budget. The search for a log reads each page once, and what core/ does beside
 * takes much less than the rest; so only a memory that was made to keep us busy needs more. A read
 * takes some 50 ns and a move of a window some 50 us, so a look takes less than five seconds of a
 * CPU and one more for each 64 GB, and lets others on that CPU at each read.
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
 * @stop_asked), or -EDQUOT (the look has used its budget up).
 */
int spawn_memory_read(void *context, u64 physical, void *buffer, size_t size);

/* Unmaps it all, which until then serves the next look, too. Context: process, beside no look. */
void spawn_memory_close(struct spawn_memory *memory);

#endif
