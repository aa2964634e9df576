/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory on its way out of the host kernel and back: how a region is had, never what it is for. */
#ifndef MK_MODULE_HOST_MEMORY_H
#define MK_MODULE_HOST_MEMORY_H

#include <linux/ioport.h>
#include <linux/list.h>

#include "ranges.h"
#include "reason.h"

enum host_memory_source {
	HOST_MEMORY_BLOCK,	/* whole memory blocks, removed from the host */
	HOST_MEMORY_PAGES,	/* contiguous pages, allocated; they stay in the host's direct map */
	HOST_MEMORY_KEPT_BACK,	/* kept from the host at boot (memmap=) */
};

/**
 * struct host_region - memory that the host has given up, in one piece
 * @list:     the owner's
 * @range:    where
 * @source:   how it was had, and so how it goes back
 * @movable:  a block that held movable memory alone, and shall again
 * @resource: its name in /proc/iomem
 */
struct host_region {
	struct list_head list;
	struct mk_range range;
	enum host_memory_source source;
	bool movable;
	struct resource resource;
};

/**
 * host_memory_take - take memory out of the running host
 * @bytes:   how much, a multiple of 2 MB; whole memory blocks may round it up
 * @regions: receives the regions, to be added to
 * @why:     the sentence, when refused
 *
 * First whole memory blocks, the movable ones and then from the top down; for what is missing
 * contiguous pages. What does not move is given up after a while: 30 seconds, and one more for each
 * 256 MB, are for blocks, 30 seconds for pages.
 *
 * Context: process, under change_lock; takes the memory hotplug locks, each time for one block.
 * Return: 0, or with nothing taken -ENOMEM, or -EINTR when any signal came.
 */
int host_memory_take(u64 bytes, struct list_head *regions, struct mk_reason *why);

/**
 * host_memory_claim - have a region that was kept from the host at boot
 * @range:   where
 * @regions: receives it
 * @why:     the sentence, when refused
 *
 * Context: process.
 * Return: 0, -EBUSY (the host uses it, or it is not a region kept back), -ENOMEM.
 */
int host_memory_claim(const struct mk_range *range, struct list_head *regions, struct mk_reason *why);

/*
 * Gives a region back and frees it. Context: process, under change_lock; takes the memory hotplug
 * locks.
 */
void host_memory_give_back(struct host_region *region);

#endif
