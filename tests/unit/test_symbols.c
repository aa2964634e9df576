// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking symbols up in a table that is written here as scripts/kallsyms.c writes it, and in ones
 * that make no sense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "symbols.h"
#include "symbols_image.h"

static struct image image;
static struct mk_range range;
static struct mk_ranges ranges;
static struct mk_log log;
static struct mk_symbols symbols;

static int read_image(void *context, u64 physical, void *buffer, size_t size)
{
	const struct image *from = context;

	assert_true(size > 0 && size <= MK_PAGE_SIZE);
	assert_true(physical >= from->base && physical - from->base + size <= IMAGE_BYTES);
	memcpy(buffer, from->memory + (physical - from->base), size);
	return 0;
}

static void open_log(void)
{
	range = (struct mk_range){ .start = image.base, .size = IMAGE_BYTES, .node = MK_ANY_NODE };
	ranges = (struct mk_ranges){ &range, 1, 1 };
	assert_int_equal(mk_log_open(&log, read_image, &image, &ranges), 0);
}

static int setup(void **state)
{
	(void)state;
	memset(&image, 0, sizeof(image));
	image.base = 0x40000000;
	image.count_bits = 5;
	image.size_bits = 10;
	image.page_shift = 12;
	image_boot(&image);
	symbols_write_tokens(&image);
	return 0;
}

static void boot(bool base)
{
	symbols_write(&image, base);
	symbols_write_note(&image, base);
	open_log();
}

/* One symbol alone: its address, or 0. */
static u64 find(const char *name)
{
	struct mk_symbol wanted = { .name = name, .address = 1 };

	assert_int_equal(mk_symbols_find(&symbols, &log, &wanted, 1), 0);
	return wanted.address;
}

static int find_fails(const char *name)
{
	struct mk_symbol wanted = { .name = name };

	return mk_symbols_find(&symbols, &log, &wanted, 1);
}

static void find_all(bool base)
{
	struct mk_symbol all[] = {
		{ .name = "jiffies" }, { .name = "nothing" }, { .name = "_stext" },
		{ .name = "jiffies_64" },
	};

	boot(base);
	assert_int_equal(find("_stext"), IMAGE_TEXT_MAP);
	assert_int_equal(find("jiffies_64"), IMAGE_TEXT_MAP + 0x5018);
	assert_int_equal(find(symbols_long_name + 1), IMAGE_TEXT_MAP + 0x777);
	assert_int_not_equal(find("jiffies"), 0);
	assert_int_equal(find("jiffies_6"), 0);
	assert_int_equal(find("jiffies_644"), 0);
	assert_int_equal(find("T_stext"), 0);
	assert_int_equal(find(""), 0);
	assert_int_equal(mk_symbols_find(&symbols, &log, all, ARRAY_SIZE(all)), 0);
	assert_int_equal(all[0].address, find("jiffies"));
	assert_int_equal(all[1].address, 0);
	assert_int_equal(all[2].address, IMAGE_TEXT_MAP);
	assert_int_equal(all[3].address, IMAGE_TEXT_MAP + 0x5018);
}

static void test_with_base(void **state)
{
	(void)state;
	find_all(true);
}

static void test_own_place(void **state)
{
	(void)state;
	find_all(false);
}

static void test_no_table(void **state)
{
	(void)state;
	open_log();
	assert_int_equal(find_fails("_stext"), -EOPNOTSUPP);
}

static void test_hostile(void **state)
{
	(void)state;
	boot(true);
	mk_put_le32(image.memory + SYMBOLS_COUNT, 0xffffffff);
	assert_int_equal(find_fails("_stext"), -EINVAL);
	/* More names than there is memory for them. */
	mk_put_le32(image.memory + SYMBOLS_COUNT, 1U << 20);
	assert_int_equal(find_fails("nothing"), -EFAULT);
	/* A token beyond the table. */
	mk_put_le16(image.memory + SYMBOLS_TOKEN_INDEX + 8, 0xffff);
	assert_int_equal(find_fails("_stext"), -EINVAL);
}

/*
 * The worst that a kernel can show: as many names as are taken, in page tables that map all of its
 * addresses to the same page, which holds the same byte throughout. Were there no bound, 0xff would
 * mean 137 GB to read.
 */
#define WORST_NAMES 0xffff800000000000ULL

static u64 reads, bytes_read;

static int read_counted(void *context, u64 physical, void *buffer, size_t size)
{
	reads++;
	bytes_read += size;
	return read_image(context, physical, buffer, size);
}

static void map_all_to_one(u8 content)
{
	u32 level, i;

	for (level = 0; level < 4; level++)
		for (i = 0; i < 512; i++)
			image_put(&image, IMAGE_PGT + 0x1000 * level + 8 * i,
				  (image.base + IMAGE_PGT + 0x1000 * (level + 1)) | 0x63);
	memset(image.memory + IMAGE_PGT + 0x4000, content, 0x1000);
}

static void move_names(void)
{
	static const char key[] = "SYMBOL(kallsyms_names)=";
	u8 *note = image.memory + IMAGE_NOTE, *digits;
	char text[17];

	for (digits = note; memcmp(digits, key, strlen(key)); digits++)
		assert_true(digits < note + IMAGE_NOTE_BYTES);
	snprintf(text, sizeof(text), "%llx", WORST_NAMES);
	memcpy(digits + strlen(key), text, strlen(text));
}

static void search_worst(u8 content)
{
	symbols_write(&image, true);
	symbols_write_note(&image, true);
	move_names();
	map_all_to_one(content);
	open_log();
	log.read = read_counted;
	mk_put_le32(image.memory + SYMBOLS_COUNT, 1U << 22);
	reads = bytes_read = 0;
	assert_int_equal(find_fails("nothing"), -E2BIG);
	/* A piece may take a walk of four tables; and what is read before the names is little. */
	assert_true(reads <= 5 * (MK_SYMBOL_WORK_MAX / MK_SYMBOL_PIECE) + 1024);
	assert_true(bytes_read <= MK_SYMBOL_WORK_MAX + reads * 8 + 2 * MK_SYMBOL_TOKEN_BYTES);
}

static void test_worst_names(void **state)
{
	(void)state;
	search_worst(0xff);
}

/* Every name has one byte, which stands for as much text as there can be. */
static void test_worst_token(void **state)
{
	const u32 place = 0x800;

	(void)state;
	memset(image.memory + SYMBOLS_TOKENS + place, 'x', 0xa00);
	mk_put_le16(image.memory + SYMBOLS_TOKEN_INDEX + 2, place);
	search_worst(1);
}

static void test_signs(void **state)
{
	u64 before, after, address;
	char text[8];

	(void)state;
	boot(true);
	assert_int_equal(mk_log_newest(&log, &before), 0);
	image_say(&image, 1, "one more");
	assert_int_equal(mk_log_newest(&log, &after), 0);
	assert_int_not_equal(before, after);
	assert_true(mk_log_note_address(&log, "SYMBOL(kallsyms_names)", &address));
	assert_int_equal(address, IMAGE_TEXT_MAP + SYMBOLS_NAMES);
	assert_false(mk_log_note_address(&log, "SYMBOL(kallsyms_name)", &address));
	assert_false(mk_log_note_address(&log, "OSRELEASE", &address));
	assert_int_equal(mk_log_read(&log, IMAGE_TEXT_MAP + SYMBOLS_NAMES, text, sizeof(text)), 0);
	assert_memory_equal(text, "\7T_stext", sizeof(text));
	assert_int_equal(mk_log_read(&log, IMAGE_TEXT_MAP + IMAGE_BYTES - 4, text, sizeof(text)), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_with_base, setup),
		cmocka_unit_test_setup(test_own_place, setup),
		cmocka_unit_test_setup(test_no_table, setup),
		cmocka_unit_test_setup(test_hostile, setup),
		cmocka_unit_test_setup(test_worst_names, setup),
		cmocka_unit_test_setup(test_worst_token, setup),
		cmocka_unit_test_setup(test_signs, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
