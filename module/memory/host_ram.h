/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the running host's memory may be taken from it, and how much. */
#ifndef MK_MODULE_HOST_RAM_H
#define MK_MODULE_HOST_RAM_H

#include "ranges.h"

#define HOST_RAM_RANGES_MAX 256

/**
 * struct host_ram_ranges - some of the machine's memory
 * @range: start and size only
 * @count: how many
 */
struct host_ram_ranges {
	struct mk_range range[HOST_RAM_RANGES_MAX];
	u32 count;
};

/**
 * struct host_ram - a map of the host's memory, as it was when it was read
 * @ram:        its RAM, but for what a driver has added and may take away again
 * @ejectable:  what goes with a device when that is ejected; RAM or not
 * @huge_pages: set when memory was passed over because of reserved huge pages
 */
struct host_ram {
	struct host_ram_ranges ram;
	struct host_ram_ranges ejectable;
	bool huge_pages;
};

/* The map, to be freed with kfree(); NULL for want of memory. Context: process. */
struct host_ram *host_ram_read(void);

/* Does some of this memory go when a device is ejected? Context: any. */
bool host_ram_is_ejectable(const struct host_ram *map, u64 start, u64 size);

/**
 * host_ram_may_move - a cheap look before the expensive try
 * @map:   notes why not
 * @start: page aligned
 * @size:  bytes
 *
 * Context: process.
 * Return: whether it is online memory of one zone, and none of its pages is reserved, broken, a
 * huge page that someone has set aside, or pinned for a device.
 */
bool host_ram_may_move(struct host_ram *map, u64 start, u64 size);

/* Is this page online, and of the zone that holds movable memory only? Context: process. */
bool host_ram_is_movable(u64 start);

/* Bytes that the host keeps available in any case. Context: any. */
u64 host_ram_reserve(void);

/* Can the host spare so many bytes now, and keep its reserve? Context: any. */
bool host_ram_can_spare(u64 bytes);

/**
 * host_ram_can_spare_place - can the host spare this memory now, and keep its reserve?
 * @start: online, of one zone
 * @size:  bytes
 *
 * Movable memory is of no use to its kernel, so the reserve must be there without it as well.
 *
 * Context: process.
 */
bool host_ram_can_spare_place(u64 start, u64 size);

/* Is there room for what a kernel must know of so many bytes more of memory? Context: any. */
bool host_ram_can_describe(u64 bytes);

#endif
