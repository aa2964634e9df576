/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that comes to this spawn kernel, and leaves it, while it runs. */
#ifndef MK_MODULE_SPAWN_MEMORY_CHANGES_H
#define MK_MODULE_SPAWN_MEMORY_CHANGES_H

#include <linux/types.h>

/* Says to the host in what blocks this kernel takes memory; and that it takes none any more. */
void spawn_memory_init(void);
void spawn_memory_exit(void);

/**
 * spawn_memory_bring - take memory into use that the host has given
 * @start: physical address, at the border of a block
 * @size:  bytes, whole blocks
 *
 * Context: process, one at a time; takes the memory hotplug locks.
 * Return: 0, or why not: then none of it is used.
 */
int spawn_memory_bring(u64 start, u64 size);

/* Move what is there elsewhere, and forget it. Context: the same. Return: 0, or why not: it is used. */
int spawn_memory_give_back(u64 start, u64 size);

#endif
