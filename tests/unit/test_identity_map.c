// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page tables of the entry, walked the way a CPU walks them: every page that was asked for
 * leads to itself, no other page leads anywhere, and no table lies outside the pages given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "identity_map.h"
#include "random.h"

#define MB 0x100000ULL
#define GB 0x40000000ULL
#define LARGE MK_LARGE_PAGE_SIZE
#define BORDER (512 * GB)		/* one entry of the root table */
#define PHYSICAL 0xabcdef000ULL		/* where the tables are, for the CPU */
#define WINDOW 0x90000ULL
#define WINDOW_END 0x9a000ULL
#define UNMAPPED (~0ULL)
#define RANDOM_MAPS 2000

/*
 * Intel SDM volume 3, tables 4-15 to 4-18: all bits of an entry that may be set here, and the
 * address.
 */
#define PRESENT 0x1
#define WRITABLE 0x2
#define PAGE_SIZE_BIT 0x80
#define TABLE_ADDRESS 0x000ffffffffff000ULL
#define LARGE_ADDRESS 0x000fffffffe00000ULL

static struct mk_identity_map map;

/* The pages are a block of their own, so that writing beyond them is seen. */
static void begin(u32 count)
{
	map = (struct mk_identity_map){
		.pages = calloc(count, MK_PAGE_SIZE),
		.physical = PHYSICAL,
		.count = count,
		.used = 1,
	};
	assert_non_null(map.pages);
}

static void end(void)
{
	free(map.pages);
}

static const u8 *table_at(u64 physical)
{
	assert_true(physical >= PHYSICAL && physical < PHYSICAL + map.used * MK_PAGE_SIZE);
	assert_int_equal(physical % MK_PAGE_SIZE, 0);
	return map.pages + (physical - PHYSICAL);
}

static u64 entry_at(u64 table, u64 index)
{
	u64 entry = mk_get_le64(table_at(table) + 8 * index);

	assert_true(!entry || (entry & (PRESENT | WRITABLE)) == (PRESENT | WRITABLE));
	return entry;
}

/* Physical address that a linear one leads to. */
static u64 walk(u64 linear)
{
	u64 entry, table = PHYSICAL;
	int shift;

	for (shift = 39; shift > 21; shift -= 9) {
		entry = entry_at(table, linear >> shift & 511);
		if (!entry)
			return UNMAPPED;
		assert_int_equal(entry & ~TABLE_ADDRESS, PRESENT | WRITABLE);
		table = entry & TABLE_ADDRESS;
	}
	entry = entry_at(table, linear >> 21 & 511);
	if (!entry)
		return UNMAPPED;
	assert_int_equal(entry & ~LARGE_ADDRESS, PRESENT | WRITABLE | PAGE_SIZE_BIT);
	return (entry & LARGE_ADDRESS) + linear % LARGE;
}

/* All of [start, stop), and its 2 MB pages to their ends, which are counted. */
static u64 check_range(u64 start, u64 stop)
{
	u64 first = start / LARGE * LARGE, page, pages = 0;

	for (page = first; page < stop; page += LARGE, pages++) {
		assert_int_equal(walk(page), page);
		assert_int_equal(walk(page + LARGE - 1), page + LARGE - 1);
	}
	assert_int_equal(walk(start), start);
	assert_int_equal(walk(stop - 1), stop - 1);
	return pages;
}

/* How many 2 MB pages are mapped at all, so that one too many is seen wherever it is. */
static u64 count_mapped(u64 table, int shift)
{
	u64 entry, index, count = 0;

	for (index = 0; index < 512; index++) {
		entry = entry_at(table, index);
		if (entry)
			count += shift == 21 ? 1 : count_mapped(entry & TABLE_ADDRESS, shift - 9);
	}
	return count;
}

static u64 mapped(void)
{
	return count_mapped(PHYSICAL, 39);
}

/* The tables that were taken must be all, and one page less must not do. */
static void assert_map(u64 start, u64 stop, u32 pages)
{
	begin(pages);
	assert_int_equal(mk_identity_map_add(&map, start, stop), 0);
	assert_int_equal(map.used, pages);
	assert_int_equal(mapped(), check_range(start, stop));
	end();

	begin(pages - 1);
	assert_int_equal(mk_identity_map_add(&map, start, stop), -ENOSPC);
	assert_int_equal(map.used, pages - 1);
	mapped();		/* whatever is there is still a map */
	end();
}

static void test_one_page(void **state)
{
	(void)state;
	assert_map(0, 1, 3);
	assert_map(0, LARGE, 3);
	assert_map(LARGE - 1, LARGE, 3);
	assert_map(WINDOW, WINDOW_END, 3);
	assert_map(4 * GB + LARGE, 4 * GB + LARGE + 1, 3);

	begin(3);
	assert_int_equal(mk_identity_map_add(&map, 6 * LARGE, 7 * LARGE), 0);
	assert_int_equal(walk(6 * LARGE - 1), UNMAPPED);
	assert_int_equal(walk(7 * LARGE), UNMAPPED);
	assert_int_equal(walk(6 * LARGE + 5), 6 * LARGE + 5);
	end();
}

static void test_across_2_mb(void **state)
{
	(void)state;
	assert_map(LARGE - 1, LARGE + 1, 3);
	assert_map(4 * GB + MB, 4 * GB + 65 * MB, 3);
}

static void test_across_1_gb(void **state)
{
	(void)state;
	assert_map(GB - 1, GB + 1, 4);
	assert_map(5 * GB, 6 * GB, 3);
	assert_map(5 * GB, 6 * GB + 1, 4);
	assert_map(5 * GB - 1, 6 * GB + 1, 5);
}

static void test_across_512_gb(void **state)
{
	(void)state;
	assert_map(BORDER - 1, BORDER, 3);
	assert_map(BORDER, BORDER + 1, 3);
	assert_map(BORDER - 1, BORDER + 1, 5);
	assert_map(3 * BORDER - GB, 3 * BORDER + 2 * GB, 6);
}

static void test_end_of_the_address_space(void **state)
{
	(void)state;
	assert_map(MK_IDENTITY_MAP_END - LARGE, MK_IDENTITY_MAP_END, 3);
	begin(3);
	assert_int_equal(mk_identity_map_add(&map, MK_IDENTITY_MAP_END - LARGE,
					     MK_IDENTITY_MAP_END + 1), -EINVAL);
	assert_int_equal(mk_identity_map_add(&map, MK_IDENTITY_MAP_END, ~0ULL), -EINVAL);
	assert_int_equal(mk_identity_map_add(&map, 0, ~0ULL), -EINVAL);
	assert_int_equal(map.used, 1);
	assert_int_equal(mapped(), 0);
	end();
}

/* What is mapped already costs nothing and stays. */
static void test_twice(void **state)
{
	(void)state;
	begin(4);
	assert_int_equal(mk_identity_map_add(&map, WINDOW, WINDOW_END), 0);
	assert_int_equal(mk_identity_map_add(&map, GB + MB, GB + 64 * MB), 0);
	assert_int_equal(map.used, 4);
	assert_int_equal(mk_identity_map_add(&map, GB + 32 * MB, GB + 96 * MB), 0);
	assert_int_equal(mk_identity_map_add(&map, WINDOW, WINDOW_END), 0);
	assert_int_equal(map.used, 4);
	assert_int_equal(mapped(), 1 + check_range(GB + MB, GB + 96 * MB));
	assert_int_equal(walk(WINDOW), WINDOW);
	end();
}

static void test_pages(void **state)
{
	(void)state;
	assert_int_equal(mk_identity_map_pages(0, 1), 3);
	assert_int_equal(mk_identity_map_pages(WINDOW, GB), 3);
	assert_int_equal(mk_identity_map_pages(WINDOW, GB + 1), 4);
	assert_int_equal(mk_identity_map_pages(GB, 2 * GB), 4);
	assert_int_equal(mk_identity_map_pages(2 * GB - 1, 2 * GB + 1), 5);
	assert_int_equal(mk_identity_map_pages(BORDER, BORDER + GB), 5);
	assert_int_equal(mk_identity_map_pages(BORDER - 1, BORDER + 1), 6);
	assert_int_equal(mk_identity_map_pages(2 * BORDER - 1, 2 * BORDER + 1), 7);
	assert_int_equal(mk_identity_map_pages(0, MK_IDENTITY_MAP_END), 1 + 256 + 256 * 512);
}

/* Often near a border of any kind, and never so large that walking it takes long. */
static void random_range(u64 *start, u64 *stop)
{
	u64 border = random_below(2) ? BORDER * random_below(256) : GB * random_below(1 << 17);

	*start = border + random_below(4 * GB);
	if (random_below(2))
		*start -= *start > 2 * GB ? 2 * GB : *start;
	*stop = *start + 1 + random_below(random_below(2) ? 3 * GB : 64 * MB);
	if (*stop > MK_IDENTITY_MAP_END)
		*stop = MK_IDENTITY_MAP_END;
	if (*start >= *stop)
		*start = *stop - 1;
}

/* The page count is what both maps of a launch take, no more and no less. */
static void test_random(void **state)
{
	u64 start, stop, pages;
	u32 round;

	(void)state;
	for (round = 0; round < RANDOM_MAPS; round++) {
		random_range(&start, &stop);
		pages = mk_identity_map_pages(start, stop);
		begin(pages);
		assert_int_equal(mk_identity_map_add(&map, WINDOW, WINDOW_END), 0);
		assert_int_equal(mk_identity_map_add(&map, start, stop), 0);
		assert_int_equal(map.used, pages);
		assert_int_equal(mapped(), check_range(start, stop) + (start >= LARGE));
		assert_int_equal(walk(WINDOW), WINDOW);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_page),
		cmocka_unit_test(test_across_2_mb),
		cmocka_unit_test(test_across_1_gb),
		cmocka_unit_test(test_across_512_gb),
		cmocka_unit_test(test_end_of_the_address_space),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("identity_map", tests, random_seed, NULL);
}
