// SPDX-License-Identifier: GPL-2.0-only
/* The grammar of pool=: SIZE or SIZE@ADDRESS, separated by commas. */
#include "pool_spec.h"

#define QUOTE_SIZE 40	/* so much of a refused entry is shown, bytes with the NUL */

/* An entry for a sentence: cut at its comma, and with nothing in it that a log would not like. */
static const char *quote(char *buffer, const char *entry)
{
	u32 i;

	for (i = 0; i < QUOTE_SIZE - 1 && entry[i] && entry[i] != ',' && entry[i] != '\n'; i++)
		buffer[i] = entry[i] >= ' ' && entry[i] <= '~' ? entry[i] : '?';
	buffer[i] = '\0';
	return buffer;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static u32 suffix_shift(char c)
{
	switch (c) {
	case 'K': case 'k':
		return 10;
	case 'M': case 'm':
		return 20;
	case 'G': case 'g':
		return 30;
	case 'T': case 't':
		return 40;
	default:
		return 0;
	}
}

/* Reads a number with its suffix and moves on; false when there is none or it overflows. */
static bool read_number(const char **cursor, u64 *number)
{
	const char *c = *cursor;
	const char *digits;
	u32 base = 10, shift;
	u64 value = 0;
	int digit;

	if (c[0] == '0' && (c[1] == 'x' || c[1] == 'X')) {
		base = 16;
		c += 2;
	}
	for (digits = c; (digit = digit_value(*c)) >= 0 && (u32)digit < base; c++) {
		if (value > (~0ULL - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (c == digits)
		return false;

	shift = suffix_shift(*c);
	if (shift) {
		if (value > ~0ULL >> shift)
			return false;
		value <<= shift;
		c++;
	}
	*cursor = c;
	*number = value;
	return true;
}

static bool is_entry_end(const char *c)
{
	return *c == '\0' || *c == ',' || (*c == '\n' && c[1] == '\0');
}

static bool is_aligned(u64 value)
{
	return !(value & (MK_LARGE_PAGE_SIZE - 1));
}

static int add_running(struct mk_pool_spec *spec, u64 size, const char *entry,
		       struct mk_reason *why)
{
	char text[QUOTE_SIZE];

	if (size > ~0ULL - spec->running_bytes)
		return mk_refuse(why, -EINVAL, "pool: with \"%s\" the sum is too large",
				 quote(text, entry));
	spec->running_bytes += size;
	return 0;
}

static int add_region(struct mk_pool_spec *spec, const struct mk_range *region, const char *entry,
		      struct mk_reason *why)
{
	struct mk_ranges regions = {
		.range = spec->region,
		.count = spec->region_count,
		.capacity = MK_POOL_REGIONS_MAX,
	};
	char text[QUOTE_SIZE];
	int error;

	if (!region->size)
		return mk_refuse(why, -EINVAL, "pool: the region \"%s\" is empty",
				 quote(text, entry));
	if (region->size > ~0ULL - region->start)
		return mk_refuse(why, -EINVAL, "pool: the region \"%s\" ends beyond all addresses",
				 quote(text, entry));
	error = mk_ranges_add(&regions, region);
	if (error == -ENOSPC)
		return mk_refuse(why, -EINVAL, "pool: \"%s\" is one region too many; %d can be had",
				 quote(text, entry), MK_POOL_REGIONS_MAX);
	if (error)
		return mk_refuse(why, -EINVAL, "pool: the region \"%s\" overlaps another one",
				 quote(text, entry));
	spec->region_count = regions.count;
	return 0;
}

/* Reads one entry and moves on to what ended it. */
static int parse_entry(struct mk_pool_spec *spec, const char **cursor, struct mk_reason *why)
{
	struct mk_range region = { .node = MK_ANY_NODE };
	const char *entry = *cursor;
	char text[QUOTE_SIZE];
	bool has_address;

	if (!read_number(cursor, &region.size))
		goto malformed;
	has_address = **cursor == '@';
	if (has_address) {
		++*cursor;
		if (!read_number(cursor, &region.start))
			goto malformed;
	}
	if (!is_entry_end(*cursor))
		goto malformed;
	if (!is_aligned(region.size) || !is_aligned(region.start))
		return mk_refuse(why, -EINVAL, "pool: \"%s\": sizes and addresses must be multiples of 2 MB",
				 quote(text, entry));
	if (has_address)
		return add_region(spec, &region, entry, why);
	return add_running(spec, region.size, entry, why);

malformed:
	return mk_refuse(why, -EINVAL,
			 "pool: \"%s\" is neither SIZE nor SIZE@ADDRESS in 64 bits, such as 2G or 1G@0x100000000",
			 quote(text, entry));
}

int mk_pool_spec_parse(struct mk_pool_spec *spec, const char *text, struct mk_reason *why)
{
	const char *cursor = text;
	int error;

	memset(spec, 0, sizeof(*spec));
	if (!strcmp(text, "") || !strcmp(text, "\n"))
		return 0;
	for (;;) {
		error = parse_entry(spec, &cursor, why);
		if (error)
			return error;
		if (*cursor != ',')
			return 0;
		cursor++;
	}
}
