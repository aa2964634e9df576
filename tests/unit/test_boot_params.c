// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zero page: held against one that is made with the kernel's own structure, for one range and
 * for many, below 4 GB and far above, with the shortest and the longest header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "acpi.h"
#include "boot_params.h"
#include "image_header.h"
#include "load_oracle.h"
#include "random.h"

#define PAGE MK_PAGE_SIZE
#define MB 0x100000ULL
#define GB 0x40000000ULL
#define WINDOW 0x90000ULL
#define FILE_SIZE (8 * MB)
#define RAM 1
#define RESERVED 2
#define ACPI 3
#define RANDOM_LOADS 20000
#define MANY 200		/* more ranges than any map takes */

_Static_assert(sizeof(struct boot_params) == MK_PAGE_SIZE, "the zero page is a page");

static struct mk_range array[MANY];
static struct mk_ranges memory;
static struct mk_image image;
static struct mk_layout layout;
static struct boot_params params;
static u64 shared_size, kho_size;

static int setup(void **state)
{
	(void)state;
	make_header();
	memory = (struct mk_ranges){ .range = array, .capacity = ARRAY_SIZE(array) };
	shared_size = PAGE;
	kho_size = 0;
	return 0;
}

static void add(u64 start, u64 size)
{
	const struct mk_range range = { .start = start, .size = size };

	assert_int_equal(mk_ranges_add(&memory, &range), 0);
}

/* Header and page are blocks of their own size, so that an access beyond them is seen. */
static int build(u64 initrd_size, u64 acpi_size)
{
	const struct oracle_load load = {
		.memory = &memory,
		.low_window = WINDOW,
		.image = &image,
		.initrd_size = initrd_size,
		.shared_size = shared_size,
		.acpi_size = acpi_size,
		.kho_size = kho_size,
	};
	const struct mk_layout_sizes sizes = {
		.initrd = initrd_size, .shared = shared_size, .acpi = acpi_size, .kho = kho_size,
	};
	u8 *page = malloc(PAGE), *beginning;
	const char *fault;
	int error;

	assert_int_equal(parse_header(&image, sizeof(header), FILE_SIZE, NULL), 0);
	assert_int_equal(mk_layout_make(&layout, &memory, WINDOW, &image, &sizes, NULL), 0);
	beginning = malloc(image.setup_size);
	assert_non_null(page);
	assert_non_null(beginning);
	memcpy(beginning, header, image.setup_size);
	memset(page, 0x5a, PAGE);
	error = mk_boot_params_build(page, beginning, &image, &layout, &memory);
	fault = error ? NULL : oracle_boot_params_fault(&load, &layout, beginning, page);
	memcpy(&params, page, sizeof(params));
	free(beginning);
	free(page);
	if (fault)
		fail_msg("%s", fault);
	return error;
}

static void assert_entry(u32 index, u64 start, u64 end, u32 type)
{
	assert_true(index < params.e820_entries);
	assert_int_equal(params.e820_table[index].addr, start);
	assert_int_equal(params.e820_table[index].size, end - start);
	assert_int_equal(params.e820_table[index].type, type);
}

static void test_fields(void **state)
{
	(void)state;
	add(5 * GB, 256 * MB);
	assert_int_equal(build(MB + 1, 1), 0);
	assert_int_equal(params.hdr.header, 0x53726448);
	assert_int_equal(params.hdr.version, 0x20f);
	assert_int_equal(params.hdr.type_of_loader, 0xff);
	assert_int_equal(params.hdr.setup_data, 0);
	assert_int_equal(params.hdr.init_size, 0x3f98000);
	assert_int_equal(params.sentinel, 0);
	assert_int_equal(params.acpi_rsdp_addr, 5 * GB + PAGE);
	assert_int_equal(params.hdr.cmd_line_ptr, GB + 3 * PAGE);
	assert_int_equal(params.ext_cmd_line_ptr, 1);
	assert_int_equal(params.hdr.ramdisk_image, GB + 255 * MB - PAGE);
	assert_int_equal(params.ext_ramdisk_image, 1);
	assert_int_equal(params.hdr.ramdisk_size, MB + 1);
	assert_int_equal(params.ext_ramdisk_size, 0);

	assert_int_equal(params.e820_entries, 5);
	assert_entry(0, WINDOW, WINDOW + 9 * PAGE, RAM);
	assert_entry(1, WINDOW + 9 * PAGE, WINDOW + 10 * PAGE, RESERVED);
	assert_entry(2, 5 * GB, 5 * GB + PAGE, RESERVED);
	assert_entry(3, 5 * GB + PAGE, 5 * GB + 2 * PAGE, ACPI);
	assert_entry(4, 5 * GB + 2 * PAGE, 5 * GB + 256 * MB, RAM);
}

/* The kernel's own structure tells where each field is. */
static void test_seed(void **state)
{
	struct {
		struct setup_data data;
		u8 bytes[MK_SEED_BYTES];
	} *place = malloc(MK_SEED_SIZE);
	u8 *page = malloc(PAGE), seed[MK_SEED_BYTES];
	struct boot_params *made = (void *)page;

	(void)state;
	assert_non_null(page);
	assert_non_null(place);
	memset(seed, 0x17, sizeof(seed));
	memset(page, 0, PAGE);
	memset(place, 0x5a, MK_SEED_SIZE);
	mk_boot_params_add_seed(page, place, 5 * GB + 16, seed);
	assert_int_equal(made->hdr.setup_data, 5 * GB + 16);
	assert_int_equal(place->data.next, 0);
	assert_int_equal(place->data.type, SETUP_RNG_SEED);
	assert_int_equal(place->data.len, MK_SEED_BYTES);
	assert_memory_equal(place->bytes, seed, sizeof(seed));
	/* It is put ahead of what is there already. */
	mk_boot_params_add_seed(page, place, 6 * GB, seed);
	assert_int_equal(made->hdr.setup_data, 6 * GB);
	assert_int_equal(place->data.next, 5 * GB + 16);
	memset(&made->hdr.setup_data, 0, sizeof(made->hdr.setup_data));
	for (u32 i = 0; i < PAGE; i++)
		assert_int_equal(page[i], 0);
	free(place);
	free(page);
}

static void test_kho(void **state)
{
	(void)state;
	kho_size = 16 * PAGE;
	add(5 * GB, 256 * MB);
	assert_int_equal(build(0, 1), 0);
	assert_int_equal(params.hdr.setup_data, 5 * GB + 16 * PAGE);
	assert_entry(4, 5 * GB + 2 * PAGE, 5 * GB + 256 * MB, RAM);	/* its area is RAM */
}

static void test_below_4_gb(void **state)
{
	(void)state;
	add(GB, 256 * MB);
	assert_int_equal(build(0, PAGE), 0);
	assert_int_equal(params.hdr.cmd_line_ptr, GB + 3 * PAGE);
	assert_int_equal(params.ext_cmd_line_ptr, 0);
	assert_int_equal(params.hdr.ramdisk_image, 0);
	assert_int_equal(params.hdr.ramdisk_size, 0);
}

/* What takes no memory is not in the map. */
static void test_no_acpi(void **state)
{
	(void)state;
	add(GB, 256 * MB);
	assert_int_equal(build(0, 0), 0);
	assert_int_equal(params.e820_entries, 4);
	assert_entry(3, GB + PAGE, GB + 256 * MB, RAM);
}

/* An initrd beyond 4 GB in address and in size. */
static void test_upper_halves(void **state)
{
	(void)state;
	add(100000 * GB, 16 * GB);
	assert_int_equal(build(9 * GB + 7, PAGE), 0);
	assert_int_equal(params.ext_cmd_line_ptr, 25000);
	assert_int_equal(params.ext_ramdisk_size, 2);
	assert_int_equal(params.hdr.ramdisk_size, GB + 7);
	assert_int_equal(params.ext_ramdisk_image, 25001);
}

/* The map is in order of address whichever range holds the kernel. */
static void test_several_ranges(void **state)
{
	(void)state;
	add(GB, MB);
	add(2 * GB, 256 * MB);
	add(4 * GB, GB);
	assert_int_equal(build(0, PAGE), 0);
	assert_int_equal(params.e820_entries, 7);
	assert_entry(2, GB, GB + MB, RAM);
	assert_entry(3, 2 * GB, 2 * GB + PAGE, RESERVED);
	assert_entry(4, 2 * GB + PAGE, 2 * GB + 2 * PAGE, ACPI);
	assert_entry(5, 2 * GB + 2 * PAGE, 2 * GB + 256 * MB, RAM);
	assert_entry(6, 4 * GB, 5 * GB, RAM);
}

/* The header is taken up to its end and not a byte further; build() compares all of them. */
static void test_header_lengths(void **state)
{
	u32 end;

	(void)state;
	add(5 * GB, 256 * MB);
	for (end = MK_SETUP_HEADER_MINIMUM; end <= MK_SETUP_HEADER_MAXIMUM; end++) {
		setup_header->jump = 0xeb | (end - 0x202) << 8;
		assert_int_equal(build(0, PAGE), 0);
		assert_int_equal(((u8 *)&params)[end - 1], header[end - 1]);
		assert_int_equal(((u8 *)&params)[end], 0);
	}
}

static void add_ranges(u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		add((4 + i) * GB, 256 * MB);
}

/*
 * As many ranges as an instance may have, then as many as the map takes: two for the window,
 * three with the kernel.
 */
static void test_full_map(void **state)
{
	const u32 most = E820_MAX_ENTRIES_ZEROPAGE - 4;
	u32 i;

	(void)state;
	add_ranges(MK_INSTANCE_RANGES_MAX);
	assert_int_equal(build(0, PAGE), 0);
	assert_int_equal(params.e820_entries, MK_INSTANCE_RANGES_MAX + 4);
	setup(NULL);
	add_ranges(most);
	assert_int_equal(build(0, PAGE), 0);
	assert_int_equal(params.e820_entries, E820_MAX_ENTRIES_ZEROPAGE);
	setup(NULL);
	add_ranges(most + 1);
	assert_int_equal(build(0, PAGE), -ENOSPC);
	/* What lies behind the table is still as it was cleared. */
	assert_int_equal(params._pad8[0], 0);
	setup(NULL);
	add_ranges(MANY);
	assert_int_equal(build(0, PAGE), -ENOSPC);
	/*
	 * The same where the kernel is in the last range, so that its entries are those too many.
	 */
	setup(NULL);
	add_ranges(most + 1);
	for (i = 0; i < most; i++)
		memory.range[i].size = 16 * MB;
	assert_int_equal(build(0, PAGE), -ENOSPC);
}

/* Whole pages in which the tables leave room for the seed, whatever is left of their last one. */
static void test_acpi_data(void **state)
{
	bool seed_takes_a_page = false;
	u32 cpus;

	(void)state;
	for (cpus = 1; cpus <= 256; cpus++) {
		u64 tables = mk_acpi_size(cpus, 0), size = mk_acpi_data_size(cpus, 0);

		assert_int_equal(size % PAGE, 0);
		assert_true(size - tables >= MK_SEED_SIZE && size - tables < PAGE + MK_SEED_SIZE);
		seed_takes_a_page |= size > mk_align_up(tables, PAGE);
	}
	assert_true(seed_takes_a_page);
	assert_int_equal(mk_acpi_data_size(156, 0), 2 * PAGE);
	assert_int_equal(mk_acpi_data_size(155, 0), PAGE);
	assert_true(mk_acpi_data_size(8, 4) >= mk_acpi_size(8, 4) + MK_SEED_SIZE);
}

static void test_random(void **state)
{
	u32 round, i;

	(void)state;
	for (round = 0; round < RANDOM_LOADS; round++) {
		u64 start = 16 * MB, size = 0;
		u32 count = 1 + random_below(MK_INSTANCE_RANGES_MAX);

		setup(NULL);
		shared_size = PAGE * (1 + random_below(100));
		kho_size = random_below(2) ? PAGE << random_below(7) : 0;
		for (i = 0x1f1; i < HEADER_SETUP_SIZE; i++)
			if (i >= MK_SETUP_HEADER_MINIMUM || (i >= 0x210 && i < 0x230))
				header[i] = random_below(256);
		setup_header->jump = 0xeb | (0x264 - 0x202 + random_below(0x2d)) << 8;
		while (count--) {
			start += size + PAGE * (1 + random_below(1 << random_below(24)));
			size = PAGE * (1 + random_below(1 << random_below(18)));
			add(start, size);
		}
		/* The last range takes kernel and initrd. */
		add(start + 2 * GB, 128 * MB);
		assert_int_equal(build(random_below(40 * MB), 1 + random_below(4 * PAGE)), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fields, setup),
		cmocka_unit_test_setup(test_seed, setup),
		cmocka_unit_test_setup(test_kho, setup),
		cmocka_unit_test_setup(test_below_4_gb, setup),
		cmocka_unit_test_setup(test_no_acpi, setup),
		cmocka_unit_test_setup(test_upper_halves, setup),
		cmocka_unit_test_setup(test_several_ranges, setup),
		cmocka_unit_test_setup(test_header_lengths, setup),
		cmocka_unit_test_setup(test_full_map, setup),
		cmocka_unit_test(test_acpi_data),
		cmocka_unit_test_setup(test_random, setup),
	};

	return cmocka_run_group_tests_name("boot_params", tests, random_seed, NULL);
}
