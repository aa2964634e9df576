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

static void find_all(bool base)
{
	u64 address = 0;

	boot(base);
	assert_int_equal(mk_symbol_find(&symbols, &log, "_stext", &address), 0);
	assert_int_equal(address, IMAGE_TEXT_MAP);
	assert_int_equal(mk_symbol_find(&symbols, &log, "jiffies_64", &address), 0);
	assert_int_equal(address, IMAGE_TEXT_MAP + 0x5018);
	assert_int_equal(mk_symbol_find(&symbols, &log, symbols_long_name + 1, &address), 0);
	assert_int_equal(address, IMAGE_TEXT_MAP + 0x777);
	assert_int_equal(mk_symbol_find(&symbols, &log, "jiffies", &address), 0);
	assert_int_equal(mk_symbol_find(&symbols, &log, "jiffies_6", &address), -ENOENT);
	assert_int_equal(mk_symbol_find(&symbols, &log, "jiffies_644", &address), -ENOENT);
	assert_int_equal(mk_symbol_find(&symbols, &log, "T_stext", &address), -ENOENT);
	assert_int_equal(mk_symbol_find(&symbols, &log, "", &address), -ENOENT);
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
	u64 address;

	(void)state;
	open_log();
	assert_int_equal(mk_symbol_find(&symbols, &log, "_stext", &address), -EOPNOTSUPP);
}

static void test_hostile(void **state)
{
	u64 address;

	(void)state;
	boot(true);
	mk_put_le32(image.memory + SYMBOLS_COUNT, 0xffffffff);
	assert_int_equal(mk_symbol_find(&symbols, &log, "_stext", &address), -EINVAL);
	/* More names than there is memory for them. */
	mk_put_le32(image.memory + SYMBOLS_COUNT, 1U << 20);
	assert_int_equal(mk_symbol_find(&symbols, &log, "nothing", &address), -EFAULT);
	/* A token beyond the table. */
	mk_put_le16(image.memory + SYMBOLS_TOKEN_INDEX + 8, 0xffff);
	assert_int_equal(mk_symbol_find(&symbols, &log, "_stext", &address), -EINVAL);
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
		cmocka_unit_test_setup(test_signs, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
