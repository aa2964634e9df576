// SPDX-License-Identifier: GPL-2.0-only
/* A network interface over a tap interface and vhost-net: what is said to whom, in which order. */
#include <setjmp.h>
#include <linux/virtio_net.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "expect.h"
#include "fake.h"
#include "mkio.h"

#define TAKEN (1ULL << 32 | 1 << VIRTIO_NET_F_MRG_RXBUF | 1 << VIRTIO_NET_F_GUEST_CSUM | \
	       1 << VIRTIO_NET_F_GUEST_TSO4 | 1 << VIRTIO_NET_F_MAC | 1 << VIRTIO_NET_F_STATUS)

static int begin(void **state)
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

static void test_mac(void **state)
{
	const char *const words[] = { "net", "web", "--tap", "tap0", NULL };
	const char *const other[] = { "net", "web", "--tap", "tap0", "--name", "net1", NULL };
	u8 mac[6];

	(void)state;
	fake.attach_error = EEXIST;
	assert_int_equal(run(words), CLI_REFUSED);
	assert_int_equal(fake.attached.config_size, 12);
	memcpy(mac, fake.attached.config, sizeof(mac));
	assert_int_equal(mac[0] & 3, 2);
	assert_int_equal(run(words), CLI_REFUSED);
	assert_memory_equal(mac, fake.attached.config, sizeof(mac));
	assert_int_equal(run(other), CLI_REFUSED);
	assert_memory_not_equal(mac, fake.attached.config, sizeof(mac));
}

static void test_refused(void **state)
{
	const char *const taken[] = { "net", "web", "--tap", "taken", NULL };
	const char *const bridge[] = { "net", "web", "--tap", "tap0", "--bridge", "br7", NULL };

	(void)state;
	assert_int_equal(run(taken), CLI_REFUSED);
	assert_int_equal(run(bridge), CLI_REFUSED);
	expect_call("bridge br7 gets 3\n");
	assert_null(strstr(fake.log, "attach"));
}

static void test_lives(void **state)
{
	const char *const words[] = {
		"net", "web", "--tap", "tap0", "--bridge", "br0", "--mtu", "9000", "--mac",
		"52:54:00:12:34:56", "--name", "net0", NULL
	};
	static const u8 config[] = {
		0x52, 0x54, 0, 0x12, 0x34, 0x56, 1, 0, 1, 0, 9000 % 256, 9000 / 256
	};

	(void)state;
	fake_event(1, MULTIKERNEL_EVENT_READY, TAKEN);
	fake_event(2, MULTIKERNEL_EVENT_ENDED, 0);
	fake_event(3, MULTIKERNEL_EVENT_READY, TAKEN);
	fake_event(4, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(run(words), CLI_OK);
	assert_int_equal(fake.attached.virtio_id, 1);
	assert_int_equal(fake.attached.queue_count, 2);
	assert_int_equal(fake.attached.features[0], 0x13001bbabULL);
	assert_memory_equal(fake.attached.config, config, sizeof(config));
	assert_ptr_equal(expect_call("tap tap0\nmtu 9000\nflags 0x3\ncarrier 0\nbridge br0 gets 3\n"
			      "attach net0"), fake.log);
	expect_call("offloads 0x3\nowner\nfeatures 0x100008000\n");
	assert_true(expect_call("queue 0 backend\nqueue 1 backend\ncarrier 1\nanswer 1 started") <
		    expect_call("carrier 0\nanswer 2 stopped\noffloads"));
	expect_call("answer 3 started");
}

/* Without its interface it serves nobody, and who starts it anew has another. */
static void test_vanished(void **state)
{
	const char *const words[] = { "net", "web", "--tap", "tap0", NULL };

	(void)state;
	fake.vanishes = true;
	fake_event(1, MULTIKERNEL_EVENT_READY, TAKEN);
	fake_event(2, MULTIKERNEL_EVENT_ENDED, 0);
	fake_event(3, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(run(words), CLI_REFUSED);
	expect_call("answer 2 stopped\n");
}

/* More than the interface beside it has: "Invalid argument" alone would not say of what. */
static void test_mtu(void **state)
{
	const char *const words[] = { "net", "web", "--tap", "tap0", "--mtu", "9000", NULL };

	(void)state;
	fake.mtu_error = EINVAL;
	fake_hear();
	assert_int_equal(run(words), CLI_REFUSED);
	assert_non_null(strstr(fake_heard(), "tap0 cannot have an MTU of 9000: Invalid argument"));
	assert_null(strstr(fake.log, "attach"));
}

/* From what it is served mkctl asks: the interface alone, and then a bridge. */
static void test_interface(void **state)
{
	static char name[32];
	const char *const words[] = { "net", "web", "--tap", "tap0", "--name", name, NULL };

	(void)state;
	snprintf(name, sizeof(name), "net-%d", getpid());
	fake_ask(name, "origin");
	assert_int_equal(run(words), CLI_OK);
	assert_string_equal(fake_answered(), "kept\tnet interface tap0\tinterface tap0");
}

static void test_bridge(void **state)
{
	static char name[32];
	const char *const words[] = {
		"net", "web", "--tap", "tap0", "--bridge", "br0", "--replaceable", "--name", name, NULL
	};

	(void)state;
	snprintf(name, sizeof(name), "net-%d", getpid());
	fake_ask(name, "origin");
	assert_int_equal(run(words), CLI_OK);
	assert_string_equal(fake_answered(), "replaceable\tnet bridge br0\tbridge br0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mac),
		TEST(test_vanished),
		TEST(test_interface),	/* from here on options stay given */
		TEST(test_refused),
		TEST(test_lives),
		TEST(test_mtu),
		TEST(test_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
