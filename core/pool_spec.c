// SPDX-License-Identifier: GPL-2.0-only
/* The grammar of pool=: SIZE or SIZE@ADDRESS, separated by commas. */
#include "number.h"
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
	const char *entry = *cursor, *end = entry + strlen(entry);
	char text[QUOTE_SIZE];
	bool has_address;

	if (!mk_size_read(cursor, end, &region.size))
		goto malformed;
	has_address = **cursor == '@';
	if (has_address) {
		++*cursor;
		if (!mk_size_read(cursor, end, &region.start))
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
