// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the pool consists of and what of it is free. How memory leaves the host and returns is
 * host_memory.c's matter; which instance gets what is planned in core/ranges.c.
 */
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/seqlock.h>
#include <linux/slab.h>

#include "base.h"
#include "memory/broken.h"
#include "memory/host_memory.h"
#include "memory/pool.h"
#include "pool_spec.h"

static LIST_HEAD(regions);	/* all of the pool; change_lock */
static struct mk_ranges free_ranges;	/* what neither instances nor images hold; change_lock */
static u64 total_bytes, free_bytes;	/* sums of the above, for readers without the lock */
static struct mk_range extent;		/* from the lowest to the highest address; extent_lock */
static DEFINE_SEQLOCK(extent_lock);

struct pool_names {
	u32 count;
	char *name;
	struct resource resource[];
};

u64 pool_bytes(void)
{
	return READ_ONCE(total_bytes);
}

u64 pool_free_bytes(void)
{
	return READ_ONCE(free_bytes);
}

void pool_extent(struct mk_range *range)
{
	unsigned int sequence;

	do {
		sequence = read_seqbegin(&extent_lock);
		*range = extent;
	} while (read_seqretry(&extent_lock, sequence));
}

static void update_extent(void)
{
	struct host_region *region;
	u64 start = ~0ULL, end = 0;

	list_for_each_entry(region, &regions, list) {
		start = min(start, region->range.start);
		end = max(end, mk_range_end(&region->range));
	}
	write_seqlock(&extent_lock);
	extent.start = end ? start : 0;
	extent.size = end ? end - start : 0;
	write_sequnlock(&extent_lock);
}

static void update_sums(void)
{
	struct host_region *region;
	u64 sum = 0;

	list_for_each_entry(region, &regions, list)
		sum += region->range.size;
	WRITE_ONCE(total_bytes, sum);
	WRITE_ONCE(free_bytes, mk_ranges_total(&free_ranges));
	update_extent();
}

int pool_copy_free(struct mk_ranges *copy, u32 more)
{
	lockdep_assert_held(&change_lock);
	copy->count = free_ranges.count;
	copy->capacity = free_ranges.count + more + BROKEN_RANGES_MAX;
	copy->range = kvcalloc(copy->capacity + 1, sizeof(*copy->range), GFP_KERNEL);
	if (!copy->range)
		return -ENOMEM;
	if (copy->count)
		memcpy(copy->range, free_ranges.range, copy->count * sizeof(*copy->range));
	broken_cut(copy);
	return 0;
}

void pool_replace_free(struct mk_ranges *plan)
{
	lockdep_assert_held(&change_lock);
	kvfree(free_ranges.range);
	free_ranges = *plan;
	memset(plan, 0, sizeof(*plan));
	update_sums();
}

int pool_make_room(u32 more)
{
	struct mk_ranges plan;
	int error;

	lockdep_assert_held(&change_lock);
	error = pool_copy_free(&plan, more);
	if (!error)
		pool_replace_free(&plan);
	return error;
}

int pool_take_blocks(u64 bytes, u64 block, int node, struct mk_ranges *taken)
{
	struct mk_ranges plan;
	int error;

	lockdep_assert_held(&change_lock);
	error = pool_copy_free(&plan, 2 * MK_INSTANCE_RANGES_MAX);
	if (!error)
		error = mk_ranges_take_blocks(&plan, bytes, block, node, taken);
	if (error)
		kvfree(plan.range);
	else
		pool_replace_free(&plan);
	return error;
}

void pool_return(const struct mk_range *range)
{
	lockdep_assert_held(&change_lock);
	WARN_ON(mk_ranges_add(&free_ranges, range));
	broken_cut(&free_ranges);
	update_sums();
}

/* No instance holds any of it. What is broken is nobody's. */
static bool is_free(const struct host_region *region)
{
	const struct mk_range *range = &region->range;

	return mk_ranges_overlap(&free_ranges, range->start, range->size) +
	       broken_bytes(range->start, range->size) == range->size;
}

static bool is_in_pool(u64 page)
{
	struct host_region *region;

	list_for_each_entry(region, &regions, list)
		if (page >= region->range.start && page < mk_range_end(&region->range))
			return true;
	return false;
}

bool pool_break(u64 page)
{
	struct mk_ranges plan;
	int error;

	lockdep_assert_held(&change_lock);
	if (!is_in_pool(page))
		return false;
	error = broken_add(page);
	if (error == -EEXIST)
		return false;
	if (!error)
		error = pool_copy_free(&plan, 0);
	if (error)
		pr_err("memory at 0x%llx broke, and cannot be kept from instances: error %d\n", page,
		       error);
	else
		pool_replace_free(&plan);
	return true;
}

static u64 running_bytes(void)
{
	struct host_region *region;
	u64 sum = 0;

	list_for_each_entry(region, &regions, list)
		if (region->source != HOST_MEMORY_KEPT_BACK)
			sum += region->range.size;
	return sum;
}

static bool spec_has(const struct mk_pool_spec *spec, const struct mk_range *range)
{
	u32 i;

	for (i = 0; i < spec->region_count; i++)
		if (spec->region[i].start == range->start && spec->region[i].size == range->size)
			return true;
	return false;
}

/*
 * Chooses the regions that go: those kept back that are no longer named, and what is too much of
 * the rest.
 */
static int choose_leaving(const struct mk_pool_spec *spec, struct list_head *leaving,
			  struct mk_reason *why)
{
	struct host_region *region, *next;
	u64 surplus = running_bytes();

	surplus -= min(surplus, spec->running_bytes);
	list_for_each_entry_safe(region, next, &regions, list) {
		if (region->source == HOST_MEMORY_KEPT_BACK) {
			if (spec_has(spec, &region->range))
				continue;
			if (!is_free(region))
				return mk_refuse(why, -EBUSY,
						 "pool: an instance or an image holds memory of the region at 0x%llx",
						 region->range.start);
		} else if (region->range.size > surplus || !is_free(region)) {
			continue;
		} else {
			surplus -= region->range.size;
		}
		list_move(&region->list, leaving);
	}
	/* Less than a memory block cannot go; a block or more that cannot is held. */
	if (surplus && surplus >= memory_block_size_bytes())
		return mk_refuse(why, -EBUSY,
				 "pool: instances and images hold so much that %llu MB cannot be given back",
				 surplus >> 20);
	return 0;
}

/* The first region kept back that has any of this memory; NULL for none. */
static const struct host_region *find_kept_back(const struct mk_range *range)
{
	const struct host_region *region;

	list_for_each_entry(region, &regions, list)
		if (region->source == HOST_MEMORY_KEPT_BACK &&
		    region->range.start < mk_range_end(range) &&
		    range->start < mk_range_end(&region->range))
			return region;
	return NULL;
}

/* A region that is named, unless the pool has it with these borders. */
static int claim_region(const struct mk_range *range, struct list_head *joining, struct mk_reason *why)
{
	const struct host_region *present = find_kept_back(range);

	if (!present)
		return host_memory_claim(range, joining, why);
	if (present->range.start == range->start && present->range.size == range->size)
		return 0;
	return mk_refuse(why, -EINVAL,
			 "pool: %lluM@0x%llx, adjacent ones as one, would change the borders of %lluM@0x%llx, which is in the pool; write the pool without that first",
			 range->size >> 20, range->start, present->range.size >> 20,
			 present->range.start);
}

static int take_new(const struct mk_pool_spec *spec, struct list_head *joining, struct mk_reason *why)
{
	u64 present = running_bytes();
	int error = 0;
	u32 i;

	for (i = 0; i < spec->region_count && !error; i++)
		error = claim_region(&spec->region[i], joining, why);
	if (error)
		return error;
	if (spec->running_bytes <= present)
		return 0;
	return host_memory_take(spec->running_bytes - present, joining, why);
}

/* The free memory as it will be; fails only for want of memory for the array. */
static int plan_free(struct mk_ranges *plan, struct list_head *joining, struct list_head *leaving)
{
	struct host_region *region;
	u32 count = 0;
	int error;

	list_for_each_entry(region, joining, list)
		count++;
	list_for_each_entry(region, leaving, list)
		count++;
	error = pool_copy_free(plan, count);
	if (error)
		return error;
	list_for_each_entry(region, joining, list)
		if (!error)
			error = mk_ranges_add(plan, &region->range);
	list_for_each_entry(region, leaving, list)
		if (!error)
			error = mk_ranges_cut(plan, region->range.start, region->range.size);
	if (error)
		kvfree(plan->range);
	else
		broken_cut(plan);
	return error;
}

static void give_back_all(struct list_head *list)
{
	struct host_region *region, *next;

	list_for_each_entry_safe(region, next, list, list)
		host_memory_give_back(region);
}

int pool_set(const char *text, struct mk_reason *why)
{
	struct mk_ranges plan = {};
	struct mk_pool_spec *spec;
	LIST_HEAD(joining);
	LIST_HEAD(leaving);
	int error;

	lockdep_assert_held(&change_lock);
	spec = kzalloc(sizeof(*spec), GFP_KERNEL);
	if (!spec)
		return mk_refuse(why, -ENOMEM, "pool: no memory to read the parameter");
	error = mk_pool_spec_parse(spec, text, why);
	if (!error)
		error = take_new(spec, &joining, why);
	if (!error)
		error = choose_leaving(spec, &leaving, why);
	if (!error) {
		error = plan_free(&plan, &joining, &leaving);
		if (error)
			mk_refuse(why, error, "pool: its free memory cannot be noted (error %d)", error);
	}
	kfree(spec);
	if (error) {
		list_splice(&leaving, &regions);
		give_back_all(&joining);
		return error;
	}
	list_splice(&joining, &regions);
	pool_replace_free(&plan);
	give_back_all(&leaving);
	return 0;
}

void pool_empty(void)
{
	lockdep_assert_held(&change_lock);
	give_back_all(&regions);
	kvfree(free_ranges.range);
	memset(&free_ranges, 0, sizeof(free_ranges));
	update_sums();
}

/*
 * The part of a range that lies in a region, somewhere below the region's resource: right below is
 * the entry of the firmware's map, where that has the same borders as a region kept back.
 */
static void name_part(struct pool_names *names, struct host_region *region,
		      const struct mk_range *range)
{
	struct resource *resource = &names->resource[names->count];

	resource->start = max(range->start, region->range.start);
	resource->end = min(mk_range_end(range), mk_range_end(&region->range)) - 1;
	if (resource->start > resource->end || !region->resource.flags)
		return;
	resource->name = names->name;
	resource->flags = IORESOURCE_MEM | IORESOURCE_BUSY;
	if (!insert_resource(&region->resource, resource))
		names->count++;
}

struct pool_names *pool_name_ranges(const struct mk_ranges *ranges, const char *kind,
				    const char *name)
{
	struct host_region *region;
	struct pool_names *names;
	u32 parts = 0, i;

	lockdep_assert_held(&change_lock);
	list_for_each_entry(region, &regions, list)
		parts++;
	names = kvzalloc(struct_size(names, resource, parts + ranges->count), GFP_KERNEL);
	if (!names)
		return NULL;
	names->name = kasprintf(GFP_KERNEL, "Multikernel %s %s", kind, name);
	if (!names->name) {
		kvfree(names);
		return NULL;
	}
	for (i = 0; i < ranges->count; i++)
		list_for_each_entry(region, &regions, list)
			name_part(names, region, &ranges->range[i]);
	return names;
}

void pool_forget_names(struct pool_names *names)
{
	lockdep_assert_held(&change_lock);
	if (!names)
		return;
	while (names->count)
		remove_resource(&names->resource[--names->count]);
	kfree(names->name);
	kvfree(names);
}
