// SPDX-License-Identifier: GPL-2.0-only
/* Digits and suffixes: one reader for the pool, for command lines and for the operator's command. */
#include "number.h"

#define SIZE_SHIFT_MAX 40	/* of T: beyond it a size of memory is a slip */

u32 mk_digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return MK_NO_DIGIT;
}

u32 mk_suffix_shift(char c)
{
	static const char suffixes[] = "KMGTPE";
	u32 i;

	for (i = 0; suffixes[i]; i++)
		if (c == suffixes[i] || c == suffixes[i] + ('a' - 'A'))
			return 10 * (i + 1);
	return 0;
}

bool mk_number_read(const char **position, const char *end, u32 base, u64 *number)
{
	const char *c = *position;
	u64 value = 0;
	u32 digit;

	for (; c < end && (digit = mk_digit_value(*c)) < base; c++) {
		if (value > (~0ULL - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (c == *position)
		return false;
	*position = c;
	*number = value;
	return true;
}

bool mk_size_read(const char **position, const char *end, u64 *size)
{
	const char *c = *position;
	bool hexadecimal = end - c > 2 && c[0] == '0' && (c[1] == 'x' || c[1] == 'X');
	u32 shift;
	u64 value;

	if (hexadecimal)
		c += 2;
	if (!mk_number_read(&c, end, hexadecimal ? 16 : 10, &value))
		return false;
	shift = c < end ? mk_suffix_shift(*c) : 0;
	if (shift > SIZE_SHIFT_MAX)
		return false;
	if (value > ~0ULL >> shift)
		return false;
	*position = c + !!shift;
	*size = value << shift;
	return true;
}

bool mk_size_parse(const char *text, u64 *size)
{
	return mk_size_read(&text, text + strlen(text), size) && !*text;
}
