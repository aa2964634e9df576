// SPDX-License-Identifier: GPL-2.0-only
/* pool=: what it may say, what it may not, and the sentence for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pool_spec.h"

#define MB 0x100000ULL
#define GB 0x40000000ULL
#define TB 0x10000000000ULL

static struct mk_pool_spec spec;
static struct mk_reason why;

/* The text is parsed from a block of its own length, so that reading beyond its end is seen. */
static int parse(const char *text)
{
	char *copy = strdup(text);
	int error;

	memset(&spec, 0xff, sizeof(spec));
	memset(&why, 0, sizeof(why));
	error = mk_pool_spec_parse(&spec, copy, &why);
	free(copy);
	return error;
}

static void assert_running(const char *text, u64 bytes)
{
	if (parse(text))
		fail_msg("\"%s\" refused: %s", text, why.text);
	assert_int_equal(spec.running_bytes, bytes);
	assert_int_equal(spec.region_count, 0);
}

static void assert_region(u32 index, u64 start, u64 size)
{
	assert_true(index < spec.region_count);
	assert_int_equal(spec.region[index].start, start);
	assert_int_equal(spec.region[index].size, size);
	assert_int_equal(spec.region[index].node, MK_ANY_NODE);
}

static void assert_refused(const char *text, const char *sentence)
{
	if (parse(text) != -EINVAL)
		fail_msg("\"%s\" was not refused", text);
	assert_string_equal(why.text, sentence);
	assert_int_equal(mk_pool_spec_parse(&spec, text, NULL), -EINVAL);
}

static void assert_malformed(const char *text, const char *entry)
{
	char sentence[MK_REASON_SIZE];

	snprintf(sentence, sizeof(sentence),
		 "pool: \"%s\" is neither SIZE nor SIZE@ADDRESS in 64 bits, such as 2G or 1G@0x100000000",
		 entry);
	assert_refused(text, sentence);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_running("", 0);
	assert_running("\n", 0);
	assert_running("0", 0);
	assert_running("0\n", 0);
	assert_running("0M", 0);
	assert_running("0x0", 0);
}

static void test_running(void **state)
{
	(void)state;
	assert_running("2G", 2 * GB);
	assert_running("2g\n", 2 * GB);
	assert_running("2048K", 2 * MB);
	assert_running("2048k", 2 * MB);
	assert_running("512M", 512 * MB);
	assert_running("6m", 6 * MB);
	assert_running("1T", TB);
	assert_running("1t", TB);
	assert_running("2097152", 2 * MB);
	assert_running("0x200000", 2 * MB);
	assert_running("0X40000000", GB);
	assert_running("0x1fG", 31 * GB);
	assert_running("0xaBcM", 0xabc * MB);
	assert_running("0xA000000", 0xa000000);
	assert_running("0xF000000", 0xf000000);
	assert_running("010G", 10 * GB);
	assert_running("512M,1G,2M", 512 * MB + GB + 2 * MB);
}

static void test_regions(void **state)
{
	(void)state;
	assert_int_equal(parse("1G@0x100000000"), 0);
	assert_int_equal(spec.running_bytes, 0);
	assert_int_equal(spec.region_count, 1);
	assert_region(0, 4 * GB, GB);

	assert_int_equal(parse("2M@8G,512M,4M@4G,1G@1T,512M\n"), 0);
	assert_int_equal(spec.running_bytes, GB);
	assert_int_equal(spec.region_count, 3);
	assert_region(0, 4 * GB, 4 * MB);
	assert_region(1, 8 * GB, 2 * MB);
	assert_region(2, TB, GB);

	assert_int_equal(parse("2M@0"), 0);
	assert_region(0, 0, 2 * MB);

	assert_int_equal(parse("1G@5G,1G@4G"), 0);
	assert_int_equal(spec.region_count, 1);
	assert_region(0, 4 * GB, 2 * GB);
}

static void test_malformed(void **state)
{
	(void)state;
	assert_malformed("much", "much");
	assert_malformed(" 1G", " 1G");
	assert_malformed("1G ", "1G ");
	assert_malformed("-1G", "-1G");
	assert_malformed("+1G", "+1G");
	assert_malformed("1GB", "1GB");
	assert_malformed("1.5G", "1.5G");
	assert_malformed("G", "G");
	assert_malformed("0x", "0x");
	assert_malformed("0xG", "0xG");
	assert_malformed("12aM", "12aM");
	assert_malformed("1P", "1P");
	assert_malformed("1G@", "1G@");
	assert_malformed("@4G", "@4G");
	assert_malformed("1G@4G@8G", "1G@4G@8G");
	assert_malformed("1G@x", "1G@x");
	assert_malformed(",", "");
	assert_malformed("1G,", "");
	assert_malformed("1G,,1G", "");
	assert_malformed("1G,two,3G", "two");
	assert_malformed("1G;2G", "1G;2G");
	assert_malformed("1G,\n", "");
	assert_malformed("1G\n\n", "1G");
	assert_malformed("1G\n,1G", "1G");
	assert_malformed("\n1G", "");
	assert_malformed("1\t\x1b\x80~G", "1???~G");
	assert_malformed("a-word-so-long-that-no-sentence-would-take-it-whole",
			 "a-word-so-long-that-no-sentence-would-t");
}

static void test_alignment(void **state)
{
	(void)state;
	assert_refused("1M", "pool: \"1M\": sizes and addresses must be multiples of 2 MB");
	assert_refused("2097153",
		       "pool: \"2097153\": sizes and addresses must be multiples of 2 MB");
	assert_refused("1G,3M@4G", "pool: \"3M@4G\": sizes and addresses must be multiples of 2 MB");
	assert_refused("4M@4097M",
		       "pool: \"4M@4097M\": sizes and addresses must be multiples of 2 MB");
}

static void test_overflow(void **state)
{
	(void)state;
	/* 2^64 - 2 MB, then 2^64, in each notation. */
	assert_running("0xffffffffffe00000", 0xffffffffffe00000ULL);
	assert_running("18446744073707454464", 0xffffffffffe00000ULL);
	/* The last ones that fit are refused for another reason. */
	assert_refused("0xffffffffffffffff",
		       "pool: \"0xffffffffffffffff\": sizes and addresses must be multiples of 2 MB");
	assert_refused("0x3fffffffffffffK",
		       "pool: \"0x3fffffffffffffK\": sizes and addresses must be multiples of 2 MB");
	assert_malformed("0x10000000000000000", "0x10000000000000000");
	assert_malformed("18446744073709551616", "18446744073709551616");
	assert_malformed("18446744073709551620", "18446744073709551620");
	assert_running("8388608T,8388607T", 16777215 * TB);
	assert_malformed("16777216T", "16777216T");
	assert_malformed("0x4000000000G0", "0x4000000000G0");
	assert_malformed("0x400000000G", "0x400000000G");
	assert_refused("8388608T,8388608T", "pool: with \"8388608T\" the sum is too large");
	assert_refused("4M@0xffffffffffe00000",
		       "pool: the region \"4M@0xffffffffffe00000\" ends beyond all addresses");
	assert_refused("2M@0xffffffffffe00000",
		       "pool: the region \"2M@0xffffffffffe00000\" ends beyond all addresses");
	assert_int_equal(parse("2M@0xffffffffffc00000"), 0);
}

static void test_bad_regions(void **state)
{
	(void)state;
	assert_refused("0@4G", "pool: the region \"0@4G\" is empty");
	assert_refused("1G@4G,1G@4G", "pool: the region \"1G@4G\" overlaps another one");
	assert_refused("1G@4G,2M@5118M", "pool: the region \"2M@5118M\" overlaps another one");
	assert_refused("2M@4G,8G@0", "pool: the region \"8G@0\" overlaps another one");
}

static void test_most_regions(void **state)
{
	char text[32 * (MK_POOL_REGIONS_MAX + 2)] = "";
	size_t length = 0;
	u32 i;

	(void)state;
	for (i = 0; i < MK_POOL_REGIONS_MAX; i++)
		length += snprintf(text + length, sizeof(text) - length, "%s2M@%uG",
				   i ? "," : "", 100 - i);
	assert_int_equal(parse(text), 0);
	assert_int_equal(spec.region_count, MK_POOL_REGIONS_MAX);
	for (i = 0; i < MK_POOL_REGIONS_MAX; i++)
		assert_region(i, (101 - MK_POOL_REGIONS_MAX + i) * GB, 2 * MB);

	snprintf(text + length, sizeof(text) - length, ",2M@1T");
	assert_refused(text, "pool: \"2M@1T\" is one region too many; 16 can be had");
	/* One that continues a neighbour needs no place of its own. */
	snprintf(text + length, sizeof(text) - length, ",2M@102402M");
	assert_int_equal(parse(text), 0);
	assert_region(MK_POOL_REGIONS_MAX - 1, 100 * GB, 4 * MB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_bad_regions),
		cmocka_unit_test(test_most_regions),
	};

	return cmocka_run_group_tests_name("pool_spec", tests, NULL, NULL);
}
