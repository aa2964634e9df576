// SPDX-License-Identifier: GPL-2.0-only
/*
 * mk_pool_spec_parse() on any text: what it takes obeys every rule, and written once more and read
 * again it is the same.
 */
#include "fuzz.h"
#include "pool_spec.h"

#define TEXT_BYTES ((MK_POOL_REGIONS_MAX + 1) * 48)	/* two numbers of 18 characters for each entry */

static void check_rules(const struct mk_pool_spec *spec)
{
	u32 i;

	MUST(spec->running_bytes % MK_LARGE_PAGE_SIZE == 0, "multiple of 2 MB");
	MUST(spec->region_count <= MK_POOL_REGIONS_MAX, "count");
	for (i = 0; i < spec->region_count; i++) {
		const struct mk_range *region = &spec->region[i];

		MUST(region->size && (region->start | region->size) % MK_LARGE_PAGE_SIZE == 0,
		     "multiple of 2 MB");
		MUST(region->start + region->size > region->start, "wraps around");
		MUST(!i || region->start > mk_range_end(region - 1), "sorted, apart, merged");
	}
}

static void check_again(const struct mk_pool_spec *spec)
{
	struct mk_pool_spec again;
	char text[TEXT_BYTES];
	int length;
	u32 i;

	length = snprintf(text, sizeof(text), "%llu", (unsigned long long)spec->running_bytes);
	for (i = 0; i < spec->region_count; i++)
		length += snprintf(text + length, sizeof(text) - length, ",0x%llx@0x%llx",
				   (unsigned long long)spec->region[i].size,
				   (unsigned long long)spec->region[i].start);
	MUST(!mk_pool_spec_parse(&again, text, NULL), text);
	MUST(again.running_bytes == spec->running_bytes && again.region_count == spec->region_count,
	     text);
	for (i = 0; i < spec->region_count; i++)
		MUST(again.region[i].start == spec->region[i].start &&
		     again.region[i].size == spec->region[i].size, text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mk_reason why = { .text = "" };
	struct mk_pool_spec spec;
	char *text = malloc(size + 1);	/* of its own size, so that one byte too far is seen */
	int error;

	MUST(text, "out of memory");
	memcpy(text, data, size);
	text[size] = '\0';
	error = mk_pool_spec_parse(&spec, text, &why);
	free(text);
	MUST(!error || error == -EINVAL, "errno");
	MUST(!error || is_sentence(why.text), why.text);
	if (error)
		return 0;
	check_rules(&spec);
	check_again(&spec);
	return 0;
}
