// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where everything goes in an instance's memory. Known cases with their addresses; every refusal
 * with its sentence; then random ones: small memories in which every place is tried, and large
 * ones at any address against sums that cannot wrap around.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command_line.h"
#include "identity_map.h"
#include "load_oracle.h"
#include "random.h"

#define PAGE MK_PAGE_SIZE
#define MB 0x100000ULL
#define GB 0x40000000ULL
#define BORDER (512 * GB)		/* one entry of the root page table */
#define WINDOW 0x90000
#define ACPI_SIZE 1000
#define RANDOM_SMALL 20000
#define RANDOM_LARGE 200000

static struct mk_range array[MK_INSTANCE_RANGES_MAX];
static struct mk_ranges memory;
static struct mk_image image;
static struct mk_layout layout;
static struct mk_reason why;
static u64 shared_size, kho_size;

static int setup(void **state)
{
	(void)state;
	memory = (struct mk_ranges){ .range = array, .capacity = ARRAY_SIZE(array) };
	image = (struct mk_image){
		.file_size = 8 * MB,
		.setup_size = 0x5000,
		.header_end = 0x26c,
		.init_size = 64 * MB - 5,
		.alignment = 2 * MB,
		.preferred_address = 16 * MB,
	};
	shared_size = PAGE;
	kho_size = 0;
	return 0;
}

static int add(u64 start, u64 size)
{
	const struct mk_range range = { .start = start, .size = size, .node = 1 };

	return mk_ranges_add(&memory, &range);
}

static struct oracle_load load_of(u64 initrd_size, u64 acpi_size)
{
	return (struct oracle_load){
		.memory = &memory,
		.low_window = WINDOW,
		.image = &image,
		.initrd_size = initrd_size,
		.shared_size = shared_size,
		.acpi_size = acpi_size,
		.kho_size = kho_size,
	};
}

static struct mk_layout_sizes sizes_of(u64 initrd_size, u64 acpi_size)
{
	return (struct mk_layout_sizes){
		.initrd = initrd_size, .shared = shared_size, .acpi = acpi_size, .kho = kho_size,
	};
}

/* Whatever is asked for: verdict and places as they must be. */
static int make(u64 initrd_size, u64 acpi_size)
{
	const struct mk_layout_sizes sizes = sizes_of(initrd_size, acpi_size);
	struct oracle_load load = load_of(initrd_size, acpi_size);
	const char *fault;
	int error;

	memset(&why, 0, sizeof(why));
	memset(&layout, 0xff, sizeof(layout));
	error = mk_layout_make(&layout, &memory, WINDOW, &image, &sizes, &why);
	if (error != oracle_layout(&load))
		fail_msg("error %d, not %d: %s", error, oracle_layout(&load), why.text);
	if (error)
		return error;
	fault = oracle_layout_fault(&load, &layout);
	if (fault)
		fail_msg("%s", fault);
	return 0;
}

static void assert_refused(u64 initrd_size, const char *sentence)
{
	const struct mk_layout_sizes sizes = sizes_of(initrd_size, ACPI_SIZE);

	assert_int_equal(make(initrd_size, ACPI_SIZE), -ENOSPC);
	assert_string_equal(why.text, sentence);
	assert_int_equal(mk_layout_make(&layout, &memory, WINDOW, &image, &sizes, NULL), -ENOSPC);
}

static void test_one_range(void **state)
{
	(void)state;
	add(4 * GB, 512 * MB);
	assert_int_equal(make(5 * MB + 1, ACPI_SIZE), 0);
	assert_int_equal(layout.low_window, WINDOW);
	assert_int_equal(layout.boot.start, 4 * GB);
	assert_int_equal(layout.boot.size, 512 * MB);
	assert_int_equal(layout.boot.node, 1);
	assert_int_equal(layout.control, 4 * GB);
	assert_int_equal(layout.acpi, 4 * GB + PAGE);
	assert_int_equal(layout.acpi_size, PAGE);
	assert_int_equal(layout.boot_params, 4 * GB + 2 * PAGE);
	assert_int_equal(layout.command_line, 4 * GB + 3 * PAGE);
	assert_int_equal(layout.image, 4 * GB + 2 * MB - 0x5000);
	assert_int_equal(layout.kernel, 4 * GB + 2 * MB);
	assert_int_equal(layout.kernel_end, 4 * GB + 66 * MB);
	assert_int_equal(layout.initrd, 4 * GB + 507 * MB - PAGE);
	assert_int_equal(layout.initrd_size, 5 * MB + 1);
}

static void test_shared_area(void **state)
{
	(void)state;
	add(4 * GB, 512 * MB);
	shared_size = 50 * PAGE;
	assert_int_equal(make(0, ACPI_SIZE), 0);
	assert_int_equal(layout.control, 4 * GB);
	assert_int_equal(layout.acpi, 4 * GB + 50 * PAGE);
	assert_int_equal(layout.kernel, 4 * GB + 2 * MB);
	shared_size = 512 * PAGE;
	assert_int_equal(make(0, ACPI_SIZE), 0);
	assert_int_equal(layout.kernel, 4 * GB + 4 * MB);
	shared_size = 512 * MB;
	assert_int_equal(make(0, ACPI_SIZE), -ENOSPC);
	shared_size = -PAGE;
	assert_int_equal(make(0, ACPI_SIZE), -ENOSPC);
}

static void test_no_initrd(void **state)
{
	(void)state;
	add(4 * GB, 66 * MB);
	assert_int_equal(make(0, ACPI_SIZE), 0);
	assert_int_equal(layout.initrd, 0);
	assert_int_equal(layout.initrd_size, 0);
	assert_int_equal(layout.kernel_end, 4 * GB + 66 * MB);
}

static void test_initrd_up_to_the_kernel(void **state)
{
	(void)state;
	add(4 * GB, 128 * MB);
	assert_int_equal(make(62 * MB, ACPI_SIZE), 0);
	assert_int_equal(layout.initrd, layout.kernel_end);
	assert_int_equal(make(62 * MB - PAGE + 1, ACPI_SIZE), 0);
	assert_int_equal(layout.initrd, layout.kernel_end);
	assert_refused(62 * MB + 1,
		       "initrd: its 65011713 bytes do not fit beside the kernel, the instance has 0x8000000 bytes in 1 ranges");
	assert_refused(128 * MB + 1,
		       "initrd: its 134217729 bytes do not fit beside the kernel, the instance has 0x8000000 bytes in 1 ranges");
	assert_refused(~0ULL,
		       "initrd: its 18446744073709551615 bytes do not fit beside the kernel, the instance has 0x8000000 bytes in 1 ranges");
}

/* The instance is large enough in sum, no range is. */
static void test_initrd_is_one_piece(void **state)
{
	(void)state;
	add(4 * GB, 100 * MB);
	add(5 * GB, 100 * MB);
	assert_int_equal(make(100 * MB, ACPI_SIZE), 0);
	assert_int_equal(layout.boot.start, 4 * GB);
	assert_int_equal(layout.initrd, 5 * GB);
	assert_refused(101 * MB,
		       "initrd: its 105906176 bytes do not fit beside the kernel, the instance has 0xc800000 bytes in 2 ranges");
}

static void test_several_ranges(void **state)
{
	(void)state;
	add(2 * GB, 16 * MB);		/* too small for the kernel */
	add(3 * GB, 80 * MB);
	add(4 * GB, 256 * MB);
	add(5 * GB, 4 * MB);
	assert_int_equal(make(2 * MB, ACPI_SIZE), 0);
	assert_int_equal(layout.boot.start, 3 * GB);
	assert_int_equal(layout.initrd, 5 * GB + 2 * MB);
	assert_int_equal(make(8 * MB, ACPI_SIZE), 0);	/* too large for the last one */
	assert_int_equal(layout.initrd, 4 * GB + 248 * MB);
	assert_int_equal(make(256 * MB, ACPI_SIZE), 0);
	assert_int_equal(layout.boot.start, 3 * GB);
	assert_int_equal(layout.initrd, 4 * GB);
}

/* Where the kernel would go first, no room is left for the initrd. */
static void test_kernel_makes_way(void **state)
{
	(void)state;
	add(3 * GB, 256 * MB);
	add(4 * GB, 66 * MB);
	assert_int_equal(make(200 * MB, ACPI_SIZE), 0);
	assert_int_equal(layout.boot.start, 4 * GB);
	assert_int_equal(layout.initrd, 3 * GB + 56 * MB);
}

static void test_kernel_does_not_fit(void **state)
{
	(void)state;
	assert_refused(0, "kernel image: needs 0x3fffffb bytes in one piece at a border of 0x200000 bytes, not below 0x1000000, the instance has 0x0 bytes in 0 ranges");
	add(4 * GB, 66 * MB - PAGE);
	assert_refused(0, "kernel image: needs 0x3fffffb bytes in one piece at a border of 0x200000 bytes, not below 0x1000000, the instance has 0x41ff000 bytes in 1 ranges");
	add(5 * GB, 40 * MB);
	assert_refused(MB, "kernel image: needs 0x3fffffb bytes in one piece at a border of 0x200000 bytes, not below 0x1000000, the instance has 0x69ff000 bytes in 2 ranges");
	add(4 * GB + 66 * MB - PAGE, PAGE);
	assert_int_equal(make(0, ACPI_SIZE), 0);
}

/* A page of what comes first, more or less, decides whether the first border will do. */
static void test_first_border(void **state)
{
	const u64 ahead = 3 * PAGE + MK_COMMAND_LINE_MAX + 0x5000;	/* one page of ACPI */

	(void)state;
	add(4 * GB - ahead, 256 * MB);
	assert_int_equal(make(0, PAGE), 0);
	assert_int_equal(layout.kernel, 4 * GB);
	assert_int_equal(layout.image, layout.command_line + MK_COMMAND_LINE_MAX);
	assert_int_equal(make(0, PAGE + 1), 0);
	assert_int_equal(layout.kernel, 4 * GB + 2 * MB);
	image.setup_size += 512;
	assert_int_equal(make(0, PAGE), 0);
	assert_int_equal(layout.kernel, 4 * GB + 2 * MB);
}

/* KHO's area lies at a border of its own size, behind the command line. */
static void test_kho(void **state)
{
	(void)state;
	kho_size = 64 * 1024;
	add(4 * GB, 128 * MB);
	assert_int_equal(make(0, PAGE), 0);
	assert_int_equal(layout.kho, 4 * GB + 64 * 1024);
	assert_int_equal(layout.kho_size, 64 * 1024);
	assert_int_equal(layout.kernel, 4 * GB + 2 * MB);
	shared_size = 64 * 1024;
	assert_int_equal(make(0, PAGE), 0);
	assert_int_equal(layout.kho, 4 * GB + 2 * 64 * 1024);
	kho_size = 2 * MB;
	assert_int_equal(make(0, PAGE), 0);
	assert_int_equal(layout.kho, 4 * GB + 2 * MB);
	assert_int_equal(layout.kernel, 4 * GB + 6 * MB);
	kho_size = 64 * MB;
	assert_int_equal(make(0, PAGE), -ENOSPC);
}

static void test_alignment(void **state)
{
	(void)state;
	add(4 * GB, 128 * MB);
	image.alignment = PAGE;
	assert_int_equal(make(0, PAGE), 0);
	assert_int_equal(layout.kernel, 4 * GB + 9 * PAGE);
	image.alignment = 1U << 30;
	assert_int_equal(make(0, PAGE), -ENOSPC);
	add(5 * GB - 32 * MB, 128 * MB);
	assert_int_equal(make(0, PAGE), 0);
	assert_int_equal(layout.kernel, 5 * GB);
}

/* A kernel loaded below this address moves itself there, into whoever's memory that is. */
static void test_preferred_address(void **state)
{
	(void)state;
	add(2 * MB, 128 * MB);
	assert_int_equal(make(0, ACPI_SIZE), 0);
	assert_int_equal(layout.control, 2 * MB);
	assert_int_equal(layout.kernel, 16 * MB);
	image.preferred_address = 16 * MB + 1;
	assert_int_equal(make(0, ACPI_SIZE), 0);
	assert_int_equal(layout.kernel, 18 * MB);
	image.preferred_address = 66 * MB;
	assert_int_equal(make(0, ACPI_SIZE), 0);
	image.preferred_address++;
	assert_int_equal(make(0, ACPI_SIZE), -ENOSPC);
	image.preferred_address = ~0ULL;
	assert_refused(0, "kernel image: needs 0x3fffffb bytes in one piece at a border of 0x200000 bytes, not below 0xffffffffffffffff, the instance has 0x8000000 bytes in 1 ranges");
}

/* Sums at the very top must not come out at the bottom. */
static void test_top_of_the_addresses(void **state)
{
	(void)state;
	image.init_size = ~0U;
	image.alignment = 1U << 30;
	add(-64 * MB, 63 * MB);
	assert_int_equal(make(0, ACPI_SIZE), -ENOSPC);
	add(MB, -66 * MB);
	assert_int_equal(make(0, ACPI_SIZE), -ENOSPC);	/* more tables than there are */
	image.alignment = 2 * MB;
	image.init_size = 64 * MB;
	assert_int_equal(make(0, ACPI_SIZE), 0);
	assert_int_equal(make(-8ULL * GB, ACPI_SIZE), 0);
	assert_int_equal(make(0, -67 * MB), -ENOSPC);
	assert_int_equal(make(-2 * PAGE, ACPI_SIZE), -ENOSPC);
}

static void test_end_of_four_levels(void **state)
{
	(void)state;
	add(MK_IDENTITY_MAP_END, GB);
	assert_int_equal(make(0, ACPI_SIZE), -ENOSPC);
	add(MK_IDENTITY_MAP_END - 64 * MB, 64 * MB);
	assert_int_equal(memory.count, 1);
	assert_int_equal(make(0, ACPI_SIZE), -ENOSPC);	/* it would end beyond */
	add(MK_IDENTITY_MAP_END - 66 * MB, 2 * MB);
	assert_int_equal(make(GB, ACPI_SIZE), 0);	/* the initrd may */
	assert_int_equal(layout.kernel_end, MK_IDENTITY_MAP_END);
	assert_int_equal(layout.initrd, MK_IDENTITY_MAP_END);
}

/*
 * The launch has tables for one border of 1 GB; for one of 512 GB only where the tables of the
 * low window help out.
 */
static void test_borders_of_page_tables(void **state)
{
	(void)state;
	add(BORDER + 4 * GB - 32 * MB, 128 * MB);
	assert_int_equal(make(0, ACPI_SIZE), 0);
	setup(NULL);
	add(BORDER - 32 * MB, 128 * MB);		/* one of them is that of the low window */
	assert_int_equal(make(0, ACPI_SIZE), 0);
	setup(NULL);
	add(2 * BORDER - 32 * MB, 128 * MB);
	assert_refused(0, "kernel image: its 0x3fffffb bytes lie across more borders of 1 GB or 512 GB than the page tables of its start can map");
	add(4 * BORDER, 128 * MB);
	assert_int_equal(make(0, ACPI_SIZE), 0);
	assert_int_equal(layout.boot.start, 4 * BORDER);
}

/*
 * The same by trying: a small world of pages, in which the kernel is put at every border and the
 * initrd at every page. Ahead of the kernel are the shared area, ACPI, boot_params, command line
 * and setup sectors.
 */
static bool initrd_has_place(const struct mk_range *boot, u64 kernel_end, u64 size)
{
	u64 place, end;
	u32 i;

	for (i = 0; i < memory.count; i++) {
		end = memory.range[i].start + memory.range[i].size;
		for (place = memory.range[i].start; place + size <= end; place += PAGE)
			if (&memory.range[i] != boot || place >= kernel_end)
				return true;
	}
	return false;
}

static bool kernel_has_place(u64 initrd_size, u64 acpi_size)
{
	const u64 ahead = shared_size + acpi_size + PAGE + MK_COMMAND_LINE_MAX + image.setup_size;
	const struct mk_range *range;
	u64 place, kernel_end;

	for (range = array; range < array + memory.count; range++) {
		for (place = 0; place < range->start + range->size; place += image.alignment) {
			kernel_end = place + image.init_size;
			if (place < range->start + ahead || place < image.preferred_address ||
			    kernel_end > range->start + range->size)
				continue;
			if (!initrd_size || initrd_has_place(range, kernel_end, initrd_size))
				return true;
		}
	}
	return false;
}

static void test_every_place(void **state)
{
	u32 round, fits = 0;

	(void)state;
	for (round = 0; round < RANDOM_SMALL; round++) {
		u64 initrd_size = PAGE * random_below(40);
		u64 acpi_size = PAGE * (1 + random_below(3));
		u32 count = 1 + random_below(4);
		bool has_place;

		setup(NULL);
		shared_size = PAGE * (1 + random_below(3));
		while (count--)
			add(PAGE * (1 + random_below(200)), PAGE * (1 + random_below(40)));
		image.alignment = PAGE << random_below(5);
		image.setup_size = 512 * (2 + random_below(64));
		image.init_size = PAGE * (1 + random_below(30));
		image.file_size = image.setup_size + image.init_size;
		image.preferred_address = random_below(2) ? 0 : random_below(200 * PAGE);
		has_place = kernel_has_place(initrd_size, acpi_size);
		assert_int_equal(make(initrd_size, acpi_size), has_place ? 0 : -ENOSPC);
		fits += has_place;
	}
	assert_in_range(fits, RANDOM_SMALL / 10, RANDOM_SMALL - RANDOM_SMALL / 10);
}

/* Of any magnitude. */
static u64 random_number(void)
{
	u64 high = random_below(1ULL << 32) << 32;

	return (high | random_below(1ULL << 32)) >> random_below(64);
}

static void random_memory(void)
{
	u32 count = 1 + random_below(8);

	while (count--) {
		u64 start = random_number() & -PAGE, size = random_number() & -PAGE;

		if (random_below(2))		/* next to a border of page tables */
			start = random_below(300) * BORDER - random_below(128) * MB;
		add(start, size);	/* refuses what is no range */
	}
}

static void test_random(void **state)
{
	u32 round, fits = 0;

	(void)state;
	for (round = 0; round < RANDOM_LARGE; round++) {
		setup(NULL);
		shared_size = PAGE * (1 + random_below(1 << random_below(20)));
		kho_size = random_below(2) ? PAGE << random_below(8) : 0;
		random_memory();
		image.alignment = PAGE << random_below(19);
		image.setup_size = 512 * (2 + random_below(64));
		image.init_size = random_below(1ULL << 32) >> random_below(32);
		image.file_size = image.setup_size + random_below(image.init_size + 1ULL);
		image.preferred_address = random_below(2) ? 16 * MB : random_number();
		if (!make(random_below(2) ? 0 : random_number(), random_below(1 << 18)))
			fits++;
		else
			assert_true(strlen(why.text) > 0);
	}
	assert_in_range(fits, RANDOM_LARGE / 10, RANDOM_LARGE - RANDOM_LARGE / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_range, setup),
		cmocka_unit_test_setup(test_shared_area, setup),
		cmocka_unit_test_setup(test_no_initrd, setup),
		cmocka_unit_test_setup(test_initrd_up_to_the_kernel, setup),
		cmocka_unit_test_setup(test_initrd_is_one_piece, setup),
		cmocka_unit_test_setup(test_several_ranges, setup),
		cmocka_unit_test_setup(test_kernel_makes_way, setup),
		cmocka_unit_test_setup(test_kernel_does_not_fit, setup),
		cmocka_unit_test_setup(test_first_border, setup),
		cmocka_unit_test_setup(test_kho, setup),
		cmocka_unit_test_setup(test_alignment, setup),
		cmocka_unit_test_setup(test_preferred_address, setup),
		cmocka_unit_test_setup(test_top_of_the_addresses, setup),
		cmocka_unit_test_setup(test_end_of_four_levels, setup),
		cmocka_unit_test_setup(test_borders_of_page_tables, setup),
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("layout", tests, random_seed, NULL);
}
