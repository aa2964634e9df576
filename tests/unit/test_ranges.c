// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of ranges. First the known cases one by one; then random ones, held against a map with one
 * byte for each page, in which every question is answered by looking at the pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "random.h"
#include "ranges.h"

#define PAGE MK_PAGE_SIZE
#define MB 0x100000ULL
#define GB 0x40000000ULL
#define LARGE MK_LARGE_PAGE_SIZE
#define CAPACITY 256

/* Two sets to work with; each test begins with both empty. */
static struct mk_range pool_array[CAPACITY], taken_array[MK_INSTANCE_RANGES_MAX];
static struct mk_ranges pool, taken;

static int setup(void **state)
{
	(void)state;
	memset(pool_array, 0xff, sizeof(pool_array));
	pool = (struct mk_ranges){ .range = pool_array, .capacity = CAPACITY };
	taken = (struct mk_ranges){ .range = taken_array, .capacity = MK_INSTANCE_RANGES_MAX };
	return 0;
}

static int add_kind(u64 start, u64 size, int node, bool host_ram)
{
	const struct mk_range range = {
		.start = start, .size = size, .node = node, .host_ram = host_ram,
	};

	return mk_ranges_add(&pool, &range);
}

static int add(u64 start, u64 size, int node)
{
	return add_kind(start, size, node, false);
}

static void assert_range(const struct mk_ranges *set, u32 index, u64 start, u64 size, int node)
{
	assert_true(index < set->count);
	assert_int_equal(set->range[index].start, start);
	assert_int_equal(set->range[index].size, size);
	assert_int_equal(set->range[index].node, node);
}

/* Member by member: the bytes between them are nobody's. */
static void assert_unchanged(const struct mk_range *before, u32 count)
{
	u32 i;

	assert_int_equal(pool.count, count);
	for (i = 0; i < count; i++)
		assert_range(&pool, i, before[i].start, before[i].size, before[i].node);
}

static void test_add_merges(void **state)
{
	(void)state;
	assert_int_equal(add(4 * MB, MB, 0), 0);
	assert_int_equal(add(8 * MB, MB, 0), 0);
	assert_int_equal(add(MB, MB, 0), 0);
	assert_int_equal(pool.count, 3);
	assert_range(&pool, 0, MB, MB, 0);
	assert_range(&pool, 1, 4 * MB, MB, 0);
	assert_range(&pool, 2, 8 * MB, MB, 0);

	assert_int_equal(add(5 * MB, MB, 0), 0);	/* with the one below */
	assert_range(&pool, 1, 4 * MB, 2 * MB, 0);
	assert_int_equal(add(7 * MB, MB, 0), 0);	/* with the one above */
	assert_range(&pool, 2, 7 * MB, 2 * MB, 0);
	assert_int_equal(add(6 * MB, MB, 0), 0);	/* with both */
	assert_int_equal(pool.count, 2);
	assert_range(&pool, 1, 4 * MB, 5 * MB, 0);
	assert_int_equal(mk_ranges_total(&pool), 6 * MB);
}

static void test_add_keeps_nodes_apart(void **state)
{
	(void)state;
	assert_int_equal(add(4 * MB, MB, 0), 0);
	assert_int_equal(add(5 * MB, MB, 1), 0);
	assert_int_equal(add(3 * MB, MB, 1), 0);
	assert_int_equal(pool.count, 3);
	assert_int_equal(add(4 * MB, MB, 1), -EINVAL);
	assert_null(mk_ranges_find(&pool, 3 * MB, 2 * MB));
}

/* Kinds stay what they are, in the set and in what is taken of it. */
static void test_add_keeps_kinds_apart(void **state)
{
	(void)state;
	assert_int_equal(add_kind(4 * MB, 2 * MB, 0, true), 0);
	assert_int_equal(add_kind(6 * MB, 2 * MB, 0, false), 0);
	assert_int_equal(add_kind(2 * MB, 2 * MB, 0, false), 0);
	assert_int_equal(pool.count, 3);
	assert_null(mk_ranges_find(&pool, 5 * MB, 2 * MB));
	assert_int_equal(mk_ranges_take(&pool, 4 * MB, 0, &taken), 0);
	assert_int_equal(taken.count, 2);
	assert_int_equal(mk_ranges_add(&pool, &taken.range[1]), 0);
	assert_int_equal(mk_ranges_add(&pool, &taken.range[0]), 0);
	assert_int_equal(pool.count, 3);
	assert_false(pool.range[0].host_ram);
	assert_true(pool.range[1].host_ram);
	assert_false(pool.range[2].host_ram);
}

static void test_add_refuses(void **state)
{
	const u64 last_page = ~0ULL - PAGE + 1;

	(void)state;
	assert_int_equal(add(4 * MB, 4 * MB, 0), 0);
	assert_int_equal(add(MB, 0, 0), -EINVAL);
	assert_int_equal(add(MB + 1, PAGE, 0), -EINVAL);
	assert_int_equal(add(MB, PAGE + 1, 0), -EINVAL);
	assert_int_equal(add(last_page, PAGE, 0), -EINVAL);
	assert_int_equal(add(last_page, 2 * PAGE, 0), -EINVAL);
	assert_int_equal(add(PAGE, last_page, 0), -EINVAL);
	assert_int_equal(add(3 * MB, MB + PAGE, 0), -EINVAL);
	assert_int_equal(add(8 * MB - PAGE, MB, 0), -EINVAL);
	assert_int_equal(add(4 * MB, 4 * MB, 0), -EINVAL);
	assert_int_equal(add(5 * MB, MB, 0), -EINVAL);
	assert_int_equal(add(MB, 16 * MB, 0), -EINVAL);
	assert_int_equal(pool.count, 1);
	assert_range(&pool, 0, 4 * MB, 4 * MB, 0);
	assert_int_equal(add(last_page - PAGE, PAGE, 0), 0);
}

static void test_full_array(void **state)
{
	(void)state;
	pool.capacity = 2;
	assert_int_equal(add(2 * MB, MB, 0), 0);
	assert_int_equal(add(4 * MB, 3 * MB, 0), 0);
	assert_int_equal(add(8 * MB, MB, 0), -ENOSPC);
	assert_int_equal(add(7 * MB, MB, 0), 0);
	assert_int_equal(mk_ranges_remove(&pool, 5 * MB, MB), -ENOSPC);
	assert_int_equal(mk_ranges_remove(&pool, 4 * MB, MB), 0);
	assert_int_equal(mk_ranges_remove(&pool, 7 * MB, MB), 0);
	assert_int_equal(pool.count, 2);
	assert_range(&pool, 1, 5 * MB, 2 * MB, 0);
	assert_int_equal(pool_array[2].start, ~0ULL);
}

static void test_remove(void **state)
{
	(void)state;
	assert_int_equal(add(4 * MB, 4 * MB, 3), 0);
	assert_int_equal(mk_ranges_remove(&pool, 5 * MB, MB), 0);
	assert_int_equal(pool.count, 2);
	assert_range(&pool, 0, 4 * MB, MB, 3);
	assert_range(&pool, 1, 6 * MB, 2 * MB, 3);
	assert_int_equal(mk_ranges_remove(&pool, 4 * MB, MB), 0);
	assert_int_equal(pool.count, 1);

	assert_int_equal(mk_ranges_remove(&pool, 4 * MB, MB), -ENOENT);
	assert_int_equal(mk_ranges_remove(&pool, 5 * MB, 2 * MB), -ENOENT);
	assert_int_equal(mk_ranges_remove(&pool, 7 * MB, 2 * MB), -ENOENT);
	assert_int_equal(mk_ranges_remove(&pool, 6 * MB, 0), -EINVAL);
	assert_int_equal(mk_ranges_remove(&pool, 6 * MB + 1, PAGE), -EINVAL);
	assert_int_equal(mk_ranges_remove(&pool, 6 * MB, PAGE - 1), -EINVAL);
	assert_int_equal(mk_ranges_remove(&pool, 6 * MB, -6 * MB), -EINVAL);
	assert_int_equal(mk_ranges_total(&pool), 2 * MB);
}

static void test_cut(void **state)
{
	(void)state;
	assert_int_equal(add(4 * MB, 4 * MB, 3), 0);
	assert_int_equal(add(16 * MB, MB, 1), 0);
	assert_int_equal(mk_ranges_overlap(&pool, 7 * MB, 10 * MB), 2 * MB);
	assert_int_equal(mk_ranges_overlap(&pool, 8 * MB, 8 * MB), 0);
	assert_int_equal(mk_ranges_overlap(&pool, 5 * MB, PAGE), PAGE);

	assert_int_equal(mk_ranges_cut(&pool, 8 * MB, 8 * MB), 0);
	assert_int_equal(mk_ranges_cut(&pool, 5 * MB, PAGE), 0);
	assert_int_equal(mk_ranges_cut(&pool, 5 * MB, PAGE), 0);
	assert_int_equal(pool.count, 3);
	assert_range(&pool, 0, 4 * MB, MB, 3);
	assert_range(&pool, 1, 5 * MB + PAGE, 3 * MB - PAGE, 3);
	assert_int_equal(mk_ranges_overlap(&pool, 0, 32 * MB), 5 * MB - PAGE);

	assert_int_equal(mk_ranges_cut(&pool, 4 * MB + PAGE, 12 * MB), 0);
	assert_int_equal(pool.count, 2);
	assert_range(&pool, 0, 4 * MB, PAGE, 3);
	assert_range(&pool, 1, 16 * MB + PAGE, MB - PAGE, 1);

	pool.capacity = 2;
	assert_int_equal(mk_ranges_cut(&pool, 16 * MB + 2 * PAGE, PAGE), -ENOSPC);
	assert_int_equal(mk_ranges_cut(&pool, 16 * MB, 0), -EINVAL);
	assert_int_equal(mk_ranges_cut(&pool, 16 * MB + 1, PAGE), -EINVAL);
	assert_int_equal(mk_ranges_cut(&pool, 0, 32 * MB), 0);
	assert_int_equal(pool.count, 0);
	assert_int_equal(mk_ranges_overlap(&pool, 0, 32 * MB), 0);
}

static void test_find(void **state)
{
	(void)state;
	assert_null(mk_ranges_find(&pool, 0, PAGE));
	assert_int_equal(add(4 * MB, 4 * MB, 0), 0);
	assert_int_equal(add(16 * MB, MB, 0), 0);
	assert_ptr_equal(mk_ranges_find(&pool, 4 * MB, 4 * MB), &pool.range[0]);
	assert_ptr_equal(mk_ranges_find(&pool, 8 * MB - 1, 1), &pool.range[0]);
	assert_ptr_equal(mk_ranges_find(&pool, 16 * MB + 5, 7), &pool.range[1]);
	assert_null(mk_ranges_find(&pool, 4 * MB - 1, 2));
	assert_null(mk_ranges_find(&pool, 8 * MB - 1, 2));
	assert_null(mk_ranges_find(&pool, 8 * MB, 1));
	assert_null(mk_ranges_find(&pool, 4 * MB, 13 * MB));
	assert_null(mk_ranges_find(&pool, 5 * MB, 0));
	assert_null(mk_ranges_find(&pool, 5 * MB, ~0ULL));
	assert_null(mk_ranges_find(&pool, 5 * MB, -5 * MB));
}

static void assert_takes_one(u64 bytes, int node, u64 start)
{
	u64 total = mk_ranges_total(&pool);

	taken.count = 0;
	assert_int_equal(mk_ranges_take(&pool, bytes, node, &taken), 0);
	assert_int_equal(taken.count, 1);
	assert_int_equal(taken.range[0].start, start);
	assert_int_equal(taken.range[0].size, bytes);
	assert_int_equal(mk_ranges_total(&pool), total - bytes);
}

static void test_take_smallest_hole(void **state)
{
	(void)state;
	add(16 * MB, 64 * MB, 0);
	add(128 * MB, 8 * MB, 0);
	add(256 * MB, 16 * MB, 0);
	assert_takes_one(8 * MB, MK_ANY_NODE, 128 * MB);
	assert_takes_one(8 * MB, MK_ANY_NODE, 256 * MB);
	assert_takes_one(10 * MB, MK_ANY_NODE, 16 * MB);
}

static void test_take_borders(void **state)
{
	(void)state;
	add(GB - 514 * MB, 3 * GB + 2 * MB, 0);
	assert_takes_one(2 * MB, 0, GB - 514 * MB);	/* small: not at 1 GB */
	assert_takes_one(GB, 0, GB);			/* large: at 1 GB */
	assert_takes_one(PAGE, 0, GB - 512 * MB);
	assert_takes_one(2 * MB, 0, GB - 510 * MB);	/* and so past the page before it */
	assert_takes_one(GB + 256 * MB, 0, 2 * GB);	/* at 1 GB, though 1.5 GB are left there */
}

static void test_take_large_at_2_mb(void **state)
{
	(void)state;
	/* Large enough for a 1 GB border, but the hole is not. */
	add(GB + 3 * MB, GB + 512 * MB, 0);
	assert_takes_one(GB, 0, GB + 4 * MB);
}

static void test_take_page_border(void **state)
{
	(void)state;
	add(3 * MB, 2 * MB, 0);
	assert_takes_one(2 * MB, 0, 3 * MB);
	assert_int_equal(pool.count, 0);
	/* A larger hole with a border is better than a smaller one without. */
	add(3 * MB, 2 * MB, 0);
	add(8 * MB, 4 * MB, 0);
	assert_takes_one(2 * MB, 0, 8 * MB);
}

static void test_take_own_node(void **state)
{
	(void)state;
	add(16 * MB, 8 * MB, 0);
	add(32 * MB, 64 * MB, 1);
	assert_takes_one(8 * MB, 1, 32 * MB);
	assert_int_equal(taken.range[0].node, 1);
	/* One range elsewhere before several here. */
	assert_takes_one(40 * MB, 0, 40 * MB);
	assert_int_equal(taken.range[0].node, 1);
	/* A node that has nothing. */
	assert_takes_one(8 * MB, 7, 16 * MB);
}

static void test_take_several(void **state)
{
	(void)state;
	add(16 * MB, 4 * MB, 0);
	add(32 * MB, 6 * MB, 1);
	add(64 * MB, 8 * MB, 0);
	add(96 * MB, 6 * MB, 0);
	add(128 * MB, 10 * MB, 1);
	/* All of node 0, largest first, then the rest from the smallest hole that holds it. */
	assert_int_equal(mk_ranges_take(&pool, 20 * MB, 0, &taken), 0);
	assert_int_equal(taken.count, 4);
	assert_range(&taken, 0, 16 * MB, 4 * MB, 0);
	assert_range(&taken, 1, 32 * MB, 2 * MB, 1);
	assert_range(&taken, 2, 64 * MB, 8 * MB, 0);
	assert_range(&taken, 3, 96 * MB, 6 * MB, 0);
	assert_int_equal(pool.count, 2);
	assert_range(&pool, 0, 34 * MB, 4 * MB, 1);
	assert_range(&pool, 1, 128 * MB, 10 * MB, 1);
}

static void test_take_several_stays_home(void **state)
{
	(void)state;
	add(16 * MB, 8 * MB, 0);
	add(32 * MB, 4 * MB, 0);
	add(48 * MB, 4 * MB, 0);
	add(64 * MB, 10 * MB, 1);
	/* Node 1 could hold all of the rest after the first, yet node 0 has it, too. */
	assert_int_equal(mk_ranges_take(&pool, 16 * MB, 0, &taken), 0);
	assert_int_equal(taken.count, 3);
	assert_int_equal(pool.count, 1);
	assert_range(&pool, 0, 64 * MB, 10 * MB, 1);
}

static void test_take_all(void **state)
{
	(void)state;
	add(3 * MB, 3 * MB, 0);
	add(9 * MB, PAGE, 1);
	assert_int_equal(mk_ranges_take(&pool, 3 * MB + PAGE, 0, &taken), 0);
	assert_int_equal(taken.count, 2);
	assert_int_equal(pool.count, 0);
	assert_int_equal(mk_ranges_total(&taken), 3 * MB + PAGE);
}

static void fill_with_pieces(u32 count, int node)
{
	u32 i;

	for (i = 0; i < count; i++)
		assert_int_equal(add((i + 1) * 2 * LARGE, LARGE, node), 0);
}

static void test_take_most_ranges(void **state)
{
	static struct mk_range before[CAPACITY];

	(void)state;
	fill_with_pieces(MK_INSTANCE_RANGES_MAX + 1, 0);
	memcpy(before, pool_array, sizeof(before));
	assert_int_equal(mk_ranges_take(&pool, (MK_INSTANCE_RANGES_MAX + 1) * LARGE, 0, &taken),
			 -ENOSPC);
	assert_int_equal(mk_ranges_take(&pool, MK_INSTANCE_RANGES_MAX * LARGE + PAGE, 0, &taken),
			 -ENOSPC);
	assert_int_equal(taken.count, 0);
	assert_unchanged(before, MK_INSTANCE_RANGES_MAX + 1);

	assert_int_equal(mk_ranges_take(&pool, MK_INSTANCE_RANGES_MAX * LARGE, 0, &taken), 0);
	assert_int_equal(taken.count, MK_INSTANCE_RANGES_MAX);
	assert_int_equal(pool.count, 1);
}

/* The limit is that of an instance, also where the caller's array is larger. */
static void test_take_most_ranges_into_larger_array(void **state)
{
	struct mk_range larger_array[MK_INSTANCE_RANGES_MAX + 1];

	(void)state;
	taken = (struct mk_ranges){ .range = larger_array, .capacity = ARRAY_SIZE(larger_array) };
	fill_with_pieces(ARRAY_SIZE(larger_array), 0);
	assert_int_equal(mk_ranges_take(&pool, ARRAY_SIZE(larger_array) * LARGE, 0, &taken),
			 -ENOSPC);
	assert_int_equal(taken.count, 0);
}

static void test_take_few_large_ones_abroad(void **state)
{
	(void)state;
	/* The node's own pieces are too many; with larger ones from elsewhere it can be done. */
	fill_with_pieces(MK_INSTANCE_RANGES_MAX + 1, 0);
	add(2 * GB, 64 * LARGE, 1);
	add(3 * GB, 64 * LARGE, 1);
	assert_int_equal(mk_ranges_take(&pool, 130 * LARGE, 0, &taken), 0);
	assert_int_equal(taken.count, 4);
}

static void test_take_refuses(void **state)
{
	(void)state;
	assert_int_equal(mk_ranges_take(&pool, PAGE, 0, &taken), -ENOSPC);
	add(16 * MB, 8 * MB, 0);
	assert_int_equal(mk_ranges_take(&pool, 0, 0, &taken), -EINVAL);
	assert_int_equal(mk_ranges_take(&pool, PAGE + 1, 0, &taken), -EINVAL);
	assert_int_equal(mk_ranges_take(&pool, 8 * MB + PAGE, 0, &taken), -ENOSPC);
	assert_int_equal(mk_ranges_take(&pool, ~0ULL - PAGE + 1, 0, &taken), -ENOSPC);
	assert_int_equal(taken.count, 0);
	assert_int_equal(pool.count, 1);
	assert_takes_one(8 * MB, 0, 16 * MB);
	assert_int_equal(mk_ranges_take(&pool, PAGE, 0, &taken), -EINVAL);	/* not empty */
}

static void test_take_at_the_top(void **state)
{
	const u64 top = ~0ULL - LARGE + 1;

	(void)state;
	/* No 2 MB border is left up there; aligning must not wrap around to 0. */
	assert_int_equal(add(top + PAGE, LARGE - 2 * PAGE, 0), 0);
	assert_takes_one(4 * PAGE, 0, top + PAGE);
}

static void test_take_from_full_array(void **state)
{
	(void)state;
	pool.capacity = 1;
	add(3 * MB, 8 * MB, 0);
	/* Placed at 4 MB it would leave two pieces; there is room for one. */
	assert_takes_one(2 * MB, 0, 3 * MB);
	/* This one ends with the hole, and so may lie at 6 MB. */
	assert_takes_one(5 * MB, 0, 6 * MB);
	assert_int_equal(pool.count, 1);
	assert_range(&pool, 0, 5 * MB, MB, 0);
}

/*
 * The map: 0 for a page that is not in the set, else its node plus 1, and whether it is the host's
 * RAM.
 */
#define MAP_PAGES (48 * 512UL)
#define LARGE_PAGES (LARGE / PAGE)
#define NODES 3
#define HOST_RAM 0x80

static u8 map[MAP_PAGES];

static u8 mark_of(int node, bool host_ram)
{
	return (node + 1) | (host_ram ? HOST_RAM : 0);
}

static u8 mark(const struct mk_range *range)
{
	return mark_of(range->node, range->host_ram);
}

static void assert_matches_map(const struct mk_ranges *set)
{
	const struct mk_range *range;
	u64 page = 0, end;
	u32 i;

	for (i = 0; i < set->count; i++) {
		range = &set->range[i];
		assert_int_equal((range->start | range->size) % PAGE, 0);
		for (; page < range->start / PAGE; page++)
			assert_int_equal(map[page], 0);
		assert_true(page == range->start / PAGE);	/* sorted, none overlaps */
		assert_true(range->size > 0);
		end = page + range->size / PAGE;
		assert_true(end <= MAP_PAGES);
		for (; page < end; page++)
			assert_int_equal(map[page], mark(range));
		if (i + 1 < set->count && set->range[i + 1].start == mk_range_end(range))
			assert_int_not_equal(mark(&set->range[i + 1]), mark(range));
	}
	for (; page < MAP_PAGES; page++)
		assert_int_equal(map[page], 0);
}

/* Is every page of [page, page + pages) marked like this. */
static bool map_is(u64 page, u64 pages, u8 wanted)
{
	u64 i;

	for (i = page; i < page + pages; i++) {
		if (map[i] != wanted)
			return false;
	}
	return true;
}

static u8 map_at(u64 page)
{
	return page < MAP_PAGES ? map[page] : 0;
}

static int expected_add(u64 page, u64 pages, u8 its)
{
	bool joins_below, joins_above;

	if (!map_is(page, pages, 0))
		return -EINVAL;
	joins_below = page > 0 && map[page - 1] == its;
	joins_above = map_at(page + pages) == its;
	if (!joins_below && !joins_above && pool.count == pool.capacity)
		return -ENOSPC;
	return 0;
}

static int expected_remove(u64 page, u64 pages)
{
	u8 its = map[page];

	if (!its || !map_is(page, pages, its))
		return -ENOENT;
	if (page > 0 && map[page - 1] == its && map_at(page + pages) == its &&
	    pool.count == pool.capacity)
		return -ENOSPC;
	return 0;
}

/* Lengths of all kinds: pages, 2 MB and odd ones; half of all starts at a 2 MB border. */
static void random_piece(u64 *page, u64 *pages)
{
	*page = random_below(MAP_PAGES);
	if (random_below(2))
		*page -= *page % LARGE_PAGES;
	switch (random_below(3)) {
	case 0:
		*pages = 1 + random_below(8);
		break;
	case 1:
		*pages = LARGE_PAGES * (1 + random_below(4));
		break;
	default:
		*pages = 1 + random_below(3 * LARGE_PAGES);
	}
	if (*pages > MAP_PAGES - *page)
		*pages = MAP_PAGES - *page;
}

static void random_add(void)
{
	int node = random_below(NODES), expected;
	bool host_ram = !random_below(4);
	u64 page, pages;

	random_piece(&page, &pages);
	expected = expected_add(page, pages, mark_of(node, host_ram));
	assert_int_equal(add_kind(page * PAGE, pages * PAGE, node, host_ram), expected);
	if (!expected)
		memset(&map[page], mark_of(node, host_ram), pages);
}

static void random_remove(void)
{
	u64 page, pages;
	int expected;

	random_piece(&page, &pages);
	expected = expected_remove(page, pages);
	assert_int_equal(mk_ranges_remove(&pool, page * PAGE, pages * PAGE), expected);
	assert_int_equal(mk_ranges_find(&pool, page * PAGE, pages * PAGE) != NULL,
			 expected == -ENOSPC);
	if (!expected)
		memset(&map[page], 0, pages);
}

static void test_random_add_remove(void **state)
{
	int round, step;

	(void)state;
	for (round = 0; round < 40; round++) {
		setup(NULL);
		memset(map, 0, sizeof(map));
		pool.capacity = round % 2 ? CAPACITY : 4 + random_below(8);
		for (step = 0; step < 100; step++) {
			if (random_below(3))
				random_add();
			else
				random_remove();
			assert_matches_map(&pool);
		}
	}
}

/* What the map tells of the holes that a take may use. */
struct holes {
	u64 total;		/* pages */
	u64 aligned_total;	/* pages at or behind the first 2 MB border of their hole */
	u64 smallest_here;	/* hole on the node with room at a 2 MB border; 0 for none */
	u64 smallest_elsewhere;
	bool one_anywhere;	/* some hole has room at a page border */
	u32 count;
};

static struct holes look_at_holes(u64 pages, int node)
{
	u64 page, end, aligned, *smallest;
	struct holes holes = { 0 };
	bool here;

	for (page = 0; page < MAP_PAGES; page = end) {
		for (end = page + 1; end < MAP_PAGES && map[end] == map[page]; end++)
			;
		if (!map[page])
			continue;
		holes.count++;
		holes.total += end - page;
		holes.one_anywhere |= end - page >= pages;
		aligned = (page + LARGE_PAGES - 1) / LARGE_PAGES * LARGE_PAGES;
		if (aligned >= end)
			continue;
		holes.aligned_total += end - aligned;
		here = node == MK_ANY_NODE || (map[page] & ~HOST_RAM) == node + 1;
		smallest = here ? &holes.smallest_here : &holes.smallest_elsewhere;
		if (end - aligned >= pages && (!*smallest || end - page < *smallest))
			*smallest = end - page;
	}
	return holes;
}

static u64 hole_size(u64 page)
{
	u64 first = page, end = page;

	while (first > 0 && map[first - 1] == map[page])
		first--;
	while (map_at(end) == map[page])
		end++;
	return end - first;
}

static void check_policy(const struct holes *holes, int node)
{
	const struct mk_range *first = &taken.range[0];
	bool aligned = true, here;
	u32 i;

	for (i = 0; i < taken.count; i++)
		aligned &= taken.range[i].start % LARGE == 0;
	here = node == MK_ANY_NODE || first->node == node;

	if (holes->smallest_here || holes->smallest_elsewhere) {
		assert_int_equal(taken.count, 1);
		assert_true(aligned);
		assert_int_equal(here, holes->smallest_here != 0);
		assert_int_equal(hole_size(first->start / PAGE),
				 here ? holes->smallest_here : holes->smallest_elsewhere);
	} else if (holes->aligned_total >= mk_ranges_total(&taken) / PAGE &&
		   holes->count <= MK_INSTANCE_RANGES_MAX) {
		assert_true(aligned);
	} else if (holes->one_anywhere) {
		assert_int_equal(taken.count, 1);
	}
}

static void check_take(u64 pages, int node)
{
	static struct mk_range before[CAPACITY];
	struct holes holes = look_at_holes(pages, node);
	u32 i, count = pool.count;
	int error;

	memcpy(before, pool.range, count * sizeof(before[0]));
	taken.count = 0;
	error = mk_ranges_take(&pool, pages * PAGE, node, &taken);

	/* So few holes that their number is never in the way: it fails for want of memory only. */
	assert_true(holes.count <= MK_INSTANCE_RANGES_MAX);
	assert_int_equal(error, holes.total < pages ? -ENOSPC : 0);
	if (error) {
		assert_int_equal(taken.count, 0);
		assert_unchanged(before, count);
		return;
	}

	assert_int_equal(mk_ranges_total(&taken), pages * PAGE);
	if (pool.capacity == CAPACITY)
		check_policy(&holes, node);
	for (i = 0; i < taken.count; i++) {
		u64 page = taken.range[i].start / PAGE, size = taken.range[i].size / PAGE;

		assert_true(map_is(page, size, mark(&taken.range[i])));
		memset(&map[page], 0, size);	/* so that no page is taken twice */
	}
	assert_matches_map(&pool);

	if (random_below(2))
		return;
	for (i = 0; i < taken.count; i++) {
		assert_int_equal(mk_ranges_add(&pool, &taken.range[i]), 0);
		memset(&map[taken.range[i].start / PAGE], mark(&taken.range[i]),
		       taken.range[i].size / PAGE);
	}
	assert_unchanged(before, count);
}

static void test_random_take(void **state)
{
	int round, step, i;
	u64 page, pages;

	(void)state;
	for (round = 0; round < 200; round++) {
		setup(NULL);
		memset(map, 0, sizeof(map));
		for (i = random_below(24); i >= 0; i--)
			random_add();
		if (round % 4 == 0)
			pool.capacity = pool.count;
		for (step = 0; step < 8; step++) {
			random_piece(&page, &pages);
			if (!random_below(4))
				pages = 1 + random_below(MAP_PAGES / 2);
			if (mk_ranges_total(&pool) && !random_below(8))
				pages = mk_ranges_total(&pool) / PAGE;
			check_take(pages, (int)random_below(NODES + 1) - 1);
		}
	}
}

static void assert_piece(u64 bytes, u64 start)
{
	struct mk_range piece;

	assert_int_equal(mk_ranges_take_piece(&pool, bytes, &piece), 0);
	assert_int_equal(piece.start, start);
	assert_int_equal(piece.size, bytes);
	assert_null(mk_ranges_find(&pool, start, PAGE));
}

static void test_take_piece(void **state)
{
	struct mk_range piece;

	(void)state;
	assert_int_equal(add(3 * MB, 16 * MB, 0), 0);
	assert_int_equal(add(32 * MB, 8 * MB, 1), 0);
	assert_piece(4 * MB, 32 * MB);	/* of the smaller hole */
	assert_piece(8 * MB, 4 * MB);	/* at a border */
	assert_piece(4 * MB, 36 * MB);
	assert_piece(6 * MB, 12 * MB);
	assert_int_equal(mk_ranges_total(&pool), 2 * MB);	/* one on each side */
	assert_int_equal(mk_ranges_take_piece(&pool, 2 * MB, &piece), -ENOSPC);
	assert_int_equal(mk_ranges_take_piece(&pool, 0, &piece), -EINVAL);
	assert_int_equal(mk_ranges_take_piece(&pool, MB, &piece), -EINVAL);
	assert_int_equal(mk_ranges_total(&pool), 2 * MB);
}

static void test_take_piece_without_room(void **state)
{
	struct mk_range piece;

	(void)state;
	assert_int_equal(add(3 * MB, 16 * MB, 0), 0);
	pool.capacity = 1;
	assert_int_equal(mk_ranges_take_piece(&pool, 2 * MB, &piece), -ENOSPC);
	assert_int_equal(mk_ranges_total(&pool), 16 * MB);
}

#define BLOCK (128 * MB)

static void assert_taken(u64 bytes, int node, u32 count, u64 start, u64 size)
{
	u64 before = mk_ranges_total(&pool);

	taken.count = 0;
	assert_int_equal(mk_ranges_take_blocks(&pool, bytes, BLOCK, node, &taken), 0);
	assert_int_equal(taken.count, count);
	assert_int_equal(taken.range[0].start, start);
	assert_int_equal(taken.range[0].size, size);
	assert_int_equal(mk_ranges_total(&taken), bytes);
	assert_int_equal(mk_ranges_total(&pool), before - bytes);
}

static void test_take_blocks(void **state)
{
	(void)state;
	assert_int_equal(add(GB + 2 * MB, 2 * BLOCK, 0), 0);		/* one whole block */
	assert_int_equal(add(2 * GB, 3 * BLOCK, 0), 0);
	assert_int_equal(add(4 * GB, 2 * BLOCK, 1), 0);
	assert_taken(BLOCK, 0, 1, GB + BLOCK, BLOCK);			/* the smallest hole */
	assert_taken(2 * BLOCK, 1, 1, 4 * GB, 2 * BLOCK);		/* the own node */
	assert_int_equal(add(4 * GB, 2 * BLOCK, 1), 0);
	assert_taken(4 * BLOCK, 0, 2, 2 * GB, 3 * BLOCK);		/* the rest from the other */
	assert_int_equal(taken.range[1].start, 4 * GB);
}

static void test_take_blocks_refuses(void **state)
{
	struct mk_range before[CAPACITY];
	u32 i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(add((i + 1) * GB, BLOCK + MB, 0), 0);
	memcpy(before, pool_array, sizeof(before));
	assert_int_equal(mk_ranges_take_blocks(&pool, 4 * BLOCK, BLOCK, 0, &taken), -ENOSPC);
	assert_unchanged(before, 3);
	assert_int_equal(taken.count, 0);
	assert_int_equal(mk_ranges_take_blocks(&pool, 0, BLOCK, 0, &taken), -EINVAL);
	assert_int_equal(mk_ranges_take_blocks(&pool, BLOCK + MB, BLOCK, 0, &taken), -EINVAL);
	assert_int_equal(mk_ranges_take_blocks(&pool, 3 * MB, 3 * MB, 0, &taken), -EINVAL);
	assert_int_equal(mk_ranges_take_blocks(&pool, BLOCK, 0, 0, &taken), -EINVAL);
	taken.capacity = 2;
	assert_int_equal(mk_ranges_take_blocks(&pool, 3 * BLOCK, BLOCK, 0, &taken), -ENOSPC);
	assert_unchanged(before, 3);
	pool.capacity = 3;	/* no place for what a split leaves, nor for what comes back */
	taken.capacity = MK_INSTANCE_RANGES_MAX;
	assert_int_equal(mk_ranges_take_blocks(&pool, 3 * BLOCK, BLOCK, 0, &taken), 0);
	for (i = 0; i < taken.count; i++)
		assert_int_equal(mk_ranges_add(&pool, &taken.range[i]), 0);
	assert_unchanged(before, 3);
}

static u64 whole_blocks(const struct mk_ranges *set)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < set->count; i++) {
		u64 start = mk_align_up(set->range[i].start, BLOCK);
		u64 end = mk_align_down(mk_range_end(&set->range[i]), BLOCK);

		sum += end > start ? end - start : 0;
	}
	return sum;
}

/* All whole blocks can be had, and nothing else; what was taken goes back to where it was. */
static void test_random_blocks(void **state)
{
	struct mk_range before[CAPACITY];
	u32 round, i, count, had = 0;

	(void)state;
	for (round = 0; round < 5000; round++) {
		u64 bytes = (1 + random_below(12)) * BLOCK, place = 0;

		setup(NULL);
		for (i = random_below(12); i--;) {
			place += (1 + random_below(4)) * 32 * MB;
			add(place, (1 + random_below(16)) * 32 * MB, random_below(2));
			place = mk_range_end(&pool.range[pool.count - 1]);
		}
		count = pool.count;
		memcpy(before, pool_array, sizeof(before));
		if (mk_ranges_take_blocks(&pool, bytes, BLOCK, random_below(2), &taken)) {
			assert_true(whole_blocks(&pool) < bytes);
			assert_unchanged(before, count);
			continue;
		}
		had++;
		assert_int_equal(mk_ranges_total(&taken), bytes);
		assert_int_equal(whole_blocks(&taken), bytes);
		while (taken.count)
			assert_int_equal(mk_ranges_add(&pool, &taken.range[--taken.count]), 0);
		assert_unchanged(before, count);
	}
	assert_in_range(had, 500, 4500);
}

static void test_last_block(void **state)
{
	const struct mk_range area = { .start = GB, .size = 2 * MB }, nothing = {};
	struct mk_range piece;

	(void)state;
	assert_false(mk_ranges_last_block(&pool, BLOCK, ~0ULL, &nothing, &piece));
	assert_int_equal(add(GB, 3 * BLOCK + MB, 0), 0);
	assert_int_equal(add(2 * GB + MB, 2 * BLOCK, 1), 0);
	assert_true(mk_ranges_last_block(&pool, BLOCK, ~0ULL, &area, &piece));
	assert_int_equal(piece.start, 2 * GB + BLOCK);
	assert_int_equal(piece.size, BLOCK);
	assert_int_equal(piece.node, 1);
	assert_true(mk_ranges_last_block(&pool, BLOCK, piece.start, &area, &piece));
	assert_int_equal(piece.start, GB + 2 * BLOCK);
	assert_int_equal(piece.node, 0);
	assert_true(mk_ranges_last_block(&pool, BLOCK, piece.start, &area, &piece));
	assert_int_equal(piece.start, GB + BLOCK);
	assert_false(mk_ranges_last_block(&pool, BLOCK, piece.start, &area, &piece));
	assert_true(mk_ranges_last_block(&pool, BLOCK, GB + BLOCK, &nothing, &piece));
	assert_int_equal(piece.start, GB);
	pool.capacity = 2;	/* none from the midst of a range */
	assert_false(mk_ranges_last_block(&pool, BLOCK, ~0ULL, &area, &piece));
	assert_true(mk_ranges_last_block(&pool, BLOCK, ~0ULL, &nothing, &piece));
	assert_int_equal(piece.start, GB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_add_merges, setup),
		cmocka_unit_test_setup(test_add_keeps_nodes_apart, setup),
		cmocka_unit_test_setup(test_add_keeps_kinds_apart, setup),
		cmocka_unit_test_setup(test_add_refuses, setup),
		cmocka_unit_test_setup(test_full_array, setup),
		cmocka_unit_test_setup(test_remove, setup),
		cmocka_unit_test_setup(test_cut, setup),
		cmocka_unit_test_setup(test_find, setup),
		cmocka_unit_test_setup(test_take_smallest_hole, setup),
		cmocka_unit_test_setup(test_take_borders, setup),
		cmocka_unit_test_setup(test_take_large_at_2_mb, setup),
		cmocka_unit_test_setup(test_take_page_border, setup),
		cmocka_unit_test_setup(test_take_own_node, setup),
		cmocka_unit_test_setup(test_take_several, setup),
		cmocka_unit_test_setup(test_take_several_stays_home, setup),
		cmocka_unit_test_setup(test_take_all, setup),
		cmocka_unit_test_setup(test_take_most_ranges, setup),
		cmocka_unit_test_setup(test_take_most_ranges_into_larger_array, setup),
		cmocka_unit_test_setup(test_take_few_large_ones_abroad, setup),
		cmocka_unit_test_setup(test_take_refuses, setup),
		cmocka_unit_test_setup(test_take_at_the_top, setup),
		cmocka_unit_test_setup(test_take_from_full_array, setup),
		cmocka_unit_test(test_random_add_remove),
		cmocka_unit_test_setup(test_take_piece, setup),
		cmocka_unit_test_setup(test_take_piece_without_room, setup),
		cmocka_unit_test(test_random_take),
		cmocka_unit_test_setup(test_take_blocks, setup),
		cmocka_unit_test_setup(test_take_blocks_refuses, setup),
		cmocka_unit_test(test_random_blocks),
		cmocka_unit_test_setup(test_last_block, setup),
	};

	return cmocka_run_group_tests_name("ranges", tests, random_seed, NULL);
}
