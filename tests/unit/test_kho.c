// SPDX-License-Identifier: GPL-2.0-only
/*
 * The area of Kexec HandOver, read back as the kernels of either format read it; and scratch, by the
 * rules that they have for it. The readers share no code with core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <libfdt.h>

#include "kho.h"
#include "random.h"

#define PAGE 0x1000ULL
#define KB 1024ULL
#define MB (1024 * KB)
#define GB (1024 * MB)
#define RANDOM_ROUNDS 20000
#define PAGES_MAX 64
#define PREFERRED (16 * MB)

static struct mk_range array[MK_INSTANCE_RANGES_MAX];
static struct mk_ranges memory;
static struct mk_image image;
static struct mk_layout layout;
static struct mk_layout_sizes sizes;
static struct mk_kho kho;
static struct mk_reason why;
static u8 *area;	/* what is at kho.area, exactly kho.size bytes */

static int setup(void **state)
{
	(void)state;
	memory = (struct mk_ranges){ .range = array, .capacity = ARRAY_SIZE(array) };
	image = (struct mk_image){
		.file_size = 8 * MB,
		.setup_size = 0x5000,
		.init_size = 40 * MB,
		.alignment = 2 * MB,
		.preferred_address = PREFERRED,
	};
	sizes = (struct mk_layout_sizes){
		.initrd = 5 * MB, .shared = 64 * PAGE, .acpi = PAGE, .kho = mk_kho_size(2 * PAGE),
	};
	return 0;
}

static void add(u64 start, u64 size)
{
	const struct mk_range range = { .start = start, .size = size };

	mk_ranges_add(&memory, &range);
}

/* The numbers of the area, in the machine's own order. */
static u64 number_at(u64 address)
{
	u64 value;

	assert_in_range(address, kho.area, kho.area + kho.size - sizeof(value));
	memcpy(&value, area + (address - kho.area), sizeof(value));
	return value;
}

static u32 half_at(u64 address)
{
	u32 value;

	assert_in_range(address, kho.area, kho.area + kho.size - sizeof(value));
	memcpy(&value, area + (address - kho.area), sizeof(value));
	return value;
}

static bool bit_at(u64 bitmap, u64 bit)
{
	return number_at(bitmap + bit / 64 * 8) >> bit % 64 & 1;
}

static u64 preserved[PAGES_MAX];
static u32 preserved_count;

static void preserve(u64 address)
{
	assert_true(preserved_count < PAGES_MAX);
	preserved[preserved_count++] = address;
}

/* As kho_mem_deserialize() of 6.16 to 7.0, with bitmaps of that many bytes. */
static void read_bitmaps(u64 chunk, u64 bitmap_size)
{
	u64 element, bit;
	u32 i, order;

	preserved_count = 0;
	for (; chunk; chunk = number_at(chunk)) {
		order = half_at(chunk + 8);
		for (i = 0; i < half_at(chunk + 12); i++) {
			element = chunk + 16 + 16 * i;
			for (bit = 0; bit < bitmap_size * 8; bit++)
				if (bit_at(number_at(element + 8), bit))
					preserve(number_at(element) + (bit << (order + 12)));
		}
	}
}

/* As __kho_radix_walk_tree() of 7.1 to 7.3. */
static void read_radix(u64 node, int level, u64 key)
{
	u64 i;

	if (!level) {
		for (i = 0; i < PAGE * 8; i++) {
			if (!bit_at(node, i))
				continue;
			assert_int_equal(63 - __builtin_clzll(key | i), 52);	/* of order 0 */
			preserve((key | i) << 12);
		}
		return;
	}
	for (i = 0; i < 512; i++)
		if (number_at(node + 8 * i))
			read_radix(number_at(node + 8 * i), level - 1,
				   key | i << (9 * (level - 1) + 15));
}

/* Those, each once: the root tree's page and the handover's. */
static void assert_preserved(u32 pages)
{
	u32 i;

	assert_int_equal(preserved_count, 1 + pages);
	for (i = 0; i < preserved_count; i++)
		assert_int_equal(preserved[i], kho.area + PAGE + i * PAGE);
}

static u64 property_of(const void *tree, int node, const char *name)
{
	int length;
	const void *value = fdt_getprop(tree, node, name, &length);
	u64 number;

	assert_non_null(value);
	assert_int_equal(length, sizeof(number));
	memcpy(&number, value, sizeof(number));
	return number;
}

static void write_area(const void *handover, u32 size)
{
	free(area);
	area = malloc(kho.size);
	assert_non_null(area);
	memset(area, 0xa5, kho.size);	/* whatever was there before */
	assert_int_equal(mk_kho_write(&kho, area, handover, size), 0);
}

static void assert_node(void)
{
	u32 i;

	assert_int_equal(number_at(kho.area), 0);
	assert_int_equal(half_at(kho.area + 8), 10);	/* SETUP_KEXEC_KHO */
	assert_int_equal(half_at(kho.area + 12), 32);
	assert_int_equal(number_at(kho.area + 16), kho.area + PAGE);
	assert_int_equal(number_at(kho.area + 24), PAGE);
	assert_int_equal(number_at(kho.area + 40), 16 * kho.scratch_count);
	for (i = 0; i < kho.scratch_count; i++) {
		assert_int_equal(number_at(number_at(kho.area + 32) + 16 * i), kho.scratch[i].start);
		assert_int_equal(number_at(number_at(kho.area + 32) + 16 * i + 8),
				 kho.scratch[i].size);
	}
}

/* All that kho_populate() and kho_retrieve_subtree() look at; returns where the map is. */
static u64 assert_tree(const char *const *strings, const char *pointer, const void *handover,
		       u32 size)
{
	const void *tree = area + PAGE;
	u64 address;
	int node;

	assert_int_equal(fdt_check_header(tree), 0);
	assert_int_equal(fdt_check_full(tree, PAGE), 0);
	for (; *strings; strings++)
		assert_int_equal(fdt_node_check_compatible(tree, 0, *strings), 0);
	assert_int_not_equal(fdt_node_check_compatible(tree, 0, "kho-v5"), 0);
	node = fdt_subnode_offset(tree, 0, "multikernel");
	assert_true(node > 0);
	address = property_of(tree, node, pointer);
	assert_int_equal(address % PAGE, 0);
	assert_int_equal(property_of(tree, node, "blob-size"), size);
	assert_memory_equal(area + (address - kho.area), handover, size);
	return property_of(tree, 0, "preserved-memory-map");
}

static void check_area(u32 size)
{
	static const char *const old[] = { "kho-v1", NULL };
	static const char *const new[] = { "kho-v2", "kho-v3", "kho-v4", NULL };
	u32 pages = (size + PAGE - 1) / PAGE, i;
	u8 *handover = malloc(size);
	u64 map;

	assert_non_null(handover);
	for (i = 0; i < size; i++)
		handover[i] = i * 7 + 1;
	kho.format = MK_KHO_BITMAPS;
	write_area(handover, size);
	assert_node();
	map = assert_tree(old, "fdt", handover, size);
	read_bitmaps(map, 512);
	assert_preserved(pages);
	read_bitmaps(map, PAGE);
	assert_preserved(pages);
	kho.format = MK_KHO_RADIX;
	write_area(handover, size);
	assert_node();
	map = assert_tree(new, "preserved-data", handover, size);
	preserved_count = 0;
	read_radix(map, 5, 0);
	assert_preserved(pages);
	free(handover);
	free(area);
	area = NULL;
}

static void place_area(u64 address, u64 handover_size)
{
	kho = (struct mk_kho){ .area = address, .size = mk_kho_size(handover_size) };
	kho.scratch[kho.scratch_count++] = (struct mk_range){ .start = GB, .size = 64 * MB };
	kho.scratch[kho.scratch_count++] = (struct mk_range){ .start = 9 * GB, .size = 8 * MB };
	assert_int_equal(address % kho.size, 0);
}

static void test_area(void **state)
{
	static const u64 places[] = {
		4 * MB, 128 * MB - 16 * PAGE, 128 * MB, GB, 4 * GB - 16 * PAGE, 64 * GB - 16 * PAGE,
		64 * GB, 64 * 1024 * GB,
	};
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		place_area(places[i], 2 * PAGE);
		assert_int_equal(kho.size, 16 * PAGE);
		check_area(100);
		check_area(PAGE);
		check_area(PAGE + 1);
	}
	place_area(GB - 64 * PAGE, 34 * PAGE);	/* the handover of 8192 CPUs */
	check_area(34 * PAGE);
}

/* The page at 0x140123000, by hand: its places in the tables of levels 5 to 1, and its bit. */
static void test_radix_vector(void **state)
{
	static const u32 index[] = { 2, 0, 0, 0, 40 };
	u8 handover[1] = { 1 };
	u64 node;
	u32 i;

	(void)state;
	place_area(0x140120000, 1);
	kho.format = MK_KHO_RADIX;
	write_area(handover, 1);
	node = property_of(area + PAGE, 0, "preserved-memory-map");
	for (i = 0; i < ARRAY_SIZE(index); i++)
		node = number_at(node + 8 * index[i]);
	assert_true(bit_at(node, 0x121) && bit_at(node, 0x122));
	assert_false(bit_at(node, 0x120) || bit_at(node, 0x123));
	free(area);
	area = NULL;
}

static void test_too_large(void **state)
{
	u8 *place, *handover = calloc(1, 64 * PAGE);

	(void)state;
	place_area(GB, 2 * PAGE);
	kho.format = MK_KHO_RADIX;
	place = calloc(1, kho.size);
	assert_int_equal(mk_kho_write(&kho, place, handover, 8 * PAGE), 0);
	assert_int_equal(mk_kho_write(&kho, place, handover, 8 * PAGE + 1), -ENOSPC);
	free(place);
	free(handover);
}

static enum mk_kho_format format_of(u16 major, u16 minor, const char *words)
{
	const struct mk_image of = { .version_major = major, .version_minor = minor };

	return mk_kho_format(&of, words);
}

static void test_format(void **state)
{
	(void)state;
	assert_int_equal(format_of(0, 0, ""), MK_KHO_NONE);	/* the image names none */
	assert_int_equal(format_of(5, 99, ""), MK_KHO_NONE);
	assert_int_equal(format_of(6, 1, ""), MK_KHO_NONE);
	assert_int_equal(format_of(6, 15, "kho=on"), MK_KHO_NONE);
	assert_int_equal(format_of(6, 16, ""), MK_KHO_BITMAPS);
	assert_int_equal(format_of(6, 19, "quiet"), MK_KHO_BITMAPS);
	assert_int_equal(format_of(7, 0, "kho=on"), MK_KHO_BITMAPS);
	assert_int_equal(format_of(7, 1, ""), MK_KHO_RADIX);
	assert_int_equal(format_of(7, 3, "a kho=on b -- kho=off"), MK_KHO_RADIX);
	assert_int_equal(format_of(8, 0, "mem_sleep_default=deep memmapx=1 khox=off"), MK_KHO_RADIX);
	assert_int_equal(format_of(7, 3, "quiet kho=off"), MK_KHO_NONE);
	assert_int_equal(format_of(7, 3, "kho=0 quiet"), MK_KHO_NONE);
	assert_int_equal(format_of(7, 3, "\"kho=n\""), MK_KHO_NONE);
	assert_int_equal(format_of(7, 3, "mem=1G"), MK_KHO_NONE);
	assert_int_equal(format_of(7, 3, "memmap=1M$1G"), MK_KHO_NONE);
	assert_int_equal(format_of(6, 17, "crashkernel=64M"), MK_KHO_NONE);
}

static bool overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

static void assert_scratch_area(const struct mk_range *scratch)
{
	u32 i, inside = 0;

	assert_true(scratch->size >= 8 * MB);
	assert_int_equal((scratch->start | scratch->size) % (4 * MB), 0);
	for (i = 0; i < memory.count; i++)
		inside += scratch->start >= array[i].start &&
			  scratch->start + scratch->size <= array[i].start + array[i].size;
	assert_int_equal(inside, 1);
	assert_false(overlap(scratch->start, scratch->size, layout.boot.start,
			     layout.kernel - layout.boot.start));
	assert_false(overlap(scratch->start, scratch->size, layout.initrd, layout.initrd_size));
}

/* Chooses, and holds what was chosen against the rules. */
static int choose(u32 cpu_count)
{
	u64 total = 0, sections = 0;
	u32 i, j;
	int error;

	kho = (struct mk_kho){ .format = MK_KHO_RADIX };
	error = mk_kho_choose_scratch(&kho, &layout, &memory, image.init_size, cpu_count, &why);
	if (error) {
		assert_int_equal(error, -ENOSPC);
		assert_int_equal(kho.format, MK_KHO_NONE);
		return error;
	}
	assert_int_equal(kho.area, layout.kho);
	assert_int_equal(kho.size, layout.kho_size);
	assert_in_range(kho.scratch_count, 1, MK_KHO_SCRATCH_MAX);
	for (i = 0; i < kho.scratch_count; i++) {
		assert_scratch_area(&kho.scratch[i]);
		for (j = 0; j < i; j++)
			assert_false(overlap(kho.scratch[i].start, kho.scratch[i].size,
					     kho.scratch[j].start, kho.scratch[j].size));
		total += kho.scratch[i].size;
	}
	/* The kernel, what describes all pages, and something for each CPU are in there for certain. */
	sections = mk_ranges_total(&memory) / (128 * MB);
	assert_true(total >= image.init_size + 2 * MB * sections + cpu_count * MB + 32 * MB);
	return 0;
}

static int place(u32 cpu_count)
{
	if (mk_layout_make(&layout, &memory, 0x90000, &image, &sizes, NULL))
		return -EINVAL;
	return choose(cpu_count);
}

static void test_one_range(void **state)
{
	(void)state;
	add(4 * GB, 512 * MB);
	assert_int_equal(place(2), 0);
	assert_int_equal(kho.scratch_count, 1);
	assert_int_equal(kho.scratch[0].start, 4 * GB + 4 * MB);	/* the kernel is at 2 MB */
	/* 40 MB of kernel; 32 + 5 * 2.5 + 2 + 2 MB; whole blocks */
	assert_int_equal(kho.scratch[0].size, 92 * MB);
}

static void test_small(void **state)
{
	(void)state;
	add(4 * GB, 128 * MB);
	assert_int_equal(place(1), -ENOSPC);
	assert_string_equal(why.text, "the kernel would boot in 0x5000000 bytes, in 8 pieces at most, too much of the 0x5300000 beside kernel and initrd");
	setup(NULL);
	add(4 * GB, 256 * MB);
	assert_int_equal(place(1), 0);
	assert_int_equal(mk_kho_choose_scratch(&kho, &layout, &memory, image.init_size, 200, NULL),
			 -ENOSPC);
}

static void test_pieces(void **state)
{
	u32 i;

	(void)state;
	add(4 * GB, 64 * MB);			/* the kernel, and 20 MB of scratch more */
	add(5 * GB, 6 * MB);			/* too small */
	add(6 * GB, 1 * GB);
	assert_int_equal(place(1), 0);
	assert_int_equal(kho.scratch_count, 2);
	assert_int_equal(kho.scratch[0].size, 60 * MB);
	assert_int_equal(kho.scratch[1].start, 6 * GB);
	setup(NULL);
	add(4 * GB, 64 * MB);
	for (i = 0; i < 40; i++)		/* in so many pieces it is not to be had */
		add(5 * GB + i * 32 * MB, 11 * MB);
	assert_int_equal(place(1), -ENOSPC);
}

/* An initrd right behind the kernel: scratch is elsewhere, as a whole. */
static void test_initrd_in_the_way(void **state)
{
	(void)state;
	add(4 * GB, 50 * MB);
	add(5 * GB, 512 * MB);
	sizes.initrd = 600 * MB;
	assert_int_equal(place(1), -EINVAL);
	sizes.initrd = 7 * MB;
	assert_int_equal(place(1), 0);
	memory.count = 1;
	assert_int_equal(place(1), -ENOSPC);
}

static void test_random(void **state)
{
	u32 round, fits = 0;

	(void)state;
	for (round = 0; round < RANDOM_ROUNDS; round++) {
		u32 count = 1 + random_below(1 << random_below(7));

		setup(NULL);
		while (count--)
			add(PAGE * (256 + random_below(1 << 24)), PAGE << random_below(18));
		image.init_size = MB + random_below(128 * MB);
		image.alignment = PAGE << random_below(12);
		sizes.initrd = random_below(4) ? random_below(64 * MB) : random_below(GB);
		fits += !place(1 + random_below(16));
	}
	assert_in_range(fits, RANDOM_ROUNDS / 10, RANDOM_ROUNDS - RANDOM_ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_area),
		cmocka_unit_test(test_radix_vector),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_format),
		cmocka_unit_test_setup(test_one_range, setup),
		cmocka_unit_test_setup(test_small, setup),
		cmocka_unit_test_setup(test_pieces, setup),
		cmocka_unit_test_setup(test_initrd_in_the_way, setup),
		cmocka_unit_test_setup(test_random, setup),
	};

	return cmocka_run_group_tests_name("kho", tests, random_seed, NULL);
}
