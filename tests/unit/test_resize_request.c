// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests for CPUs and memory: in good order, withdrawn before and after they are claimed, by two sides at the
 * same time, and beside a spawn that writes anything there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <sched.h>
#include <cmocka.h>

#include "../../include/control_page.h"
#include "resize_request.h"
#include "random.h"

#define ROUNDS 5000
#define RANDOM_PAGES 100000

static struct mk_control control;

static int setup(void **state)
{
	(void)state;
	memset(&control, 0, sizeof(control));
	return 0;
}

static struct mk_resize_request request_of(u32 sequence)
{
	return (struct mk_resize_request){
		.sequence = sequence, .wish = MK_BRING_CPU, .cpu = 5, .apic_id = 10,
		.start = 0x140000000, .size = 0x8000000,
	};
}

static void test_good_order(void **state)
{
	const struct mk_resize_request asked = request_of(1);
	struct mk_resize_request seen;
	int error = 1;

	(void)state;
	assert_true(mk_resize_is_idle(&control, 0, false));
	assert_false(mk_resize_claim(&control, 0, &seen));
	mk_resize_ask(&control, &asked);
	assert_false(mk_resize_is_idle(&control, 1, false));
	assert_false(mk_resize_answered(&control, 1, &error));
	assert_true(mk_resize_claim(&control, 0, &seen));
	assert_memory_equal(&seen, &asked, sizeof(seen));
	assert_false(mk_resize_is_idle(&control, 1, false));
	mk_resize_answer(&control, 1, 0);
	assert_true(mk_resize_answered(&control, 1, &error));
	assert_int_equal(error, 0);
	assert_true(mk_resize_is_idle(&control, 1, false));
	assert_false(mk_resize_claim(&control, 1, &seen));
	mk_resize_answer(&control, 1, -EIO);
	assert_true(mk_resize_answered(&control, 1, &error));
	assert_int_equal(error, -EIO);
}

static void test_withdrawn_in_time(void **state)
{
	const struct mk_resize_request first = request_of(1), second = request_of(2);
	struct mk_resize_request seen;
	int error;

	(void)state;
	mk_resize_ask(&control, &first);
	assert_true(mk_resize_withdraw(&control, 1));
	assert_true(mk_resize_is_idle(&control, 1, true));
	assert_false(mk_resize_claim(&control, 0, &seen));
	assert_int_equal(seen.sequence, 1);
	assert_true(mk_resize_answered(&control, 1, &error));
	assert_int_equal(error, -ECANCELED);
	mk_resize_ask(&control, &second);
	assert_true(mk_resize_claim(&control, 1, &seen));
}

static void test_withdrawn_too_late(void **state)
{
	const struct mk_resize_request asked = request_of(1);
	struct mk_resize_request seen;

	(void)state;
	mk_resize_ask(&control, &asked);
	assert_true(mk_resize_claim(&control, 0, &seen));
	assert_false(mk_resize_withdraw(&control, 1));
	assert_false(mk_resize_is_idle(&control, 1, true));
	mk_resize_answer(&control, 1, 0);
	assert_true(mk_resize_is_idle(&control, 1, true));
}

/* An answer to what the host has given up does not pass for one to the next. */
static void test_late_answer(void **state)
{
	const struct mk_resize_request first = request_of(1), second = request_of(2);
	int error;

	(void)state;
	mk_resize_ask(&control, &first);
	assert_true(mk_resize_withdraw(&control, 1));
	mk_resize_ask(&control, &second);
	mk_resize_answer(&control, 1, 0);
	assert_false(mk_resize_answered(&control, 2, &error));
	assert_false(mk_resize_is_idle(&control, 2, false));
}

static u8 acted[ROUNDS + 1];

static void *spawn(void *argument)
{
	struct mk_resize_request seen;
	u32 last = 0;

	(void)argument;
	while (last < ROUNDS) {
		if (mk_resize_claim(&control, last, &seen)) {
			acted[seen.sequence] = 1;
			mk_resize_answer(&control, seen.sequence, 0);
		}
		last = seen.sequence > last ? seen.sequence : last;
		sched_yield();
	}
	return NULL;
}

/* Each side at its own pace: what the host has taken back in time was not acted upon. */
static void test_both_at_once(void **state)
{
	static u8 taken_back[ROUNDS + 1];
	pthread_t thread;
	u32 i, count = 0;
	int error;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, spawn, NULL), 0);
	for (i = 1; i <= ROUNDS; i++) {
		const struct mk_resize_request asked = request_of(i);
		u32 patience = i % 64;

		while (!mk_resize_is_idle(&control, i - 1, i > 1))
			sched_yield();
		mk_resize_ask(&control, &asked);
		while (patience-- && !mk_resize_answered(&control, i, &error))
			sched_yield();
		taken_back[i] = mk_resize_withdraw(&control, i);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (i = 1; i <= ROUNDS; i++) {
		assert_false(taken_back[i] && acted[i]);
		count += taken_back[i];
	}
	print_message("%u of %u were taken back in time\n", count, ROUNDS);
}

/* What the host has withdrawn only the host knows. */
static void test_forged_withdrawal(void **state)
{
	const struct mk_resize_request asked = request_of(1);

	(void)state;
	mk_resize_ask(&control, &asked);
	control.resize_withdrawn = 1;
	assert_false(mk_resize_is_idle(&control, 1, false));
	assert_true(mk_resize_is_idle(&control, 1, true));
}

/* A power of two of MB, or nothing. */
static void test_memory_block(void **state)
{
	static const u32 none[] = { 0, 1, 3, 127, 129, 65537, 131072, 0x80000000, 0xffffffff };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		control.memory_block = none[i];
		assert_int_equal(mk_memory_block(&control), 0);
	}
	for (i = 2; i <= 65536; i *= 2) {
		control.memory_block = i;
		assert_int_equal(mk_memory_block(&control), (u64)i << 20);
	}
}

/* Whatever stands there, an error is an errno. */
static void test_random(void **state)
{
	u8 *bytes = (u8 *)&control;
	u32 round, i;
	int error;

	(void)state;
	for (round = 0; round < RANDOM_PAGES; round++) {
		for (i = 0; i < 24; i++)
			bytes[offsetof(struct mk_control, resize_claimed) + i % 12] = random_below(256);
		control.resize_answered = random_below(4);
		mk_resize_is_idle(&control, 2, false);
		mk_resize_withdraw(&control, 2);
		if (!mk_resize_answered(&control, 2, &error))
			continue;
		assert_in_range(-error, 0, 4095);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good_order, setup),
		cmocka_unit_test_setup(test_withdrawn_in_time, setup),
		cmocka_unit_test_setup(test_withdrawn_too_late, setup),
		cmocka_unit_test_setup(test_late_answer, setup),
		cmocka_unit_test_setup(test_forged_withdrawal, setup),
		cmocka_unit_test_setup(test_memory_block, setup),
		cmocka_unit_test_setup(test_both_at_once, setup),
		cmocka_unit_test_setup(test_random, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
