// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every pair of state and event, against rules written down a second time: here as the life of an
 * instance is told, event by event, and not as a table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "state.h"

static bool has_resources(enum mk_state state)
{
	return state != MK_EMPTY;
}

static int expected(enum mk_state state, enum mk_event event)
{
	bool loads_or_runs = state == MK_LOADING || state == MK_ACTIVE;

	switch (event) {
	case MK_RESOURCES_RESERVED:
		/* Resources are reserved once, and make an empty instance ready. */
		return has_resources(state) ? -EINVAL : MK_READY;
	case MK_LOAD_BEGINS:
		/* Ready and failed take a kernel; one that has a kernel is busy. */
		if (!has_resources(state))
			return -EINVAL;
		return loads_or_runs ? -EBUSY : MK_LOADING;
	case MK_LOAD_REFUSED:
		return state == MK_LOADING ? MK_READY : -EINVAL;
	case MK_RELOAD_REFUSED:
	case MK_START_FAILED:
		return state == MK_LOADING ? MK_FAILED : -EINVAL;
	case MK_LOAD_DONE:
		return state == MK_LOADING ? MK_ACTIVE : -EINVAL;
	case MK_STOPPED:
		/* An unload leads to ready; only a load is waited for. */
		if (!has_resources(state))
			return -EINVAL;
		return state == MK_LOADING ? -EBUSY : MK_READY;
	case MK_POWERED_OFF:
		return state == MK_ACTIVE ? MK_READY : -EINVAL;
	case MK_REBOOTS:
		return state == MK_ACTIVE ? MK_LOADING : -EINVAL;
	case MK_CRASHED:
		return state == MK_ACTIVE ? MK_FAILED : -EINVAL;
	case MK_CPU_SILENT:
		/* Whatever went before, such an instance is quarantined. */
		return MK_FAILED;
	case MK_DESTROY:
		/* Only a load or a kernel is in the way of an end. */
		return loads_or_runs ? -EBUSY : (int)state;
	default:
		fail_msg("event %d has no expectation", event);
		return 0;
	}
}

static void test_every_pair(void **unused)
{
	int state, event;

	(void)unused;
	for (state = 0; state < MK_STATE_COUNT; state++) {
		for (event = 0; event < MK_EVENT_COUNT; event++) {
			if (mk_state_next(state, event) != expected(state, event))
				fail_msg("%s, event %d: %d instead of %d", mk_state_name(state),
					 event, mk_state_next(state, event),
					 expected(state, event));
		}
	}
}

static void test_beyond_the_table(void **unused)
{
	(void)unused;
	assert_int_equal(mk_state_next(MK_STATE_COUNT, MK_DESTROY), -EINVAL);
	assert_int_equal(mk_state_next((enum mk_state)-1, MK_DESTROY), -EINVAL);
	assert_int_equal(mk_state_next(MK_READY, MK_EVENT_COUNT), -EINVAL);
	assert_int_equal(mk_state_next(MK_READY, (enum mk_event)-1), -EINVAL);
	assert_string_equal(mk_state_name(MK_STATE_COUNT), "unknown");
	assert_string_equal(mk_state_name((enum mk_state)-1), "unknown");
}

static void test_names(void **unused)
{
	(void)unused;
	assert_string_equal(mk_state_name(MK_EMPTY), "empty");
	assert_string_equal(mk_state_name(MK_READY), "ready");
	assert_string_equal(mk_state_name(MK_LOADING), "loading");
	assert_string_equal(mk_state_name(MK_ACTIVE), "active");
	assert_string_equal(mk_state_name(MK_FAILED), "failed");
}

/* A state that the table calls busy for a load is one in which something runs, and no other. */
static void test_runs(void **unused)
{
	int state;

	(void)unused;
	for (state = 0; state < MK_STATE_COUNT; state++) {
		assert_int_equal(mk_state_runs(state),
				 mk_state_next(state, MK_LOAD_BEGINS) == -EBUSY);
		assert_int_equal(mk_state_runs(state), mk_state_next(state, MK_DESTROY) == -EBUSY);
	}
}

static enum mk_state follow(enum mk_state state, const enum mk_event *events, size_t count)
{
	size_t i;
	int next;

	for (i = 0; i < count; i++) {
		next = mk_state_next(state, events[i]);
		if (next < 0)
			fail_msg("step %zu, event %d, refused in %s", i, events[i],
				 mk_state_name(state));
		state = next;
	}
	return state;
}

static void test_lives(void **unused)
{
	static const enum mk_event plain[] = {
		MK_RESOURCES_RESERVED, MK_LOAD_BEGINS, MK_LOAD_DONE, MK_REBOOTS, MK_LOAD_DONE,
		MK_STOPPED, MK_LOAD_BEGINS, MK_LOAD_DONE, MK_POWERED_OFF, MK_DESTROY,
	};
	static const enum mk_event refused[] = {
		MK_RESOURCES_RESERVED, MK_LOAD_BEGINS, MK_LOAD_REFUSED, MK_LOAD_BEGINS,
		MK_START_FAILED, MK_LOAD_BEGINS, MK_RELOAD_REFUSED,
	};
	static const enum mk_event recovered[] = {
		MK_RESOURCES_RESERVED, MK_LOAD_BEGINS, MK_LOAD_DONE, MK_CRASHED, MK_LOAD_BEGINS,
		MK_LOAD_DONE, MK_REBOOTS, MK_RELOAD_REFUSED, MK_STOPPED,
	};

	(void)unused;
	assert_int_equal(follow(MK_EMPTY, plain, ARRAY_SIZE(plain)), MK_READY);
	assert_int_equal(follow(MK_EMPTY, refused, ARRAY_SIZE(refused)), MK_FAILED);
	assert_int_equal(follow(MK_EMPTY, recovered, ARRAY_SIZE(recovered)), MK_READY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_beyond_the_table),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_lives),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
