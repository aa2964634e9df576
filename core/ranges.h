/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of physical memory ranges: the pool's free memory, and what an instance is made of. */
#ifndef MK_CORE_RANGES_H
#define MK_CORE_RANGES_H

#include "port.h"

#define MK_INSTANCE_RANGES_MAX 64	/* boot_params has room for 128 e820 entries; ours need a few more */
#define MK_INSTANCE_IMAGES_MAX 16	/* disk images of an instance */
#define MK_ANY_NODE (-1)

/**
 * struct mk_range - physical memory of one kind on one NUMA node
 * @start:    address, page aligned
 * @size:     bytes, page aligned, not zero
 * @node:     its NUMA node, or MK_ANY_NODE where that is not known
 * @host_ram: the host still counts it as its RAM, and has it in its direct map; such memory and
 *            other cannot be mapped in one piece, so they are never in one range
 */
struct mk_range {
	u64 start;
	u64 size;
	int node;
	bool host_ram;
};

/*
 * Sorted by start; no two overlap, and no two that are alike touch. The caller provides the array.
 * A pool needs a place for each range it began with and for each that instances have of it: then
 * ranges can come back in any order.
 */
struct mk_ranges {
	struct mk_range *range;
	u32 count;
	u32 capacity;
};

static inline u64 mk_range_end(const struct mk_range *range)
{
	return range->start + range->size;
}

/**
 * mk_ranges_add - put a range into a set, merging it with neighbours of the same node and kind
 * @set:   where to
 * @range: what to add
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (empty, wraps around, unaligned, or overlaps one that is there), -ENOSPC
 * (array full).
 */
int mk_ranges_add(struct mk_ranges *set, const struct mk_range *range);

/**
 * mk_ranges_remove - take exactly this range out of a set; it must lie wholly in one range of it
 * @set:   where from
 * @start: where it begins
 * @size:  its bytes
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (empty, wraps around or unaligned), -ENOENT (not wholly in the set), -ENOSPC
 * (would split one and the array is full).
 */
int mk_ranges_remove(struct mk_ranges *set, u64 start, u64 size);

/**
 * mk_ranges_cut - take out of a set whatever of a range is in it
 * @set:   where from
 * @start: where it begins, page aligned
 * @size:  its bytes, page aligned
 *
 * Context: any; pure.
 * Return: 0, also when nothing of it is there; -EINVAL (empty, wraps around or unaligned), -ENOSPC
 * (would split one and the array is full), with a part of it taken out.
 */
int mk_ranges_cut(struct mk_ranges *set, u64 start, u64 size);

/* How much of [start, start + size) is in a set, bytes. The end does not wrap around. */
u64 mk_ranges_overlap(const struct mk_ranges *set, u64 start, u64 size);

/* Sum of all sizes, bytes. */
u64 mk_ranges_total(const struct mk_ranges *set);

/* The range that holds all of [start, start + size), or NULL; also for size 0 and a wrap-around. */
const struct mk_range *mk_ranges_find(const struct mk_ranges *set, u64 start, u64 size);

/**
 * mk_ranges_take - move memory for an instance out of a set
 * @set:   the pool's free memory
 * @bytes: how much, page aligned
 * @node:  preferred NUMA node, or MK_ANY_NODE
 * @taken: receives the ranges; must be empty, with capacity for MK_INSTANCE_RANGES_MAX
 *
 * Prefers one range on the node (in the smallest hole that is big enough; at a 1 GB border when the
 * hole allows it and the instance is that large), then one range elsewhere, then several, the
 * node's own before the others, largest first, the rest from the smallest hole that holds it. All
 * this with every range at a 2 MB border, since a kernel image is put at one; only when that cannot
 * be had, the same again at page borders. A split that @set's array has no room for is avoided, so
 * that what was taken can at once be added back in any order. Nothing is taken on failure.
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (@bytes is zero or unaligned, @taken is not empty), -ENOSPC (sum too small, or
 * more than MK_INSTANCE_RANGES_MAX ranges would be needed).
 */
int mk_ranges_take(struct mk_ranges *set, u64 bytes, int node, struct mk_ranges *taken);

/**
 * mk_ranges_take_piece - move one piece of memory at a 2 MB border out of a set
 * @set:   the pool's free memory, with a place for one more range
 * @bytes: how much, a multiple of 2 MB
 * @piece: receives it, from the smallest hole that is big enough
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (@bytes is zero or unaligned), -ENOSPC (no hole is that large, or the array is
 * full).
 */
int mk_ranges_take_piece(struct mk_ranges *set, u64 bytes, struct mk_range *piece);

/**
 * mk_ranges_take_blocks - move memory for a kernel that runs out of a set, in whole blocks
 * @set:   the pool's free memory
 * @bytes: how much, a multiple of @block
 * @block: bytes of a block, and where one may begin: a power of two
 * @node:  preferred NUMA node, or MK_ANY_NODE
 * @taken: receives the ranges; must be empty
 *
 * From the smallest hole that is big enough, else whole holes, largest first; the node's own before
 * the others. As mk_ranges_take() it keeps places in @set for what may come back. Nothing is taken
 * on failure.
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (@bytes or @block is not as it should be, @taken is not empty), -ENOSPC (not so
 * many whole blocks, or they are in more ranges than @taken has places).
 */
int mk_ranges_take_blocks(struct mk_ranges *set, u64 bytes, u64 block, int node,
			  struct mk_ranges *taken);

/**
 * mk_ranges_last_block - the block of a set that is tried next when a kernel shall give some back
 * @set:    what the kernel has
 * @block:  bytes of a block, and where one may begin: a power of two
 * @below:  it ends there at the latest
 * @spared: it has nothing in common with this range
 * @piece:  receives it: the highest such block that can be taken out of @set
 *
 * Context: any; pure.
 * Return: false when there is none.
 */
bool mk_ranges_last_block(const struct mk_ranges *set, u64 block, u64 below,
			  const struct mk_range *spared, struct mk_range *piece);

#endif
