// SPDX-License-Identifier: GPL-2.0-only
/*
 * A directory, served by the real virtiofsd where there is one: the spawn's memory is a memfd, and
 * the little of FUSE that finds and makes a file is spoken here.
 */
#include <setjmp.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "fake.h"
#include "mkio.h"

#define SIZE 64				/* descriptors */
#define RING(queue) (FAKE_START(0) + 0x10000 + 0x3000 * (queue))
#define REQUESTS 1			/* the queue of requests */
#define ASK FAKE_START(1)
#define REPLY (FAKE_START(1) + 0x10000)
#define REPLY_SIZE 4096
#define FEATURES (1ULL << 32)
#define WAIT_MS 20000
#define CONTENT "what is in it\n"

static char directory[64];
static const char *words[10];
static char name[32];			/* of our own: by it the process is asked, on all of the machine */
static int result;
static pthread_t server;
static u16 asked;
static u64 unique;

static bool has_engine(void)
{
	return !access("/usr/libexec/virtiofsd", X_OK) || !access("/usr/lib/qemu/virtiofsd", X_OK);
}

static int begin(void **state)
{
	char path[80];
	int fd;

	(void)state;
	fake_begin();
	strcpy(directory, "/tmp/mkio-share-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	assert_int_equal(write(fd, CONTENT, strlen(CONTENT)), strlen(CONTENT));
	close(fd);
	asked = 0;
	snprintf(name, sizeof(name), "share-%d", getpid());
	return 0;
}

static int end(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", directory);
	assert_int_equal(system(command), 0);
	fake_end();
	return 0;
}

static void *serve(void *data)
{
	result = fake_run(&mkio_share, words);
	return data;
}

static void start_mkio(const char *more)
{
	const char *const all[] = { "share", "web", "--tag", "www", "--dir", directory, more, more ? "--name" : NULL, name };
	struct multikernel_answer answer;
	u32 i;

	memcpy(words, all, sizeof(all));
	for (i = 0; i < 2; i++)
		fake_queue(i, RING(i), SIZE);
	fake_event(1, MULTIKERNEL_EVENT_READY, FEATURES);
	assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
	answer = fake_answer();
	assert_int_equal(answer.number, 1);
	assert_int_equal(answer.kind, MULTIKERNEL_ANSWER_STARTED);
}

static int end_mkio(void)
{
	struct timespec deadline;

	fake_event(9, MULTIKERNEL_EVENT_GONE, 0);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += WAIT_MS / 1000;
	assert_int_equal(pthread_timedjoin_np(server, NULL, &deadline), 0);
	return result;
}

/* One request of FUSE, and its whole reply; returns the error in it. */
static int ask(u32 opcode, u64 node, const void *argument, u32 size, const char *name)
{
	struct vring_desc *descriptor = fake_at(RING(REQUESTS));
	struct vring_avail *avail = fake_at(RING(REQUESTS) + 0x1000);
	struct vring_used *used = fake_at(RING(REQUESTS) + 0x2000);
	struct pollfd call = { .fd = fake.call_fd[REQUESTS], .events = POLLIN };
	struct fuse_in_header *header = fake_at(ASK);
	struct fuse_out_header *reply = fake_at(REPLY);
	u32 name_size = name ? strlen(name) + 1 : 0;
	eventfd_t calls;

	*header = (struct fuse_in_header){
		.len = sizeof(*header) + size + name_size, .opcode = opcode, .unique = ++unique,
		.nodeid = node,
	};
	if (size)
		memcpy(header + 1, argument, size);
	memcpy((u8 *)(header + 1) + size, name ? name : "", name_size);
	descriptor[0] = (struct vring_desc){ ASK, header->len, VRING_DESC_F_NEXT, 1 };
	descriptor[1] = (struct vring_desc){ REPLY, REPLY_SIZE, VRING_DESC_F_WRITE, 0 };
	avail->ring[avail->idx % SIZE] = 0;
	__atomic_store_n(&avail->idx, ++asked, __ATOMIC_RELEASE);
	assert_int_equal(eventfd_write(fake.kick_fd[REQUESTS], 1), 0);
	while (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) != asked) {
		assert_int_equal(poll(&call, 1, WAIT_MS), 1);
		eventfd_read(fake.call_fd[REQUESTS], &calls);
	}
	assert_int_equal(reply->unique, unique);
	return reply->error;
}

static void *reply(void)
{
	return (struct fuse_out_header *)fake_at(REPLY) + 1;
}

static void mount_it(void)
{
	struct fuse_init_in init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 0x20000,
	};

	assert_int_equal(ask(FUSE_INIT, 0, &init, sizeof(init), NULL), 0);
	assert_int_equal(((struct fuse_init_out *)reply())->major, FUSE_KERNEL_VERSION);
}

static void find_file(void)
{
	const struct fuse_entry_out *entry = reply();

	assert_int_equal(ask(FUSE_LOOKUP, FUSE_ROOT_ID, NULL, 0, "file"), 0);
	assert_int_equal(entry->attr.size, strlen(CONTENT));
	assert_int_equal(ask(FUSE_LOOKUP, FUSE_ROOT_ID, NULL, 0, "other"), -ENOENT);
}

static int make_directory(void)
{
	struct fuse_mkdir_in mkdir = { .mode = 0755 };

	return ask(FUSE_MKDIR, FUSE_ROOT_ID, &mkdir, sizeof(mkdir), "new");
}

static void test_directory(void **state)
{
	char path[80];
	struct stat about;

	(void)state;
	if (!has_engine())
		skip();
	start_mkio(NULL);
	assert_int_equal(fake.attached.virtio_id, 26);
	assert_string_equal(fake.attached.name, "www");
	assert_string_equal((char *)fake.attached.config, "www");
	assert_int_equal(mk_get_le32(fake.attached.config + 36), 1);
	mount_it();
	find_file();
	assert_int_equal(make_directory(), 0);
	snprintf(path, sizeof(path), "%s/new", directory);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(end_mkio(), CLI_OK);
	assert_false(fake_is_mapped());
}

/* With another engine its mount is no more. */
static void test_lost_mount(void **state)
{
	struct multikernel_answer answer;

	(void)state;
	if (!has_engine())
		skip();
	start_mkio(NULL);
	mount_it();
	fake_event(2, MULTIKERNEL_EVENT_READY, FEATURES);
	answer = fake_answer();
	assert_int_equal(answer.number, 2);
	assert_int_equal(answer.kind, MULTIKERNEL_ANSWER_FAILED);
	assert_int_equal(end_mkio(), CLI_OK);
}

/* Letters that mean something to one of the engines are letters of a name as well. */
static void test_odd_name(void **state)
{
	char plain[sizeof(directory)];

	(void)state;
	if (!has_engine())
		skip();
	strcpy(plain, directory);
	strcat(directory, "\\o,dd");
	assert_int_equal(rename(plain, directory), 0);
	start_mkio(NULL);
	mount_it();
	find_file();
	assert_int_equal(end_mkio(), CLI_OK);
}

static void expect_origin(void)
{
	char text[CONTROL_TEXT], wanted[CONTROL_TEXT];
	struct stat about;

	assert_int_equal(stat(directory, &about), 0);
	snprintf(wanted, sizeof(wanted), "kept\tshare %x:%x:%llx tag www, read-only\t%s (tag www, read-only)",
		 major(about.st_dev), minor(about.st_dev), (unsigned long long)about.st_ino, directory);
	assert_int_equal(control_ask("web", name, "origin", CONTROL_MS, text), 0);
	assert_string_equal(text, wanted);
}

static void test_read_only(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	start_mkio("--read-only");
	expect_origin();
	mount_it();
	find_file();
	assert_int_equal(make_directory(), -EROFS);
	assert_int_equal(end_mkio(), CLI_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_directory),
		TEST(test_lost_mount),
		TEST(test_odd_name),
		TEST(test_read_only),	/* the last one: an option stays given */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
