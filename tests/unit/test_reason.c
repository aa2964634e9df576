// SPDX-License-Identifier: GPL-2.0-only
/* How reasons are written: the error handed on, the sentence whole or cut, and nobody listening. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reason.h"

static void test_sentence_and_error(void **state)
{
	struct mk_reason why;

	(void)state;
	assert_int_equal(mk_refuse(&why, -EBUSY, "instance \"%s\": cpu %u at 0x%llx", "a", 7U,
				   0x123456789abcdef0ULL), -EBUSY);
	assert_string_equal(why.text, "instance \"a\": cpu 7 at 0x123456789abcdef0");
}

static void test_nobody_listens(void **state)
{
	(void)state;
	assert_int_equal(mk_refuse(NULL, -EINVAL, "cpu %u", 1U), -EINVAL);
}

static void test_longest_sentence(void **state)
{
	char longest[MK_REASON_SIZE];
	struct mk_reason why;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	mk_refuse(&why, -EINVAL, "%s", longest);
	assert_string_equal(why.text, longest);
}

/* The bytes behind the text must survive, and the text must end inside it. */
static void test_cut(void **state)
{
	struct {
		struct mk_reason why;
		char guard[16];
	} place;
	char text[2 * MK_REASON_SIZE], guard[16];

	(void)state;
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(guard, 0x5a, sizeof(guard));
	memcpy(place.guard, guard, sizeof(guard));

	assert_int_equal(mk_refuse(&place.why, -ENOSPC, "%s", text), -ENOSPC);
	assert_int_equal(strlen(place.why.text), MK_REASON_SIZE - 1);
	assert_memory_equal(place.why.text, text, MK_REASON_SIZE - 1);
	assert_memory_equal(place.guard, guard, sizeof(guard));
}

static void test_replaces_the_last_one(void **state)
{
	struct mk_reason why;

	(void)state;
	mk_refuse(&why, -EINVAL, "a rather long sentence");
	mk_refuse(&why, -EINVAL, "short");
	assert_string_equal(why.text, "short");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentence_and_error),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_longest_sentence),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_replaces_the_last_one),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
