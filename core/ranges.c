// SPDX-License-Identifier: GPL-2.0-only
/* Sorted sets of physical memory ranges, and which part of the pool an instance gets. */
#include "ranges.h"

#define GIGABYTE 0x40000000ULL

/* Not empty, page aligned, and its end is an address. */
static bool is_range(u64 start, u64 size)
{
	return size && !((start | size) & (MK_PAGE_SIZE - 1)) && start + size > start;
}

static void insert_slot(struct mk_ranges *set, u32 index)
{
	memmove(&set->range[index + 1], &set->range[index],
		(set->count - index) * sizeof(*set->range));
	set->count++;
}

static void delete_slot(struct mk_ranges *set, u32 index)
{
	set->count--;
	memmove(&set->range[index], &set->range[index + 1],
		(set->count - index) * sizeof(*set->range));
}

static bool touch(const struct mk_range *low, const struct mk_range *high)
{
	return mk_range_end(low) == high->start && low->node == high->node &&
	       low->host_ram == high->host_ram;
}

/* The first of the set that begins at @start or behind it, or the set's count. */
static u32 first_from(const struct mk_ranges *set, u64 start)
{
	u32 low = 0, high = set->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (set->range[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int mk_ranges_add(struct mk_ranges *set, const struct mk_range *range)
{
	struct mk_range *below, *above;
	bool joins_below, joins_above;
	u32 index;

	if (!is_range(range->start, range->size))
		return -EINVAL;
	index = first_from(set, range->start);
	below = index > 0 ? &set->range[index - 1] : NULL;
	above = index < set->count ? &set->range[index] : NULL;
	if (below && mk_range_end(below) > range->start)
		return -EINVAL;
	if (above && mk_range_end(range) > above->start)
		return -EINVAL;

	joins_below = below && touch(below, range);
	joins_above = above && touch(range, above);
	if (joins_below && joins_above) {
		below->size += range->size + above->size;
		delete_slot(set, index);
	} else if (joins_below) {
		below->size += range->size;
	} else if (joins_above) {
		above->start = range->start;
		above->size += range->size;
	} else {
		if (set->count >= set->capacity)
			return -ENOSPC;
		insert_slot(set, index);
		set->range[index] = *range;
	}
	return 0;
}

/* The one that holds all of it can only be the last that does not begin behind it. */
static bool find_index(const struct mk_ranges *set, u64 start, u64 size, u32 *index)
{
	u64 end = start + size;

	if (end <= start)
		return false;
	*index = first_from(set, start + 1);
	if (!*index)
		return false;
	(*index)--;
	return end <= mk_range_end(&set->range[*index]);
}

int mk_ranges_remove(struct mk_ranges *set, u64 start, u64 size)
{
	struct mk_range *hole;
	u64 before, after;
	u32 index;

	if (!is_range(start, size))
		return -EINVAL;
	if (!find_index(set, start, size, &index))
		return -ENOENT;
	hole = &set->range[index];
	before = start - hole->start;
	after = mk_range_end(hole) - (start + size);

	if (before && after) {
		if (set->count >= set->capacity)
			return -ENOSPC;
		insert_slot(set, index);
		hole[0].size = before;
		hole[1].start = start + size;
		hole[1].size = after;
	} else if (before) {
		hole->size = before;
	} else if (after) {
		hole->start = start + size;
		hole->size = after;
	} else {
		delete_slot(set, index);
	}
	return 0;
}

/* The part of a range of the set that lies in [start, end); false when none does. */
static bool common_part(const struct mk_range *range, u64 start, u64 end, struct mk_range *part)
{
	u64 last = mk_range_end(range) < end ? mk_range_end(range) : end;

	*part = *range;
	part->start = range->start > start ? range->start : start;
	if (part->start >= last)
		return false;
	part->size = last - part->start;
	return true;
}

int mk_ranges_cut(struct mk_ranges *set, u64 start, u64 size)
{
	struct mk_range part;
	u32 i = set->count;
	int error;

	if (!is_range(start, size))
		return -EINVAL;
	while (i--) {	/* from the last: what is taken out or split moves only those that were seen */
		if (!common_part(&set->range[i], start, start + size, &part))
			continue;
		error = mk_ranges_remove(set, part.start, part.size);
		if (error)
			return error;
	}
	return 0;
}

u64 mk_ranges_overlap(const struct mk_ranges *set, u64 start, u64 size)
{
	struct mk_range part;
	u64 sum = 0;
	u32 i;

	for (i = 0; i < set->count; i++)
		if (common_part(&set->range[i], start, start + size, &part))
			sum += part.size;
	return sum;
}

u64 mk_ranges_total(const struct mk_ranges *set)
{
	u64 total = 0;
	u32 i;

	for (i = 0; i < set->count; i++)
		total += set->range[i].size;
	return total;
}

const struct mk_range *mk_ranges_find(const struct mk_ranges *set, u64 start, u64 size)
{
	u32 index;

	return find_index(set, start, size, &index) ? &set->range[index] : NULL;
}

/* The part of a hole that begins at its first such border; false when there is none. */
static bool part_at_border(const struct mk_range *hole, u64 border, struct mk_range *part)
{
	u64 start = mk_align_up(hole->start, border);

	if (start < hole->start || start >= mk_range_end(hole))
		return false;
	*part = *hole;
	part->start = start;
	part->size = mk_range_end(hole) - start;
	return true;
}

/*
 * Place @bytes in a hole at the best border it allows, but at none below @least. A split must leave
 * places for what was taken before, which may come back first.
 */
static bool place(const struct mk_ranges *set, const struct mk_ranges *taken,
		  const struct mk_range *hole, u64 bytes, u64 least, struct mk_range *piece)
{
	static const u64 borders[] = { GIGABYTE, MK_LARGE_PAGE_SIZE, MK_PAGE_SIZE };
	bool splits;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(borders) && borders[i] >= least; i++) {
		if (borders[i] == GIGABYTE && bytes < GIGABYTE)
			continue;
		if (!part_at_border(hole, borders[i], piece) || piece->size < bytes)
			continue;
		splits = piece->start != hole->start && piece->size != bytes;
		if (splits && set->count + taken->count >= set->capacity)
			continue;
		piece->size = bytes;
		return true;
	}
	return false;
}

static bool is_on(const struct mk_range *hole, int node)
{
	return node == MK_ANY_NODE || hole->node == node;
}

/* Move a piece of a hole; place() and part_at_border() see to it that the removal cannot fail. */
static int move_piece(struct mk_ranges *set, struct mk_ranges *taken, const struct mk_range *piece)
{
	int error;

	if (taken->count >= MK_INSTANCE_RANGES_MAX)
		return -ENOSPC;
	error = mk_ranges_add(taken, piece);
	if (error)
		return error;
	return mk_ranges_remove(set, piece->start, piece->size);
}

/* All of it in one range, from the smallest hole that is big enough. */
static int take_one(struct mk_ranges *set, u64 bytes, int node, u64 border, struct mk_ranges *taken)
{
	struct mk_range piece, best;
	u64 smallest = 0;
	u32 i;

	for (i = 0; i < set->count; i++) {
		const struct mk_range *hole = &set->range[i];

		if (!is_on(hole, node) || (smallest && hole->size >= smallest))
			continue;
		if (place(set, taken, hole, bytes, border, &piece)) {
			best = piece;
			smallest = hole->size;
		}
	}
	if (!smallest)
		return -ENOSPC;
	return move_piece(set, taken, &best);
}

static bool find_largest(const struct mk_ranges *set, int node, u64 border,
			 struct mk_range *largest)
{
	struct mk_range part;
	u32 i;

	largest->size = 0;
	for (i = 0; i < set->count; i++) {
		if (is_on(&set->range[i], node) && part_at_border(&set->range[i], border, &part) &&
		    part.size > largest->size)
			*largest = part;
	}
	return largest->size;
}

static void give_back(struct mk_ranges *set, struct mk_ranges *taken)
{
	while (taken->count)
		mk_ranges_add(set, &taken->range[--taken->count]);
}

/* Whole holes, largest first, until one hole holds the rest; first the node's own, then any. */
static int take_several(struct mk_ranges *set, u64 bytes, int node, u64 border,
			struct mk_ranges *taken)
{
	struct mk_range largest;

	while (take_one(set, bytes, node, border, taken)) {
		if (!find_largest(set, node, border, &largest)) {
			if (node == MK_ANY_NODE)
				goto fail;
			node = MK_ANY_NODE;
			continue;
		}
		/* As large as the rest and yet not taken: an array has no room for one more. */
		if (largest.size >= bytes || move_piece(set, taken, &largest))
			goto fail;
		bytes -= largest.size;
	}
	return 0;

fail:
	give_back(set, taken);
	return -ENOSPC;
}

int mk_ranges_take(struct mk_ranges *set, u64 bytes, int node, struct mk_ranges *taken)
{
	static const u64 borders[] = { MK_LARGE_PAGE_SIZE, MK_PAGE_SIZE };
	u32 i;

	if (!bytes || bytes & (MK_PAGE_SIZE - 1) || taken->count)
		return -EINVAL;
	if (mk_ranges_total(set) < bytes)
		return -ENOSPC;
	for (i = 0; i < ARRAY_SIZE(borders); i++) {
		if (!take_one(set, bytes, node, borders[i], taken) ||
		    !take_one(set, bytes, MK_ANY_NODE, borders[i], taken) ||
		    !take_several(set, bytes, node, borders[i], taken) ||
		    !take_several(set, bytes, MK_ANY_NODE, borders[i], taken))
			return 0;
	}
	return -ENOSPC;
}

int mk_ranges_take_piece(struct mk_ranges *set, u64 bytes, struct mk_range *piece)
{
	struct mk_range array[1];
	struct mk_ranges taken = { .range = array, .capacity = ARRAY_SIZE(array) };
	int error;

	if (!bytes || bytes & (MK_LARGE_PAGE_SIZE - 1))
		return -EINVAL;
	error = take_one(set, bytes, MK_ANY_NODE, MK_LARGE_PAGE_SIZE, &taken);
	if (!error)
		*piece = array[0];
	return error;
}

/* Whole blocks of a hole, from its first border on, @most bytes at most. */
static bool blocks_of(const struct mk_ranges *set, const struct mk_ranges *taken,
		      const struct mk_range *hole, u64 block, u64 most, struct mk_range *piece)
{
	bool splits;

	if (!part_at_border(hole, block, piece))
		return false;
	piece->size = mk_align_down(piece->size < most ? piece->size : most, block);
	splits = piece->start != hole->start && mk_range_end(piece) != mk_range_end(hole);
	return piece->size && (!splits || set->count + taken->count < set->capacity);
}

/* Is a hole that gives @size bytes better than the best one? As large as wanted, but no larger. */
static bool is_better(const struct mk_range *hole, u64 size, const struct mk_range *best_hole,
		      u64 best_size)
{
	if (!best_hole || size != best_size)
		return !best_hole || size > best_size;
	return hole->size < best_hole->size;
}

static bool find_blocks(const struct mk_ranges *set, const struct mk_ranges *taken, int node,
			u64 block, u64 most, struct mk_range *best)
{
	const struct mk_range *best_hole = NULL;
	struct mk_range piece;
	u32 i;

	for (i = 0; i < set->count; i++) {
		const struct mk_range *hole = &set->range[i];

		if (!is_on(hole, node) || !blocks_of(set, taken, hole, block, most, &piece) ||
		    !is_better(hole, piece.size, best_hole, best_hole ? best->size : 0))
			continue;
		best_hole = hole;
		*best = piece;
	}
	return best_hole;
}

int mk_ranges_take_blocks(struct mk_ranges *set, u64 bytes, u64 block, int node,
			  struct mk_ranges *taken)
{
	struct mk_range piece;

	if (!block || block & (block - 1) || block < MK_PAGE_SIZE || !bytes || bytes & (block - 1) ||
	    taken->count)
		return -EINVAL;
	while (bytes) {
		if (!find_blocks(set, taken, node, block, bytes, &piece)) {
			if (node == MK_ANY_NODE)
				goto fail;
			node = MK_ANY_NODE;
			continue;
		}
		if (move_piece(set, taken, &piece))
			goto fail;
		bytes -= piece.size;
	}
	return 0;

fail:
	give_back(set, taken);
	return -ENOSPC;
}

/* Out of the midst of a range, for which the array may have no place. */
static bool can_be_removed(const struct mk_ranges *set, const struct mk_range *range,
			   const struct mk_range *piece)
{
	return piece->start == range->start || mk_range_end(piece) == mk_range_end(range) ||
	       set->count < set->capacity;
}

static bool have_common_part(const struct mk_range *range, const struct mk_range *other)
{
	return range->start < mk_range_end(other) && other->start < mk_range_end(range);
}

bool mk_ranges_last_block(const struct mk_ranges *set, u64 block, u64 below,
			  const struct mk_range *spared, struct mk_range *piece)
{
	u32 i = set->count;
	u64 end;

	while (i--) {
		const struct mk_range *range = &set->range[i];

		*piece = *range;
		piece->size = block;
		end = mk_range_end(range) < below ? mk_range_end(range) : below;
		end = mk_align_down(end, block);
		for (; end >= block && end - block >= range->start; end -= block) {
			piece->start = end - block;
			if (!have_common_part(piece, spared) && can_be_removed(set, range, piece))
				return true;
		}
	}
	return false;
}
