// SPDX-License-Identifier: GPL-2.0-only
/* A network interface over a macvtap: one that is made, and goes away; one that was there; those that cannot be had. */
#include <setjmp.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "expect.h"
#include "fake.h"
#include "mkio.h"

#define TAKEN (1ULL << 32)

static const char *const made[] = { "net", "web", "--tap", "mv0", "--macvtap", "eth0", NULL };

static int begin(void **state)
{
	(void)state;
	fake_begin_net();
	fake_event(1, MULTIKERNEL_EVENT_READY, TAKEN);
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	return 0;
}

/* No kernel comes. */
static int begin_quiet(void **state)
{
	(void)state;
	fake_begin_net();
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_end();
	return 0;
}

static int run(const char *const *words)
{
	return fake_run(&mkio_net, words);
}

static void expect_mac(const char *mac)
{
	char text[32];
	const u8 *bytes = fake.attached.config;

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
		 bytes[4], bytes[5]);
	assert_string_equal(text, mac);
}

/* Without being told beside which: it is there, and it stays. Its address is the spawn's. */
static void test_found(void **state)
{
	const char *const words[] = { "net", "web", "--tap", "mv0", NULL };

	(void)state;
	fake_macvtap("mv0", "52:54:00:ab:cd:ef\n", "\n");
	assert_int_equal(run(words), CLI_OK);
	assert_null(strstr(fake.log, "link"));
	expect_call("tap mv0\nflags 0x203\nattach net");
	expect_mac("52:54:00:ab:cd:ef");
	expect_call("queue 0 backend\nqueue 1 backend\n");
	expect_call("answer 1 started");
	assert_false(fake_is_removed());
}

/* By its own numbers: IFLA_IFNAME is 3, IFLA_LINK 5, IFLA_ADDRESS 1, IFLA_LINKINFO 18, IFLA_IFALIAS 20. */
static void test_made(void **state)
{
	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	assert_int_equal(run(made), CLI_OK);
	expect_call("link 0 new 3=mv0<00> 5=<03><00><00><00> 1=");
	expect_call(" 18=<0b><00><01><00>macvtap<00><0c><00><02><00><08><00><01><00><04><00><00><00>\n");
	expect_call("link 9 20=mkio web net\n");
	assert_true(expect_call("flags 0x203\n") < expect_call("attach net"));
	expect_call("answer 1 started");
	assert_true(fake_is_removed());
	assert_int_equal(fake.attached.config[0] & 3, 2);	/* made here, as for any tap */
}

static void test_origin(void **state)
{
	static char name[32];
	const char *const words[] = {
		"net", "web", "--tap", "mv0", "--macvtap", "eth0", "--name", name, NULL
	};

	(void)state;
	snprintf(name, sizeof(name), "net-%d", getpid());
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake_ask(name, "origin");
	assert_int_equal(run(words), CLI_OK);
	assert_string_equal(fake_answered(), "kept\tnet macvtap of eth0\tmacvtap of eth0");
}

/* One that is left over by a process that was killed goes away in the end; one of someone else's does not. */
static void test_left_over(void **state)
{
	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake_macvtap("mv0", "52:54:00:ab:cd:ef\n", "mkio web net\n");
	assert_int_equal(run(made), CLI_OK);
	assert_null(strstr(fake.log, "link 0 new"));
	expect_mac("52:54:00:ab:cd:ef");
	assert_true(fake_is_removed());
}

static void test_of_another(void **state)
{
	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake_macvtap("mv0", "52:54:00:ab:cd:ef\n", "mkio db net\n");
	assert_int_equal(run(made), CLI_OK);
	assert_false(fake_is_removed());
}

/* Who has it locks it, and another takes none of its frames. */
static void test_in_use(void **state)
{
	char path[256];
	int fd;

	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake_macvtap("mv0", "52:54:00:ab:cd:ef\n", "mkio web net\n");
	snprintf(path, sizeof(path), "%s/tap9", getenv("MKCTL_DEV"));
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(run(made), CLI_REFUSED);
	close(fd);
	assert_string_equal(fake.log, "");
	assert_false(fake_is_removed());
}

/* One that is made can be found by another process at once: who has locked it keeps it. */
static void test_taken(void **state)
{
	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake.is_taken = true;
	assert_int_equal(run(made), CLI_REFUSED);
	expect_call("link 0 new");
	assert_null(strstr(fake.log, "attach"));
	assert_false(fake_is_removed());
}

static void test_no_alias(void **state)
{
	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake.alias_error = ENOMEM;
	assert_int_equal(run(made), CLI_REFUSED);
	assert_true(fake_is_removed());
}

static void test_no_alias_and_taken(void **state)
{
	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake.alias_error = ENOMEM;
	fake.is_taken = true;
	assert_int_equal(run(made), CLI_REFUSED);
	assert_false(fake_is_removed());
}

/* What cannot be attached leaves nothing behind. */
static void test_not_attached(void **state)
{
	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake.attach_error = EEXIST;
	assert_int_equal(run(made), CLI_REFUSED);
	expect_call("link 0 new");
	assert_true(fake_is_removed());
}

static void refuses(void)
{
	assert_int_equal(run(made), CLI_REFUSED);
	assert_null(strstr(fake.log, "attach"));
	assert_null(strstr(fake.log, "tap "));
	assert_false(fake_is_removed());
}

static void test_refused(void **state)
{
	static const int errors[] = { EOPNOTSUPP, EBUSY, EINVAL, EEXIST, EPERM };
	u32 i;

	(void)state;
	refuses();			/* there is no eth0 */
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake.link_error = errors[i];
		refuses();
	}
	fake.link_error = 0;
	fake_interface("mv0", 4, "address", "52:54:00:00:00:02\n");
	refuses();			/* mv0 is there, and is none */
}

static void test_wireless(void **state)
{
	(void)state;
	fake_interface("eth0", 3, "phy80211", "");
	refuses();
}

static void test_other_address(void **state)
{
	const char *const words[] = {
		"net", "web", "--tap", "mv0", "--macvtap", "eth0", "--mac", "52:54:00:12:34:56", NULL
	};

	(void)state;
	fake_interface("eth0", 3, "address", "52:54:00:00:00:01\n");
	fake_macvtap("mv0", "52:54:00:ab:cd:ef\n", "\n");
	assert_int_equal(run(words), CLI_REFUSED);
	assert_string_equal(fake.log, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_found),	/* the first one: options stay given */
		TEST(test_made),
		TEST(test_left_over),
		TEST(test_of_another),
		TEST(test_in_use),
		TEST(test_taken),
		TEST(test_no_alias),
		TEST(test_no_alias_and_taken),
		TEST(test_not_attached),
		TEST(test_refused),
		TEST(test_wireless),
		TEST(test_other_address),
		cmocka_unit_test_setup_teardown(test_origin, begin_quiet, end),	/* an address is given, too */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
