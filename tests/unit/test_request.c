// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flags word of kexec_file_load: known words one by one, then all words of 16 low bits against
 * a second, slower description.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "multikernel.h"
#include "request.h"

/* include/uapi/linux/kexec.h, as numbers, so that older headers do for this test, too. */
#define UNLOAD 0x1UL
#define ON_CRASH 0x2UL
#define NO_INITRAMFS 0x4UL
#define DEBUG 0x8UL
#define NO_CMA 0x10UL
#define FORCE_DTB 0x20UL

#define SERIES_ID(id) ((unsigned long)(id) << 5)

static struct mk_reason why;

static void assert_load(u64 flags, bool series_flags, u32 id, bool unload, bool no_initramfs)
{
	struct mk_request request;

	memset(&request, 0xff, sizeof(request));
	assert_true(mk_request_is_ours(flags, series_flags));
	assert_int_equal(mk_request_decode(&request, flags, series_flags, &why), 0);
	assert_int_equal(request.id, id);
	assert_int_equal(request.serial, 0);
	assert_int_equal(request.generation, 0);
	assert_int_equal(request.unload, unload);
	assert_int_equal(request.no_initramfs, no_initramfs);
}

static void assert_refused(u64 flags, bool series_flags, const char *sentence)
{
	struct mk_request request;

	assert_true(mk_request_is_ours(flags, series_flags));
	assert_int_equal(mk_request_decode(&request, flags, series_flags, &why), -EINVAL);
	assert_string_equal(why.text, sentence);
}

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(KEXEC_MULTIKERNEL | KEXEC_MK_ID(1), 0x80010000);
	assert_int_equal(KEXEC_MK_GET_ID(0x8fff0000UL), 0xfff);
	assert_int_equal(KEXEC_MK_ID(0x8001), 0x10000);
}

static void assert_stale(u64 serial, u64 generation, const char *sentence)
{
	const struct mk_request request = { .id = 3, .serial = serial, .generation = generation };

	assert_int_equal(mk_request_check(&request, "db", 7, 2, &why), -ESTALE);
	assert_string_equal(why.text, sentence);
}

static void test_check(void **state)
{
	static const struct mk_request good[] = {
		{ .id = 3 }, { .id = 3, .serial = 7 }, { .id = 3, .generation = 2 },
		{ .id = 3, .serial = 7, .generation = 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(mk_request_check(&good[i], "db", 7, 2, &why), 0);
	assert_stale(6, 0, "instance \"db\" has id 3 and serial 7; the one that was meant had serial 6");
	assert_stale(6, 2, "instance \"db\" has id 3 and serial 7; the one that was meant had serial 6");
	assert_stale(7, 1, "instance \"db\": another kernel has come there: generation 2, 1 was meant");
	assert_stale(1ULL << 32 | 7, 0,
		     "instance \"db\" has id 3 and serial 7; the one that was meant had serial 4294967303");
}

static void test_loads(void **state)
{
	int series;

	(void)state;
	for (series = 0; series <= 1; series++) {
		assert_load(0x80010000, series, 1, false, false);
		assert_load(0x80010004, series, 1, false, true);
		assert_load(0x80010008, series, 1, false, false);
		assert_load(0x87ff000c, series, 2047, false, true);
		assert_load(0xffff0000, series, 32767, false, false);
		assert_load(0x80020001, series, 2, true, false);
		assert_load(0x80020009, series, 2, true, false);
	}
}

static void test_sign_extended(void **state)
{
	(void)state;
	assert_load((u64)(s64)(int)0x80010004, false, 1, false, true);
	assert_refused(0xffffffff80000000ULL, false,
		       "flags 0xffffffff80000000: id 0 is the host; instances have ids from 1 on");
	/* Bit 31 and most, but not all of the bits above. */
	assert_refused(0x7fffffff80010000ULL, false,
		       "flags 0x7fffffff80010000: 0x7fffffff00000000 does not go with KEXEC_MULTIKERNEL");
	assert_refused(0x180010000ULL, false,
		       "flags 0x180010000: 0x100000000 does not go with KEXEC_MULTIKERNEL");
}

static void test_refusals(void **state)
{
	(void)state;
	assert_refused(0x80000000, false,
		       "flags 0x80000000: id 0 is the host; instances have ids from 1 on");
	assert_refused(0x80010002, false,
		       "flags 0x80010002: KEXEC_FILE_ON_CRASH does not go with KEXEC_MULTIKERNEL; an instance has no crash kernel");
	assert_refused(0x80010003, false,
		       "flags 0x80010003: KEXEC_FILE_ON_CRASH does not go with KEXEC_MULTIKERNEL; an instance has no crash kernel");
	assert_refused(0x80010005, false,
		       "flags 0x80010005: KEXEC_FILE_UNLOAD does not go with KEXEC_FILE_NO_INITRAMFS");
	assert_refused(0x80010010, true,
		       "flags 0x80010010: 0x10 does not go with KEXEC_MULTIKERNEL");
	assert_refused(0x80010034, false,
		       "flags 0x80010034: 0x30 does not go with KEXEC_MULTIKERNEL");
}

static void test_series(void **state)
{
	struct mk_request request;

	(void)state;
	assert_load(KEXEC_MULTIKERNEL_SERIES | SERIES_ID(1), true, 1, false, false);
	assert_load(0x30 | NO_INITRAMFS, true, 1, false, true);
	assert_load(0x10 | SERIES_ID(2047) | UNLOAD | DEBUG, true, 2047, true, false);
	assert_refused(0x10, true, "flags 0x10: id 0 is the host; instances have ids from 1 on");
	assert_refused(0x11, true, "flags 0x11: id 0 is the host; instances have ids from 1 on");
	assert_refused(0x32, true,
		       "flags 0x32: KEXEC_FILE_ON_CRASH does not go with KEXEC_MULTIKERNEL; an instance has no crash kernel");

	/* Where 0x10 and 0x20 mean something, 0x30 is a load of the host's next kernel. */
	assert_false(mk_request_is_ours(NO_CMA | FORCE_DTB, false));
	assert_int_equal(mk_request_decode(&request, 0x30, false, &why), -EINVAL);
	assert_string_equal(why.text, "flags 0x30 lack KEXEC_MULTIKERNEL");
	/* Bits that neither form knows belong to the stock kernel, which refuses them. */
	assert_false(mk_request_is_ours(0x10030, true));
	assert_false(mk_request_is_ours(0x4000000000000030ULL, true));
}

static void test_stock_calls(void **state)
{
	int series;

	(void)state;
	for (series = 0; series <= 1; series++) {
		assert_false(mk_request_is_ours(0, series));
		assert_false(mk_request_is_ours(UNLOAD, series));
		assert_false(mk_request_is_ours(UNLOAD | ON_CRASH | NO_INITRAMFS | DEBUG, series));
		assert_false(mk_request_is_ours(FORCE_DTB, series));
		assert_false(mk_request_is_ours(0x7fff0000, series));
		assert_false(mk_request_is_ours(0xffffffff00000000ULL, series));
	}
}

/* May the four KEXEC_FILE_ flags of a call of ours stand together. */
static bool options_agree(u64 options)
{
	static const u64 good[] = {
		0, NO_INITRAMFS, DEBUG, NO_INITRAMFS | DEBUG, UNLOAD, UNLOAD | DEBUG,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		if (good[i] == options)
			return true;
	}
	return false;
}

static void test_ask(void **state)
{
	const u64 unload = KEXEC_MULTIKERNEL | KEXEC_MK_ID(5) | UNLOAD;
	struct mk_request request;

	(void)state;
	assert_int_equal(mk_request_decode(&request, unload, false, NULL), 0);
	assert_int_equal(request.ask, MK_ASK_NONE);
	assert_int_equal(mk_request_decode(&request, unload | KEXEC_MK_ASK_POWEROFF, false, NULL), 0);
	assert_int_equal(request.ask, MK_ASK_FOR_POWEROFF);
	assert_int_equal(mk_request_decode(&request, unload | KEXEC_MK_ASK_REBOOT, false, NULL), 0);
	assert_int_equal(request.ask, MK_ASK_FOR_REBOOT);
	assert_true(request.unload);
	assert_int_equal(request.id, 5);
}

static void check_word(u64 flags, bool series_flags)
{
	bool own = flags >> 31 & 1, series = !own && series_flags && flags >> 4 & 1;
	u32 id = own ? flags >> 16 & 0x7fff : flags >> 5 & 0x7ff;
	u64 ask = own ? flags & (KEXEC_MK_ASK_POWEROFF | KEXEC_MK_ASK_REBOOT) : 0;
	bool ask_agrees = !ask || (flags & UNLOAD && !(ask & (ask - 1)));
	bool unsafe = own && flags & KEXEC_MK_UNSAFE;
	bool good = id && options_agree(flags & 15) && ask_agrees && !(own && flags & 0x8ff0) &&
		    !(unsafe && flags & UNLOAD);
	struct mk_request request;

	if (mk_request_is_ours(flags, series_flags) != (own || series))
		fail_msg("flags 0x%llx: ours or not", (unsigned long long)flags);
	if (mk_request_decode(&request, flags, series_flags, NULL) !=
	    ((own || series) && good ? 0 : -EINVAL))
		fail_msg("flags 0x%llx: wrong verdict", (unsigned long long)flags);
	if ((own || series) && good) {
		assert_int_equal(request.id, id);
		assert_int_equal(request.unload, flags & 1);
		assert_int_equal(request.no_initramfs, flags >> 2 & 1);
		assert_int_equal(request.unsafe, unsafe);
	}
}

/* The way past the refusals of words: of a load only. */
static void test_unsafe(void **state)
{
	struct mk_request request = { .unsafe = true };

	(void)state;
	assert_int_equal(mk_request_decode(&request, 0x80010004, false, NULL), 0);
	assert_false(request.unsafe);
	assert_int_equal(mk_request_decode(&request, 0x80014004, false, NULL), 0);
	assert_true(request.unsafe && request.no_initramfs);
	assert_refused(0x80014001, false,
		       "flags 0x80014001: KEXEC_FILE_UNLOAD does not go with KEXEC_MK_UNSAFE");
}

static void test_all_low_words(void **state)
{
	u64 low;

	(void)state;
	for (low = 0; low < 0x10000; low++) {
		check_word(low, false);
		check_word(low, true);
		check_word(0x80000000 | low, false);
		check_word(0x80000000 | low, true);
		check_word(0x80010000 | low, false);
		check_word(0x80010000 | low, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_sign_extended),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_series),
		cmocka_unit_test(test_stock_calls),
		cmocka_unit_test(test_ask),
		cmocka_unit_test(test_unsafe),
		cmocka_unit_test(test_all_low_words),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
