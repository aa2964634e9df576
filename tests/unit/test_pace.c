// SPDX-License-Identifier: GPL-2.0-only
/* The pauses between the loads of a kernel that reboots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pace.h"

static void assert_pauses(struct mk_pace *pace, u64 ran)
{
	const u32 pauses[] = { 0, 1, 2, 4, 8, 16, 16, 16 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pauses); i++)
		assert_int_equal(mk_pace_next(pace, ran), pauses[i]);
}

static void test_early(void **state)
{
	struct mk_pace pace = {};
	u32 i;

	(void)state;
	assert_pauses(&pace, 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(mk_pace_next(&pace, MK_PACE_EARLY - 1), MK_PACE_PAUSE_MAX);
}

/* One that ran for long is loaded at once, and makes good what was before. */
static void test_late(void **state)
{
	struct mk_pace pace = {};

	(void)state;
	assert_pauses(&pace, MK_PACE_EARLY - 1);
	assert_int_equal(mk_pace_next(&pace, MK_PACE_EARLY), 0);
	assert_int_equal(mk_pace_next(&pace, ~0ULL), 0);
	assert_pauses(&pace, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
