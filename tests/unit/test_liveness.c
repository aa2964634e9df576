// SPDX-License-Identifier: GPL-2.0-only
/* What is concluded from signs of life, kernel by kernel: each is watched second by second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "liveness.h"

#define START 1000	/* seconds on the clock when the kernel is started */
#define LIMIT 10

static struct mk_life life;
static struct mk_signs signs;
static u64 now, silence;

static int setup(void **state)
{
	(void)state;
	memset(&signs, 0, sizeof(signs));
	now = START;
	mk_life_begin(&life, now);
	return 0;
}

/* Looks once a second, while what is in @signs stays as it is; then what is known. */
static enum mk_liveness wait_for(u32 seconds, u32 limit)
{
	for (; seconds; seconds--) {
		now++;
		mk_life_note(&life, &signs, now);
	}
	return mk_life_judge(&life, limit, &silence);
}

static void test_no_sign(void **state)
{
	(void)state;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_UNKNOWN);
	assert_int_equal(wait_for(100000, LIMIT), MK_LIFE_UNKNOWN);
	assert_int_equal(silence, 100001);
	assert_false(mk_life_was_seen(&life));
}

static void test_heartbeat(void **state)
{
	(void)state;
	for (signs.heartbeat = 1; signs.heartbeat < 50; signs.heartbeat++)
		assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);
	assert_true(mk_life_was_seen(&life));
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);	/* the last beat */
	assert_int_equal(wait_for(LIMIT - 1, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_HUNG);
	assert_int_equal(silence, LIMIT);
	/* Its log, or a beat that comes late, shows that it lives. */
	signs.message = 7;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(LIMIT, LIMIT), MK_LIFE_HUNG);
	/* The module has left that kernel: nothing has to move any more. */
	signs.heartbeat = 0;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_UNKNOWN);
}

/* 5.10: there is a log, and no clock can be found. */
static void test_log_alone(void **state)
{
	(void)state;
	signs.message = 1;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(LIMIT - 1, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_UNKNOWN);
	assert_int_equal(wait_for(100000, LIMIT), MK_LIFE_UNKNOWN);
	signs.message = 2;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);
}

/* nowatchdog: the clock stands as long as the kernel idles. */
static void test_free_clock(void **state)
{
	(void)state;
	signs.message = signs.tick = 1;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(100000, LIMIT), MK_LIFE_UNKNOWN);
	/* The watchdog is switched on again by sysctl. */
	signs.tick_rest = 4;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_HUNG);
	signs.tick = 2;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);
}

static void test_clock(void **state)
{
	(void)state;
	signs.message = signs.tick = 1;
	signs.tick_rest = 4;
	assert_int_equal(wait_for(LIMIT, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_HUNG);
	/* The clock is lost: its memory cannot be read, or makes no sense. */
	signs.tick = signs.tick_rest = 0;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_UNKNOWN);
}

/* watchdog_thresh=60: the clock may stand for 24 s, and gets twice that. */
static void test_slow_clock(void **state)
{
	(void)state;
	signs.message = signs.tick = 1;
	signs.tick_rest = mk_tick_rest(3, 60);
	assert_int_equal(signs.tick_rest, 24);
	assert_int_equal(wait_for(48, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_HUNG);
	assert_int_equal(wait_for(0, 100), MK_LIFE_ALIVE);
}

/* hung_after=0 */
static void test_never(void **state)
{
	(void)state;
	signs.heartbeat = signs.message = signs.tick = 1;
	signs.tick_rest = 4;
	assert_int_equal(wait_for(1, 0), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(MK_LIFE_LIMIT - 1, 0), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(100000, 0), MK_LIFE_UNKNOWN);
	assert_int_equal(wait_for(0, LIMIT), MK_LIFE_HUNG);
}

/* The host stands still, or a look takes long: of that time only so much is the kernel's silence. */
static void test_held_up(void **state)
{
	(void)state;
	signs.heartbeat = 1;
	assert_int_equal(wait_for(3, LIMIT), MK_LIFE_ALIVE);
	now += 1000;
	mk_life_pass(&life, now);
	assert_int_equal(wait_for(0, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(silence, 2 + MK_LIFE_GAP);
	now += 1000;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(silence, 2 + 2 * MK_LIFE_GAP);
	assert_int_equal(wait_for(LIMIT - 3 - 2 * MK_LIFE_GAP, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_HUNG);
	assert_int_equal(silence, LIMIT);
	/* A sign at the end of a long look counts from there. */
	signs.heartbeat = 2;
	now += 1000;
	assert_int_equal(wait_for(1, LIMIT), MK_LIFE_ALIVE);
	assert_int_equal(silence, 0);
}

static void test_rest(void **state)
{
	(void)state;
	assert_int_equal(mk_tick_rest(2, 10), 4);
	assert_int_equal(mk_tick_rest(3, 11), 5);	/* 4.4 s */
	assert_int_equal(mk_tick_rest(3, 1), 1);
	assert_int_equal(mk_tick_rest(3, 0), 0);	/* watchdog_thresh=0 switches it off */
	assert_int_equal(mk_tick_rest(1, 10), 0);	/* nosoftlockup */
	assert_int_equal(mk_tick_rest(0, 10), 0);	/* nowatchdog */
	assert_int_equal(mk_tick_rest(~0ULL, 61), 0);	/* nothing that a kernel would say */
	assert_int_equal(mk_tick_rest(2, 0xffffffff), 0);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(mk_liveness_name(MK_LIFE_UNKNOWN), "unknown");
	assert_string_equal(mk_liveness_name(MK_LIFE_ALIVE), "alive");
	assert_string_equal(mk_liveness_name(MK_LIFE_HUNG), "hung");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_no_sign, setup),
		cmocka_unit_test_setup(test_heartbeat, setup),
		cmocka_unit_test_setup(test_log_alone, setup),
		cmocka_unit_test_setup(test_free_clock, setup),
		cmocka_unit_test_setup(test_clock, setup),
		cmocka_unit_test_setup(test_slow_clock, setup),
		cmocka_unit_test_setup(test_never, setup),
		cmocka_unit_test_setup(test_held_up, setup),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
