// SPDX-License-Identifier: GPL-2.0-only
/* Looking symbols up in a table that is written here as scripts/kallsyms.c writes it, and in ones that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "logring_image.h"
#include "symbols.h"

/* Where the tables are, in what logring_image.h leaves free. */
enum {
	NAMES = 0x14000,
	COUNT = 0x14800,
	BASE = 0x14808,
	OFFSETS = 0x14900,
	TOKEN_INDEX = 0x14a00,
	TOKENS = 0x14c00,
};

#define BASE_ADDRESS IMAGE_TEXT_MAP	/* the lowest symbol */
#define LONG_LENGTH 200

static struct image image;
static struct mk_range range;
static struct mk_ranges ranges;
static struct mk_log log;
static struct mk_symbols symbols;
static char long_name[LONG_LENGTH + 1];

static int read_image(void *context, u64 physical, void *buffer, size_t size)
{
	const struct image *from = context;

	assert_true(size > 0 && size <= MK_PAGE_SIZE);
	assert_true(physical >= from->base && physical - from->base + size <= IMAGE_BYTES);
	memcpy(buffer, from->memory + (physical - from->base), size);
	return 0;
}

/* Every byte stands for itself, but for two that stand for more. */
#define TOKEN_JIFF 1
#define TOKEN_DATA_TYPE 2

static void write_tokens(void)
{
	u8 *index = image.memory + TOKEN_INDEX;
	char *tokens = (char *)image.memory + TOKENS;
	u32 used = 0, i;

	for (i = 0; i < 256; i++) {
		char text[8] = { (char)i };

		if (i == TOKEN_JIFF)
			strcpy(text, "jiff");
		else if (i == TOKEN_DATA_TYPE)
			strcpy(text, "Dj");
		mk_put_le16(index + 2 * i, used);
		strcpy(tokens + used, text);
		used += strlen(text) + 1;
	}
}

static u8 *write_name(u8 *to, const char *codes)
{
	size_t length = strlen(codes);

	if (length < 0x80) {
		*to++ = length;
	} else {
		*to++ = 0x80 | (length & 0x7f);
		*to++ = length >> 7;
	}
	memcpy(to, codes, length);
	return to + length;
}

/* The names and their addresses: _stext, jiffies_64, a long one, jiffies. */
static void write_symbols(bool base)
{
	const u64 address[] = { IMAGE_TEXT_MAP, IMAGE_TEXT_MAP + 0x5018, IMAGE_TEXT_MAP + 0x777, 0x4000 };
	u8 *names = image.memory + NAMES;
	u32 i;

	memset(long_name, 'x', LONG_LENGTH);
	long_name[0] = 'T';
	names = write_name(names, "T_stext");
	names = write_name(names, "\2iffies_64");
	names = write_name(names, long_name);
	names = write_name(names, "A\1ies");
	mk_put_le32(image.memory + COUNT, 4);
	for (i = 0; i < 4; i++) {
		u64 place = IMAGE_TEXT_MAP + OFFSETS + 4 * i;
		u64 offset = base ? BASE_ADDRESS - 1 - address[i] : address[i] - place;

		if (base && i == 3)
			offset = address[i];	/* per CPU: counted from zero, and positive */
		mk_put_le32(image.memory + OFFSETS + 4 * i, offset & 0xffffffff);
	}
	mk_put_le64(image.memory + BASE, BASE_ADDRESS);
}

static void write_note(bool base)
{
	static const char *const key[] = { "names", "num_syms", "offsets", "token_index", "token_table" };
	static const u32 at[] = { NAMES, COUNT, OFFSETS, TOKEN_INDEX, TOKENS };
	char text[IMAGE_NOTE_BYTES];
	size_t used = image_note_text(&image, text, sizeof(text)), i;

	for (i = 0; i < ARRAY_SIZE(key); i++)
		used += snprintf(text + used, sizeof(text) - used, "SYMBOL(kallsyms_%s)=%llx\n", key[i],
				 (unsigned long long)IMAGE_TEXT_MAP + at[i]);
	if (base)
		used += snprintf(text + used, sizeof(text) - used,
				 "SYMBOL(kallsyms_relative_base)=%llx\n",
				 (unsigned long long)IMAGE_TEXT_MAP + BASE);
	image_write_note(&image, IMAGE_NOTE, text, used);
}

static void open_log(void)
{
	range = (struct mk_range){ image.base, IMAGE_BYTES, MK_ANY_NODE };
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
	write_tokens();
	return 0;
}

static void boot(bool base)
{
	write_symbols(base);
	write_note(base);
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
	assert_int_equal(mk_symbol_find(&symbols, &log, long_name + 1, &address), 0);
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
	mk_put_le32(image.memory + COUNT, 0xffffffff);
	assert_int_equal(mk_symbol_find(&symbols, &log, "_stext", &address), -EINVAL);
	/* More names than there is memory for them. */
	mk_put_le32(image.memory + COUNT, 1U << 20);
	assert_int_equal(mk_symbol_find(&symbols, &log, "nothing", &address), -EFAULT);
	/* A token beyond the table. */
	mk_put_le16(image.memory + TOKEN_INDEX + 8, 0xffff);
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
	assert_int_equal(address, IMAGE_TEXT_MAP + NAMES);
	assert_false(mk_log_note_address(&log, "SYMBOL(kallsyms_name)", &address));
	assert_false(mk_log_note_address(&log, "OSRELEASE", &address));
	assert_int_equal(mk_log_read(&log, IMAGE_TEXT_MAP + NAMES, text, sizeof(text)), 0);
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
