// SPDX-License-Identifier: GPL-2.0-only
/* What an operator and the process that serves a device say to each other (cli/control.c). */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "control.h"
#include "fake.h"

#define PAUSE_MS 100	/* cli/control.c has it */

static int listener;

/* Below a directory that is not there yet, as /run in a small initramfs. */
static int setup(void **state)
{
	char run[256];

	(void)state;
	fake_begin();
	snprintf(run, sizeof(run), "%s/run", getenv("MKCTL_RUN"));
	setenv("MKCTL_RUN", run, 1);
	listener = control_listen("web", "disk");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	control_end(listener, "web", "disk");
	fake_end();
	return 0;
}

static void path_below_run(char path[256], const char *name)
{
	snprintf(path, 256, "%s/mkio%s", getenv("MKCTL_RUN"), name);
}

/* Hears one line, and says it again. */
static void *echo(void *data)
{
	char text[CONTROL_TEXT];
	int connection = -1, tries = CONTROL_MS / 10;

	while (connection < 0 && tries--) {
		connection = control_hear(listener, text);
		usleep(10000);
	}
	if (connection >= 0)
		control_answer(connection, text);
	return data;
}

static void test_answers(void **state)
{
	char answer[CONTROL_TEXT];
	pthread_t thread;

	(void)state;
	assert_true(listener >= 0);
	assert_int_equal(pthread_create(&thread, NULL, echo, NULL), 0);
	assert_int_equal(control_ask("web", "disk", "one\x1b\ttwo", CONTROL_MS, answer), 0);
	pthread_join(thread, NULL);
	assert_string_equal(answer, "one?\ttwo");
}

static void test_directory_is_roots_alone(void **state)
{
	struct stat directory;
	char path[256];

	(void)state;
	path_below_run(path, "");
	assert_int_equal(stat(path, &directory), 0);
	assert_int_equal(directory.st_mode & 07777, 0700);
}

static void test_other_devices_are_not_there(void **state)
{
	char answer[CONTROL_TEXT];

	(void)state;
	assert_int_equal(control_ask("web", "disk1", "x", CONTROL_MS, answer), -ECONNREFUSED);
	assert_int_equal(control_ask("we", "b:disk", "x", CONTROL_MS, answer), -ECONNREFUSED);
}

static void test_one_that_was_killed_is_replaced(void **state)
{
	char answer[CONTROL_TEXT];

	(void)state;
	close(listener);	/* its file stays */
	assert_int_equal(control_ask("web", "disk", "x", CONTROL_MS, answer), -ECONNREFUSED);
	listener = control_listen("web", "disk");
	test_answers(state);
}

static void test_nothing_is_left_over(void **state)
{
	char path[256];

	(void)state;
	path_below_run(path, "/web:disk");
	assert_int_equal(access(path, F_OK), 0);
	control_end(listener, "web", "disk");
	listener = -1;
	assert_int_equal(access(path, F_OK), -1);
}

/* Who waits is heard when there is a descriptor again; a loop that looks meanwhile rests between its looks. */
static void test_without_descriptors(void **state)
{
	char text[CONTROL_TEXT], answer[CONTROL_TEXT];
	struct rlimit all, few;
	pthread_t thread;
	u64 begin, ended;
	int lowest, got;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	lowest = dup(listener);
	close(lowest);
	few = (struct rlimit){ lowest, all.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	begin = clock_ms();
	got = control_hear(listener, text);	/* the limit is looked at before who waits */
	ended = clock_ms();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_int_equal(got, -1);
	assert_in_range(ended - begin, PAUSE_MS - 1, 100 * PAUSE_MS);
	assert_int_equal(pthread_create(&thread, NULL, echo, NULL), 0);
	assert_int_equal(control_ask("web", "disk", "x", CONTROL_MS, answer), 0);
	pthread_join(thread, NULL);
	assert_string_equal(answer, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_directory_is_roots_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_devices_are_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_that_was_killed_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_left_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_descriptors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
