// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "number.h"

#define assert_size(text, bytes) do {					\
		u64 size_ = 1;						\
		assert_true(mk_size_parse(text, &size_));		\
		assert_int_equal(size_, bytes);				\
	} while (0)

#define assert_no_size(text) do {					\
		u64 size_ = 77;						\
		assert_false(mk_size_parse(text, &size_));		\
	} while (0)

static void sizes(void **state)
{
	(void)state;
	assert_size("0", 0);
	assert_size("1", 1);
	assert_size("0x10", 16);
	assert_size("0XfF", 255);
	assert_size("4K", 4096);
	assert_size("512M", 512ULL << 20);
	assert_size("512m", 512ULL << 20);
	assert_size("2G", 2ULL << 30);
	assert_size("0x2g", 2ULL << 30);
	assert_size("3T", 3ULL << 40);
	assert_size("18446744073709551615", ~0ULL);
	assert_size("16777215T", 16777215ULL << 40);
}

static void no_sizes(void **state)
{
	(void)state;
	assert_no_size("");
	assert_no_size("M");
	assert_no_size("0x");
	assert_no_size("0xK");
	assert_no_size("-1");
	assert_no_size("+1");
	assert_no_size(" 1");
	assert_no_size("1 ");
	assert_no_size("1MB");
	assert_no_size("1P");
	assert_no_size("1E");
	assert_no_size("1.5G");
	assert_no_size("18446744073709551616");
	assert_no_size("16777216T");
	assert_no_size("0x10000000000000000");
}

static void position_and_end(void **state)
{
	const char *text = "123K,9", *position = text;
	u64 number = 0;

	(void)state;
	assert_true(mk_size_read(&position, text + 6, &number));
	assert_int_equal(number, 123 << 10);
	assert_ptr_equal(position, text + 4);
	position = text;
	assert_true(mk_size_read(&position, text + 3, &number));
	assert_int_equal(number, 123);
	position = text;
	assert_true(mk_number_read(&position, text + 2, 10, &number));
	assert_int_equal(number, 12);
	assert_false(mk_number_read(&position, position, 10, &number));
	assert_ptr_equal(position, text + 2);
	position = text + 4;
	assert_false(mk_size_read(&position, text + 6, &number));
	assert_ptr_equal(position, text + 4);
	position = "79";
	assert_true(mk_number_read(&position, position + 2, 8, &number));
	assert_int_equal(number, 7);
}

static void digits_and_suffixes(void **state)
{
	static const char suffixes[] = "KMGTPE";
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool digit = c && (strchr("0123456789abcdefABCDEF", c) != NULL);
		const char *suffix = c ? strchr(suffixes, c >= 'a' && c <= 'z' ? c - 32 : c) : NULL;

		assert_int_equal(mk_digit_value(c) != MK_NO_DIGIT, digit);
		assert_int_equal(mk_suffix_shift(c), suffix ? 10 * (suffix - suffixes + 1) : 0);
	}
	assert_int_equal(mk_digit_value('0'), 0);
	assert_int_equal(mk_digit_value('f'), 15);
	assert_int_equal(mk_digit_value('A'), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(no_sizes),
		cmocka_unit_test(position_and_end),
		cmocka_unit_test(digits_and_suffixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
