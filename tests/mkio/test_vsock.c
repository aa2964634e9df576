// SPDX-License-Identifier: GPL-2.0-only
/* The life of a device with an engine of the kernel: what is said to whom, in which order. */
#include <setjmp.h>
#include <linux/vhost.h>
#include <signal.h>
#include <linux/virtio_ring.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "fake.h"
#include "mkio.h"

/* As of 6.12's vhost-vsock, with ACCESS_PLATFORM and legacy bits. */
#define VHOST_FEATURES 0x33f000002ULL
#define OFFERED 0x130000002ULL
#define SIZE 64

static const char set_up[] =
	"owner\n"
	"features 0x100000000\n"
	"region 0x40000000 0x400000\n"
	"region 0x50000000 0x400000\n"
	"queue 0 size 64\n"
	"queue 0 base 5\n"
	"queue 0 placed\n"
	"queue 1 size 64\n"
	"queue 1 base 65535\n"
	"queue 1 placed\n"
	"running 1\n";

static void set_queue(u32 index, u64 at, u16 used)
{
	fake_queue(index, at, SIZE);
	((struct vring_used *)fake_at(fake.queue[index].device))->idx = used;
}

static int begin(void **state)
{
	(void)state;
	fake_begin();
	fake.vhost_features = VHOST_FEATURES;
	set_queue(0, FAKE_START(0) + 0x3000, 5);
	set_queue(1, FAKE_START(1) + FAKE_BYTES - 0x3000, 65535);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_end();
	return 0;
}

static int run(const char *instance)
{
	const char *const words[] = { "vsock", instance, NULL };

	return fake_run(&mkio_vsock, words);
}

static void expect(const char *const *lines)
{
	const char *at = fake.log;

	for (; *lines; lines++) {
		if (strncmp(at, *lines, strlen(*lines)))
			print_error("at: %s\nexpected: %s\n", at, *lines);
		assert_int_equal(strncmp(at, *lines, strlen(*lines)), 0);
		at += strlen(*lines);
	}
	assert_string_equal(at, "");
}

static void test_lives(void **state)
{
	const char *const lines[] = {
		"cid 9\n", "attach vsock serial 107\n",
		set_up, "answer 1 started, memory mapped\n", "answer 2 stopped\n", "cid 9\n",
		set_up, "answer 3 started, memory mapped\n", "answer 4 stopped\n", "cid 9\n",
		"answer 5 stopped\n", NULL,
	};

	(void)state;
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(2, MULTIKERNEL_EVENT_RESET, 0);
	fake_event(3, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(4, MULTIKERNEL_EVENT_ENDED, 0);
	fake_event(5, MULTIKERNEL_EVENT_ENDED, 0);
	fake_event(6, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(run("web"), CLI_OK);
	expect(lines);
	assert_int_equal(fake.attached.virtio_id, 19);
	assert_int_equal(fake.attached.features[0], OFFERED);
	assert_int_equal(fake.attached.queue_count, 3);
	assert_int_equal(fake.attached.config_size, 8);
	assert_int_equal(mk_get_le64(fake.attached.config), 9);
	assert_false(fake_is_mapped());
}

/* What is left to a process that needs no rights of its own; its thread here keeps them no more. */
static void test_rights(void **state)
{
	char line[128];
	FILE *file;
	int found = 0;

	(void)state;
	fake_event(1, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(run("web"), CLI_OK);
	file = fopen("/proc/thread-self/status", "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		found += !strcmp(line, "CapPrm:\t0000000000000000\n") ||
			 !strcmp(line, "NoNewPrivs:\t1\n");
	fclose(file);
	assert_int_equal(found, 2);
}

/* READY twice is a driver that was quicker than we are: stopped, and begun anew. */
static void test_kick(void **state)
{

	(void)state;
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(2, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(3, MULTIKERNEL_EVENT_GONE, 0);
	fake.queue[1].ready = 0;
	assert_int_equal(run("web"), CLI_OK);
	assert_non_null(strstr(fake.log, "answer 1 started, memory mapped\ncid 9\nowner"));
	assert_non_null(strstr(fake.log, "answer 2 started"));
	assert_null(strstr(fake.log, "queue 1"));
	assert_int_equal(fake.kick_fd[0], -1);
	assert_int_equal(fake.call_fd[0], -1);
}

/* An engine that was killed may have used buffers without saying so: the driver is told to look. */
static void test_call(void **state)
{
	eventfd_t calls = 0;

	(void)state;
	fake.interrupts = 1;
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	assert_int_equal(run("web"), CLI_OK);
	assert_int_equal(eventfd_read(fake.called, &calls), 0);
	assert_int_equal(calls, 1);
}

/* The engine goes on until the driver has let go of the device. */
static void test_unplugged(void **state)
{
	const char *const lines[] = {
		"cid 9\n", "attach vsock serial 107\n", set_up,
		"answer 1 started, memory mapped\n", "unplug\n", "answer 2 stopped\n", "detach\n", NULL,
	};

	(void)state;
	fake.interrupts = 1;
	fake.lets_go = 2;
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	assert_int_equal(run("web"), CLI_OK);
	expect(lines);
}

/* A second signal does not wait for that, and nothing does where no driver has it. */
static void test_taken_away(void **state)
{
	const char *const lines[] = {
		"cid 9\n", "attach vsock serial 107\n", set_up,
		"answer 1 started, memory mapped\n", "unplug\n", "detach\n", NULL,
	};
	const char *const idle[] = { "cid 9\n", "attach vsock serial 107\n", "detach\n", NULL };

	(void)state;
	fake.interrupts = 2;
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	assert_int_equal(run("web"), CLI_OK);
	expect(lines);
	fake.log[0] = '\0';
	raise(SIGINT);
	assert_int_equal(run("web"), CLI_OK);
	expect(idle);
}

/* What is blocked here is not delivered before it can be read. */
static void hang_up(void (*action)(int))
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGHUP, action);
	raise(SIGHUP);
	fake.log[0] = '\0';
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(run("web"), CLI_OK);
	signal(SIGHUP, SIG_IGN);	/* one that waits is forgotten */
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Its terminal goes: it stops, and the device stays; or it goes on, where it shall outlive that. */
static void test_hangup(void **state)
{
	const char *const stopped[] = { "cid 9\n", "attach vsock serial 107\n", NULL };

	(void)state;
	hang_up(SIG_IGN);
	assert_non_null(strstr(fake.log, "answer 1 started"));
	hang_up(SIG_DFL);
	expect(stopped);
}

static void refuse_queue(void)
{
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	fake.log[0] = '\0';
	assert_int_equal(run("web"), CLI_OK);
	assert_non_null(strstr(fake.log, "answer 1 failed\n"));
	assert_null(strstr(fake.log, "running"));
}

static void test_bad_queue(void **state)
{
	const struct multikernel_queue good = fake.queue[0];
	struct multikernel_queue *queue = &fake.queue[0];

	(void)state;
	queue->descriptors = 0x1000;
	refuse_queue();
	*queue = good;
	queue->driver = FAKE_START(0) + FAKE_BYTES - 2;
	refuse_queue();
	*queue = good;
	queue->device = FAKE_START(0) + FAKE_BYTES - 8 * SIZE;
	refuse_queue();
	*queue = good;
	queue->device = ~0ULL - 3;
	refuse_queue();
	*queue = good;
	queue->device += 2;
	refuse_queue();
	*queue = good;
	queue->queue_size = 48;
	refuse_queue();
	*queue = good;
	queue->queue_size = 0x80000000;
	refuse_queue();
}

/* The kernel ended between its READY and our look at its memory: that is said next. */
static void test_ended_meanwhile(void **state)
{
	const char *const lines[] = {
		"cid 9\n", "attach vsock serial 107\n", "cid 9\n", "answer 2 stopped\n", NULL,
	};

	(void)state;
	fake.memory_error = ENODEV;
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(2, MULTIKERNEL_EVENT_ENDED, 0);
	fake_event(3, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(run("web"), CLI_OK);
	expect(lines);
}

static void test_refused(void **state)
{
	(void)state;
	fake.attach_error = ENOSPC;
	fake.sentence = "instance web has 16 devices";
	assert_int_equal(run("web"), CLI_REFUSED);
	assert_int_equal(run("db"), CLI_REFUSED);
}

static void test_vhost_fails(void **state)
{
	(void)state;
	fake.vhost_command = VHOST_VSOCK_SET_GUEST_CID;
	fake.vhost_error = EADDRINUSE;
	assert_int_equal(run("web"), CLI_REFUSED);
	assert_string_equal(fake.log, "");

	fake.vhost_command = VHOST_SET_MEM_TABLE;
	fake.vhost_error = E2BIG;
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(run("web"), CLI_OK);
	assert_non_null(strstr(fake.log, "answer 1 failed\n"));
}

/* In a process of its own: of a signal it would die. */
static void test_nobody_listens(void **state)
{
	int pipes[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	close(pipes[0]);
	fake.vhost_command = VHOST_SET_MEM_TABLE;
	fake.vhost_error = E2BIG;
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDERR_FILENO);
		signal(SIGPIPE, SIG_DFL);
		_exit(run("web"));
	}
	close(pipes[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(fake_answer().kind, MULTIKERNEL_ANSWER_FAILED);
}

/* A spawn that sets its device up wrongly again and again does not fill the file to which that is said. */
static void test_says_no_more_than_so_much(void **state)
{
	u32 number, lines = 0;
	char line[256], last[256] = "";
	FILE *said;
	int status;
	pid_t pid;

	(void)state;
	fake.vhost_command = VHOST_SET_MEM_TABLE;
	fake.vhost_error = E2BIG;
	for (number = 1; number <= 200; number++)
		fake_event(number, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_event(number, MULTIKERNEL_EVENT_GONE, 0);
	said = tmpfile();
	assert_non_null(said);
	pid = fork();
	if (!pid) {
		dup2(fileno(said), STDERR_FILENO);
		_exit(run("web"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	rewind(said);
	while (fgets(line, sizeof(line), said)) {
		lines++;
		strcpy(last, line);
	}
	fclose(said);
	assert_int_equal(lines, 60 + 1);
	assert_non_null(strstr(last, ": 141 more sentences were left out\n"));
}

/* From what it is served, and that it goes: while no kernel uses it, and where it may be replaced. */
static void test_asked(void **state)
{
	char name[32];
	const char *words[] = { "vsock", "web", "--name", name, NULL, NULL };

	(void)state;
	snprintf(name, sizeof(name), "vsock-%d", getpid());
	fake_ask(name, "origin");
	assert_int_equal(fake_run(&mkio_vsock, words), CLI_OK);
	assert_string_equal(fake_answered(), "kept\tvsock sockets \tsockets");
	fake_ask(name, "leave");
	assert_int_equal(fake_run(&mkio_vsock, words), CLI_OK);
	assert_string_equal(fake_answered(), "its mkio is not there to be replaced");
	assert_null(strstr(fake.log, "detach"));
}

static void test_used(void **state)
{
	char name[32];
	const char *words[] = { "vsock", "web", "--name", name, "--replaceable", NULL };

	(void)state;
	snprintf(name, sizeof(name), "vsock-%d", getpid());
	fake_event(1, MULTIKERNEL_EVENT_READY, 1ULL << 32);
	fake_ask(name, "leave");
	assert_int_equal(fake_run(&mkio_vsock, words), CLI_OK);
	assert_string_equal(fake_answered(), "a kernel uses it");
	assert_null(strstr(fake.log, "detach"));
}

/* In a process of its own, by whose end it answers. */
static void test_leaves(void **state)
{
	char name[32], why[CONTROL_TEXT];
	const char *words[] = { "vsock", "web", "--name", name, "--replaceable", NULL };
	int code, status, tries = 1000;
	pid_t pid;

	(void)state;
	snprintf(name, sizeof(name), "vsock-%d", getpid());
	pid = fork();
	if (!pid) {
		code = fake_run(&mkio_vsock, words);
		_exit(!code && strstr(fake.log, "detach") ? 0 : 1);
	}
	while (control_ask("web", name, "origin", CONTROL_MS, why) && --tries)
		usleep(10000);
	assert_int_equal(control_leave("web", name, CONTROL_MS, why), 0);
	assert_string_equal(why, "");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lives, begin, end),
		cmocka_unit_test_setup_teardown(test_rights, begin, end),
		cmocka_unit_test_setup_teardown(test_kick, begin, end),
		cmocka_unit_test_setup_teardown(test_call, begin, end),
		cmocka_unit_test_setup_teardown(test_unplugged, begin, end),
		cmocka_unit_test_setup_teardown(test_taken_away, begin, end),
		cmocka_unit_test_setup_teardown(test_hangup, begin, end),
		cmocka_unit_test_setup_teardown(test_bad_queue, begin, end),
		cmocka_unit_test_setup_teardown(test_ended_meanwhile, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_vhost_fails, begin, end),
		cmocka_unit_test_setup_teardown(test_nobody_listens, begin, end),
		cmocka_unit_test_setup_teardown(test_says_no_more_than_so_much, begin, end),
		cmocka_unit_test_setup_teardown(test_asked, begin, end),	/* from here on options stay given */
		cmocka_unit_test_setup_teardown(test_used, begin, end),
		cmocka_unit_test_setup_teardown(test_leaves, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
