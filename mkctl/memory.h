/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading an instance's memory through its file in /sys. */
#ifndef MKCTL_MEMORY_H
#define MKCTL_MEMORY_H

#include "ranges.h"

#define MEMORY_WINDOWS 4

/* A piece that is mapped; size 0 when it is not. */
struct memory_window {
	u64 start;
	u64 size;
	u8 *at;
};

/**
 * struct memory - an opened memory file
 * @fd:     the file, or -1
 * @ranges: what of it is there
 * @window: pieces that are mapped
 * @oldest: which of them makes room for the next
 */
struct memory {
	int fd;
	const struct mk_ranges *ranges;
	struct memory_window window[MEMORY_WINDOWS];
	u32 oldest;
};

/**
 * memory_open - open an instance's memory
 * @memory: filled in
 * @name:   the instance
 * @ranges: its memory; must live as long as @memory
 *
 * Return: 0 or a negative errno.
 */
int memory_open(struct memory *memory, const char *name, const struct mk_ranges *ranges);
void memory_close(struct memory *memory);

/**
 * memory_read - copy out of it, as mk_log_open() wants it
 * @context:  the struct memory
 * @physical: address, within one page
 * @buffer:   receives the bytes
 * @size:     how many, at most a page
 *
 * Return: 0, -ENXIO (not in the instance's memory), -ENODEV (the instance went away), or what
 * mmap(2) said.
 */
int memory_read(void *context, u64 physical, void *buffer, size_t size);

#endif
