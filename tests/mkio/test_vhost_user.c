// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front end of vhost-user against a peer that follows a script: all that it will say lies in
 * the socket before the conversation begins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "mkio.h"
#include "vhost_user.h"

#define SHORT_MS 100	/* for an answer that does not come */
#define BUSY_MS 20000	/* and that long on a machine that does much else: less than VHOST_USER_START_MS */
#define SLOW_MS 6000	/* longer than an engine that is at work may take */
#define END_MS 350
#define VERSION_REPLY 5
#define OFFERED (1ULL << 32 | 1ULL << 30 | 1ULL << 29 | 1ULL << 28 | 1ULL << 6)

/* With these nothing more is asked: a first reply that is taken is a conversation that has begun. */
#define PLAIN (OFFERED & ~(1ULL << 30))

static int end_of_peer, end_of_ours;
static struct vhost_user engine;
static struct device device;

static void make_peer(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	end_of_ours = pair[0];
	end_of_peer = pair[1];
}

static int begin(void **state)
{
	static const struct vhost_user none = VHOST_USER_NONE;

	(void)state;
	make_peer();
	engine = none;
	memset(&device, 0, sizeof(device));
	device.served = 1;
	attachment_init(&device.attachment, "web", "disk");
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(end_of_peer);
	vhost_user_end(&engine, END_MS);
	return 0;
}

static void say(u32 request, u32 flags, u32 size, const void *payload, u32 length)
{
	u32 header[] = { request, flags, size };

	assert_int_equal(write(end_of_peer, header, sizeof(header)), sizeof(header));
	if (length)
		assert_int_equal(write(end_of_peer, payload, length), length);
}

static void say_number(u32 request, u64 number)
{
	say(request, VERSION_REPLY, sizeof(number), &number, sizeof(number));
}

static void must_refuse(void)
{
	assert_int_equal(vhost_user_greet(&engine, &device, end_of_ours), CLI_REFUSED);
}

static void test_plain(void **state)
{
	(void)state;
	say_number(1, PLAIN);
	assert_int_equal(vhost_user_greet(&engine, &device, end_of_ours), CLI_OK);
	assert_int_equal(device.features, PLAIN);
	assert_int_equal(engine.regions, 8);
}

static void greet_fully(void)
{
	say_number(1, OFFERED | 1ULL << 26 | 1ULL << 33 | 1ULL << 34);
	say_number(15, 0xffff);
	say_number(3, 0);
	say_number(17, 4);
	say_number(36, 32);
	say_number(21, 0);
	assert_int_equal(vhost_user_greet(&engine, &device, end_of_ours), CLI_OK);
}

static void test_full(void **state)
{
	(void)state;
	greet_fully();
	assert_int_equal(device.features, OFFERED & ~(1ULL << 30));
	assert_int_equal(engine.protocol, 0x8229);
	assert_int_equal(engine.queue_count, 4);
	assert_int_equal(engine.regions, 32);
}

/* The engine of the next life says nothing to what it has not agreed to acknowledge. */
static void test_next_life(void **state)
{
	(void)state;
	greet_fully();
	close(end_of_peer);
	assert_int_equal(vhost_user_end(&engine, END_MS), ENGINE_FINISHED);
	make_peer();
	greet_fully();
}

static void test_silence(void **state)
{
	u64 began = clock_ms();

	(void)state;
	engine.reply_ms = SHORT_MS;
	must_refuse();
	assert_in_range(clock_ms() - began, SHORT_MS, BUSY_MS);
}

/* An engine that does not answer is waited for, until the kernel wants something else. */
static void test_news(void **state)
{
	u64 began = clock_ms();
	int news[2];

	(void)state;
	greet_fully();
	assert_int_equal(pipe(news), 0);
	assert_int_equal(write(news[1], "", 1), 1);
	device.attachment.fd = news[0];
	assert_int_equal(vhost_user_start(&engine, &device, OFFERED), -EAGAIN);
	assert_in_range(clock_ms() - began, 0, BUSY_MS);
	close(news[0]);
	close(news[1]);
}

/* One that is slow is none that is broken: its spawn waits as well, maybe for its root. */
static void test_slow(void **state)
{
	pid_t child;

	(void)state;
	greet_fully();
	device.queue[0].kick = -1;
	child = fork();
	if (!child) {
		usleep(1000 * SLOW_MS);
		say_number(2, 0);
		say_number(5, 0);
		_exit(0);
	}
	assert_int_equal(vhost_user_start(&engine, &device, OFFERED), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void test_half_a_reply(void **state)
{
	(void)state;
	engine.reply_ms = SHORT_MS;
	say(1, VERSION_REPLY, 8, "half", 4);
	must_refuse();
}

static void test_hang_up(void **state)
{
	(void)state;
	say(1, VERSION_REPLY, 8, "half", 4);
	close(end_of_peer);
	must_refuse();
}

static void test_wrong_request(void **state)
{
	(void)state;
	say_number(2, PLAIN);
	must_refuse();
}

static void test_wrong_version(void **state)
{
	u64 features = PLAIN;

	(void)state;
	say(1, 6, sizeof(features), &features, sizeof(features));
	must_refuse();
}

static void test_no_reply(void **state)
{
	u64 features = PLAIN;

	(void)state;
	say(1, 1, sizeof(features), &features, sizeof(features));
	must_refuse();
}

static void test_wrong_sizes(void **state)
{
	u64 features[2] = { PLAIN };

	(void)state;
	say(1, VERSION_REPLY, 0xffffffff, features, sizeof(features));
	must_refuse();
}

static void test_short_size(void **state)
{
	u64 features[2] = { PLAIN };

	(void)state;
	say(1, VERSION_REPLY, 4, features, sizeof(features));
	must_refuse();
}

static void test_refuses_owner(void **state)
{
	(void)state;
	say_number(1, OFFERED);
	say_number(15, 1 << 3);
	say_number(3, 1);
	must_refuse();
}

static void test_too_few_queues(void **state)
{
	(void)state;
	device.served = 5;
	say_number(1, OFFERED);
	say_number(15, 1);
	say_number(17, 4);
	must_refuse();
}

struct space {
	u32 offset, size, flags;
	u8 bytes[60];
};

static int ask_config(u32 offset, u32 said, u32 length)
{
	struct space space = { offset, said, 0, { 1, 2, 3 } };
	u8 config[60];
	int err;

	say(24, VERSION_REPLY, length, &space, sizeof(space));
	err = vhost_user_config(&engine, config, sizeof(config));
	if (!err)
		assert_memory_equal(config, space.bytes, sizeof(config));
	return err;
}

static void test_config(void **state)
{
	(void)state;
	greet_fully();
	assert_int_equal(ask_config(0, 60, sizeof(struct space)), 0);
	assert_int_equal(ask_config(0, 256, sizeof(struct space)), -EPROTO);
	assert_int_equal(ask_config(4, 60, sizeof(struct space)), -EPROTO);
	/* What is behind a wrong length is not looked at, so this is the last one. */
	assert_int_equal(ask_config(0, 60, 0x10000), -EPROTO);
}

static void test_config_refused(void **state)
{
	u8 config[60];

	(void)state;
	greet_fully();
	say(24, VERSION_REPLY, 0, NULL, 0);
	assert_int_equal(vhost_user_config(&engine, config, sizeof(config)), -EPROTO);
	assert_int_equal(vhost_user_config(&engine, config, 257), -EOPNOTSUPP);
}

/* More pieces of memory than the engine takes. */
static void test_too_many_regions(void **state)
{
	(void)state;
	greet_fully();
	say_number(2, 0);
	device.attachment.region_count = 33;
	assert_int_equal(vhost_user_start(&engine, &device, 1ULL << 32), CLI_REFUSED);
	device.attachment.region_count = 0;
}

static void test_start(void **state)
{
	(void)state;
	device.queue[0].kick = STDIN_FILENO;
	device.queue[0].call = STDIN_FILENO;
	greet_fully();
	say_number(2, 0);
	say_number(5, 0);
	say_number(8, 0);
	say_number(10, 0);
	say_number(9, 0);
	say_number(13, 0);		/* the call: with its kick, which is next, a queue is worked on */
	say_number(12, 0);
	say_number(18, 0);
	assert_int_equal(vhost_user_start(&engine, &device, 1ULL << 32), 0);
}

static void test_start_refused(void **state)
{
	(void)state;
	greet_fully();
	say_number(2, 0);
	say_number(5, 7);
	assert_int_equal(vhost_user_start(&engine, &device, 1ULL << 32), CLI_REFUSED);
}

static void test_end_by_itself(void **state)
{
	bool changed = true;

	(void)state;
	greet_fully();
	assert_int_equal(vhost_user_ready(&engine, &changed), 0);
	assert_false(changed);
	close(end_of_peer);
	assert_int_equal(vhost_user_ready(&engine, &changed), -EPIPE);
}

/* It has let go when its end of the socket is closed, and nothing else tells that. */
static void test_end_held(void **state)
{
	(void)state;
	greet_fully();
	assert_int_equal(vhost_user_end(&engine, SHORT_MS), ENGINE_HOLDS);
	assert_int_equal(vhost_user_end(&engine, SHORT_MS), ENGINE_FINISHED);	/* there is none */
}

static void test_end_finished(void **state)
{
	(void)state;
	greet_fully();
	close(end_of_peer);
	assert_int_equal(vhost_user_end(&engine, SHORT_MS), ENGINE_FINISHED);
}

/* The peer's end of the second socket, as it came with SET_BACKEND_REQ_FD. */
static int take_request_socket(void)
{
	char control[CMSG_SPACE(sizeof(int))], bytes[4096];
	struct iovec part = { bytes, sizeof(bytes) };
	int fd = -1;

	while (fd < 0) {
		struct msghdr message = {
			.msg_iov = &part, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control),
		};

		assert_true(recvmsg(end_of_peer, &message, MSG_DONTWAIT) > 0);
		if (CMSG_FIRSTHDR(&message))
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	}
	return fd;
}

static void test_config_changed(void **state)
{
	u32 news[] = { 2, 1 | 8, 0 }, reply[5] = { 0 };
	u32 nonsense[1024] = { 2, 1, sizeof(nonsense) - 12 };
	bool changed;
	int fd;

	(void)state;
	greet_fully();
	fd = take_request_socket();
	assert_int_equal(write(fd, news, sizeof(news)), sizeof(news));
	assert_int_equal(vhost_user_ready(&engine, &changed), 0);
	assert_true(changed);
	assert_int_equal(read(fd, reply, sizeof(reply)), sizeof(reply));
	assert_int_equal(reply[0], 2);
	assert_int_equal(reply[1], VERSION_REPLY);
	assert_int_equal(reply[3], 0);
	news[0] = 6;
	assert_int_equal(write(fd, news, sizeof(news)), sizeof(news));
	assert_int_equal(vhost_user_ready(&engine, &changed), 0);
	assert_false(changed);
	assert_int_equal(read(fd, reply, sizeof(reply)), sizeof(reply));
	assert_int_equal(reply[3], 1);
	assert_int_equal(write(fd, nonsense, sizeof(nonsense)), sizeof(nonsense));
	assert_int_equal(vhost_user_ready(&engine, &changed), -EPIPE);
	close(fd);
}

/* Nobody is taken there any more, and its queue of those who wait is full. */
static void test_nobody_is_taken(void **state)
{
	char directory[] = "/tmp/mkio-test-XXXXXX";
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const struct vhost_user_peer peer = { .path = at.sun_path };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	u64 began = clock_ms();

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", directory);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(connect(first, (struct sockaddr *)&at, sizeof(at)), 0);
	alarm(2 * BUSY_MS / 1000);	/* without an end it would be this one's */
	assert_int_equal(vhost_user_begin(&engine, &device, &peer), CLI_REFUSED);
	alarm(0);
	assert_in_range(clock_ms() - began, 0, BUSY_MS);
	close(first);
	close(listener);
	unlink(at.sun_path);
	rmdir(directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_full),
		TEST(test_next_life),
		TEST(test_silence),
		TEST(test_half_a_reply),
		TEST(test_hang_up),
		TEST(test_news),
		TEST(test_slow),
		TEST(test_wrong_request),
		TEST(test_wrong_version),
		TEST(test_no_reply),
		TEST(test_wrong_sizes),
		TEST(test_short_size),
		TEST(test_refuses_owner),
		TEST(test_too_few_queues),
		TEST(test_config),
		TEST(test_config_refused),
		TEST(test_too_many_regions),
		TEST(test_start),
		TEST(test_start_refused),
		TEST(test_end_by_itself),
		TEST(test_end_held),
		TEST(test_end_finished),
		TEST(test_config_changed),
		TEST(test_nobody_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
