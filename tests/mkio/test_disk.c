// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk, served by the real qemu-storage-daemon: the spawn's memory is a memfd, and a small driver
 * of virtio-blk here is the spawn.
 */
#include <setjmp.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "fake.h"
#include "mkio.h"
#include "traffic.h"

#define SIZE 64				/* descriptors */
#define RING (FAKE_START(0) + 0x10000)
#define AVAIL (RING + 0x1000)
#define USED (RING + 0x2000)
#define REQUESTS (FAKE_START(0) + 0x20000)	/* headers and verdicts */
#define DATA FAKE_START(1)
#define BLOCK 4096
#define SECTORS_A_BLOCK (BLOCK / 512)
#define BLOCKS 512
#define AT_ONCE 16			/* of three descriptors each */
#define FEATURES (1ULL << 32)
#define WAIT_MS 20000
#define PATH_SIZE 64

static char image[] = "/tmp/mkio-image-XXXXXX";
static u8 shadow[BLOCKS][BLOCK];
static const char *words[10];
static char name[32];			/* of our own: by it the process is asked, on all of the machine */
static int result;
static pthread_t server;
static u16 seen;			/* of the used ring */

struct request {
	struct virtio_blk_outhdr header;
	u8 verdict;
};

static struct vring_desc *descriptors(void)
{
	return fake_at(RING);
}

static bool has_engine(void)
{
	return !access("/usr/bin/qemu-storage-daemon", X_OK);
}

static void make_image(void)
{
	int fd;

	strcpy(image, "/tmp/mkio-image-XXXXXX");
	fd = mkstemp(image);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, sizeof(shadow)), 0);
	close(fd);
	memset(shadow, 0, sizeof(shadow));
}

static int begin(void **state)
{
	(void)state;
	fake_begin();
	snprintf(name, sizeof(name), "disk-%d", getpid());
	make_image();
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(image);
	fake_end();
	return 0;
}

static void *serve(void *data)
{
	result = fake_run(&mkio_disk, words);
	return data;
}

static void start_mkio(void)
{
	words[0] = "disk";
	words[1] = "web";
	words[2] = "--file";
	words[3] = image;
	words[4] = "--name";
	words[5] = name;
	assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
}

static int end_mkio(void)
{
	struct timespec deadline;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += WAIT_MS / 1000;
	assert_int_equal(pthread_timedjoin_np(server, NULL, &deadline), 0);
	return result;
}

/* A driver's set-up: with rings that are new, or as they are. */
static void set_up(bool new)
{
	fake_queue(0, RING, SIZE);
	if (!new)
		return;
	memset(fake_at(RING), 0, 0x3000);
	seen = 0;
}

static void expect_answer(u32 number, u32 kind)
{
	struct multikernel_answer answer = fake_answer();

	assert_int_equal(answer.number, number);
	assert_int_equal(answer.kind, kind);
}

static void describe(u16 index, u64 address, u32 length, u16 flags)
{
	struct vring_desc *at = &descriptors()[index];

	at->addr = address;
	at->len = length;
	at->flags = flags | (index % 3 < 2 ? VRING_DESC_F_NEXT : 0);
	at->next = index + 1;
}

/* Request @slot, of three descriptors, for one block. */
static void ask(u32 slot, u32 type, u32 block)
{
	u64 place = REQUESTS + slot * sizeof(struct request);
	struct request *request = fake_at(place);
	struct vring_avail *avail = fake_at(AVAIL);
	u16 to_device = type == VIRTIO_BLK_T_OUT ? 0 : VRING_DESC_F_WRITE;

	request->header.type = type;
	request->header.sector = (u64)block * SECTORS_A_BLOCK;
	request->verdict = 0xff;
	describe(3 * slot, place, sizeof(request->header), 0);
	describe(3 * slot + 1, DATA + slot * BLOCK, BLOCK, to_device);
	describe(3 * slot + 2, place + offsetof(struct request, verdict), 1, VRING_DESC_F_WRITE);
	avail->ring[avail->idx % SIZE] = 3 * slot;
	__atomic_store_n(&avail->idx, avail->idx + 1, __ATOMIC_RELEASE);
}

static void wait_for(u16 count)
{
	struct vring_used *used = fake_at(USED);
	struct pollfd call = { .fd = fake.call_fd[0], .events = POLLIN };
	eventfd_t calls;

	seen += count;
	assert_int_equal(eventfd_write(fake.kick_fd[0], 1), 0);
	while (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) != seen) {
		assert_int_equal(poll(&call, 1, WAIT_MS), 1);
		eventfd_read(fake.call_fd[0], &calls);
	}
}

static u8 verdict(u32 slot)
{
	return ((struct request *)fake_at(REQUESTS + slot * sizeof(struct request)))->verdict;
}

static void fill(u8 *block)
{
	int i;

	for (i = 0; i < BLOCK; i++)
		block[i] = random();
}

/* Different blocks, all at once; the first is @block. */
static void write_some(u32 block)
{
	u32 i;

	for (i = 0; i < AT_ONCE; i++) {
		fill(shadow[(block + i * 7) % BLOCKS]);
		memcpy(fake_at(DATA + i * BLOCK), shadow[(block + i * 7) % BLOCKS], BLOCK);
		ask(i, VIRTIO_BLK_T_OUT, (block + i * 7) % BLOCKS);
	}
	wait_for(AT_ONCE);
	for (i = 0; i < AT_ONCE; i++)
		assert_int_equal(verdict(i), VIRTIO_BLK_S_OK);
}

static void read_some(u32 block)
{
	u32 i;

	for (i = 0; i < AT_ONCE; i++) {
		memset(fake_at(DATA + i * BLOCK), 0xee, BLOCK);
		ask(i, VIRTIO_BLK_T_IN, (block + i * 7) % BLOCKS);
	}
	wait_for(AT_ONCE);
	for (i = 0; i < AT_ONCE; i++) {
		assert_int_equal(verdict(i), VIRTIO_BLK_S_OK);
		assert_memory_equal(fake_at(DATA + i * BLOCK), shadow[(block + i * 7) % BLOCKS],
				    BLOCK);
	}
}

static void compare_image(void)
{
	static u8 content[BLOCKS][BLOCK];
	int fd = open(image, O_RDONLY);

	assert_int_equal(read(fd, content, sizeof(content)), sizeof(content));
	close(fd);
	assert_memory_equal(content, shadow, sizeof(shadow));
}

/* A driver has set up its device before mkio comes. */
static void begin_serving(void)
{
	set_up(true);
	fake_event(1, MULTIKERNEL_EVENT_READY, FEATURES);
	start_mkio();
	expect_answer(1, MULTIKERNEL_ANSWER_STARTED);
}

static void test_data(void **state)
{
	int round;

	(void)state;
	if (!has_engine())
		skip();
	begin_serving();
	assert_int_equal(fake.attached.virtio_id, 2);
	assert_int_equal(mk_get_le64(fake.attached.config), sizeof(shadow) / 512);
	assert_int_equal(fake.attached.features[0] & ~0x130ffffffULL, 0);
	assert_int_equal(fake.attached.features[0] & 1ULL << VIRTIO_BLK_F_CONFIG_WCE, 0);
	for (round = 0; round < 40; round++) {
		write_some(random() % BLOCKS);
		read_some(random() % BLOCKS);
	}
	/* Behind the end of the disk: refused, and it goes on. */
	ask(0, VIRTIO_BLK_T_IN, BLOCKS);
	wait_for(1);
	assert_int_equal(verdict(0), VIRTIO_BLK_S_IOERR);

	/* A second life: the driver begins with rings that are new. */
	fake_event(2, MULTIKERNEL_EVENT_ENDED, 0);
	expect_answer(2, MULTIKERNEL_ANSWER_STOPPED);
	compare_image();
	set_up(true);
	fake_event(3, MULTIKERNEL_EVENT_READY, FEATURES);
	expect_answer(3, MULTIKERNEL_ANSWER_STARTED);
	read_some(100);
	write_some(100);
	fake_event(4, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
	assert_false(fake_is_mapped());
	compare_image();
}

/* Another process takes up a device that is in use, with requests that nobody has seen to. */
static void test_taken_up(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	begin_serving();
	write_some(3);
	pthread_kill(server, SIGTERM);
	assert_int_equal(end_mkio(), CLI_OK);
	assert_null(strstr(fake.log, "detach"));

	ask(0, VIRTIO_BLK_T_IN, 3);
	set_up(false);
	fake_event(2, MULTIKERNEL_EVENT_READY, FEATURES);
	start_mkio();
	expect_answer(2, MULTIKERNEL_ANSWER_STARTED);
	wait_for(1);
	assert_memory_equal(fake_at(DATA), shadow[3], BLOCK);
	write_some(5);
	fake.lets_go = 3;
	pthread_kill(server, SIGINT);
	assert_int_equal(end_mkio(), CLI_OK);
	assert_non_null(strstr(fake.log, "detach"));
	compare_image();
}

/* The engine's process, a child of this one; there is one only. */
static pid_t find_engine(void)
{
	char command[128];
	FILE *pgrep;
	int pid = 0;

	snprintf(command, sizeof(command), "pgrep -P %d -f qemu-storage-daemon", getpid());
	pgrep = popen(command, "r");
	assert_int_equal(fscanf(pgrep, "%d", &pid), 1);
	pclose(pgrep);
	return pid;
}

/* A second request is asked for, and finished before the first. */
static void finish_second(void)
{
	struct vring_used *used = fake_at(USED);

	ask(1, VIRTIO_BLK_T_IN, 7);
	used->ring[used->idx % SIZE].id = 3;
	used->idx++;
}

/* As if each had been finished when it came; else the rings tell less, and what they do is for chance. */
static void say_in_order(void)
{
	struct vring_avail *avail = fake_at(AVAIL);
	struct vring_used *used = fake_at(USED);
	u32 i;

	for (i = 0; i < AT_ONCE; i++)
		used->ring[i].id = avail->ring[i];
}

static void kill_engine(bool with_request, bool is_known)
{
	pid_t engine;

	begin_serving();
	write_some(0);
	say_in_order();
	engine = find_engine();
	if (with_request) {
		kill(engine, SIGSTOP);
		ask(0, VIRTIO_BLK_T_IN, 0);
	}
	if (!is_known)
		finish_second();
	kill(engine, SIGKILL);
	assert_int_equal(end_mkio(), is_known ? CLI_REFUSED : MKIO_LOST);
	assert_false(fake_is_mapped());
}

/* Another process does what the first had not finished. */
static void take_up(void)
{
	set_up(false);
	fake_event(2, MULTIKERNEL_EVENT_READY, FEATURES);
	start_mkio();
	expect_answer(2, MULTIKERNEL_ANSWER_STARTED);
	wait_for(1);
	assert_memory_equal(fake_at(DATA), shadow[0], BLOCK);
	fake_event(3, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
}

static void test_engine_killed(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	kill_engine(false, true);
}

static void test_engine_killed_at_work(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	kill_engine(true, true);
	take_up();
	kill_engine(true, false);
}

/* One that comes after a process that was killed looks for itself. */
static void test_abandoned(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	kill_engine(true, true);
	fake.queue[0].abandoned = 1;
	take_up();

	kill_engine(true, false);
	set_up(false);
	fake.queue[0].abandoned = 1;
	fake.log[0] = '\0';
	fake_event(2, MULTIKERNEL_EVENT_READY, FEATURES);
	start_mkio();
	assert_int_equal(end_mkio(), MKIO_LOST);
	assert_null(strstr(fake.log, "answer"));
}

/* It has been killed; that may take a while. */
static bool has_ended(pid_t pid)
{
	int ms;

	for (ms = 0; ms < WAIT_MS; ms += 10) {
		if (waitpid(pid, NULL, WNOHANG) == pid || kill(pid, 0))
			return true;
		usleep(10000);
	}
	return false;
}

/* One that hangs is ended by force, in time. */
static void test_engine_stopped(void **state)
{
	pid_t engine;

	(void)state;
	if (!has_engine())
		skip();
	begin_serving();
	engine = find_engine();
	kill(engine, SIGSTOP);
	fake_event(2, MULTIKERNEL_EVENT_RESET, 0);
	expect_answer(2, MULTIKERNEL_ANSWER_STOPPED);
	assert_true(has_ended(engine));
	set_up(true);
	fake_event(3, MULTIKERNEL_EVENT_READY, FEATURES);
	expect_answer(3, MULTIKERNEL_ANSWER_STARTED);
	write_some(0);
	fake_event(4, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
}

/* Its engine hangs with a request that it has begun, and another is finished behind it. */
static void hang_at_work(void)
{
	begin_serving();
	write_some(0);
	say_in_order();
	kill(find_engine(), SIGSTOP);
	ask(0, VIRTIO_BLK_T_IN, 0);
	finish_second();
}

static void expect_lost(void)
{
	assert_int_equal(end_mkio(), MKIO_LOST);
	assert_true(fake.kick_fd[0] >= 0);	/* by which the next one knows it */
}

/* mkio is told to go, and its engine does not finish: that is as if it had died. */
static void test_stopped_at_work(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	hang_at_work();
	pthread_kill(server, SIGTERM);
	expect_lost();
}

/* It is killed before it has finished, by somebody who waits no longer, or for want of memory. */
static void test_killed_while_stopped(void **state)
{
	pid_t engine;

	(void)state;
	if (!has_engine())
		skip();
	hang_at_work();
	engine = find_engine();
	pthread_kill(server, SIGTERM);
	usleep(500000);
	kill(engine, SIGKILL);
	expect_lost();
}

/* The same where mkio gives up by itself. */
static void test_given_up_at_work(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	hang_at_work();
	fake_nonsense();
	expect_lost();
}

/* One that others run, at a socket. */
static pid_t start_engine(const char *path)
{
	char node[128], export[192];
	int ms;
	pid_t pid = fork();

	snprintf(node, sizeof(node), "driver=file,node-name=disk,filename=%s", image);
	snprintf(export, sizeof(export),
		 "type=vhost-user-blk,id=export,node-name=disk,writable=on,"
		 "addr.type=unix,addr.path=%s", path);
	if (!pid) {
		execlp("qemu-storage-daemon", "qemu-storage-daemon", "--blockdev", node, "--export",
		       export, NULL);
		_exit(1);
	}
	for (ms = 0; access(path, F_OK) && ms < WAIT_MS; ms += 10)
		usleep(10000);
	return pid;
}

/* Its memory the module takes away: an answer would say that the driver can have it at once. */
static void test_engine_holds(void **state)
{
	char path[PATH_SIZE];
	const char *const others[] = { "disk", "web", "--socket", path, "--name", name, NULL };
	struct pollfd answers = { .fd = fake.answers[0], .events = POLLIN };
	pid_t pid, engine;
	int status;

	(void)state;
	if (!has_engine())
		skip();
	snprintf(path, sizeof(path), "%s.socket", image);
	engine = start_engine(path);
	set_up(true);
	fake_event(1, MULTIKERNEL_EVENT_READY, FEATURES);
	pid = fork();		/* they do not stay so here */
	if (!pid)
		_exit(fake_run(&mkio_disk, others));
	expect_answer(1, MULTIKERNEL_ANSWER_STARTED);
	kill(engine, SIGSTOP);
	fake_event(2, MULTIKERNEL_EVENT_RESET, 0);
	status = poll(&answers, 1, 2000);
	kill(engine, SIGKILL);
	assert_int_equal(waitpid(engine, NULL, 0), engine);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), CLI_REFUSED);
	unlink(path);
}

static void say(int fd, u32 request, const void *payload, u32 size)
{
	const u32 header[] = { request, 5, size };

	assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
	assert_int_equal(write(fd, payload, size), size);
}

/* All that it is asked before a device is attached: it offers whatever a disk can have. */
static void offer_all(int fd)
{
	const u64 features = 1ULL << 32 | 1ULL << 30 | 0xffffff, protocol = 1 << 9;
	const u32 space[3 + 15] = { 0, 60 };

	say(fd, 1, &features, sizeof(features));
	say(fd, 15, &protocol, sizeof(protocol));
	say(fd, 24, space, sizeof(space));
}

/* What has its fields behind the end of the configuration space: a driver finds zeros there. */
static void test_more_than_there_is(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *const others[] = {
		"disk", "web", "--socket", at.sun_path, "--name", name, NULL,
	};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, status;
	pid_t pid;

	(void)state;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s.socket", image);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	fake_event(1, MULTIKERNEL_EVENT_GONE, 0);
	pid = fork();		/* they do not stay so here */
	if (!pid) {
		status = fake_run(&mkio_disk, others);
		_exit(!status && fake.attached.features[0] == (1ULL << 32 | 0xfce7ff) ? 0 : 1);
	}
	fd = accept(listener, NULL, NULL);
	offer_all(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	close(listener);
	unlink(at.sun_path);
}

/* How many processes serve the image, whoever has started them; @pid receives the last one's id. */
static int count_engines(pid_t *pid)
{
	char command[128];
	int count = 0, id;
	FILE *pgrep;

	snprintf(command, sizeof(command), "pgrep -f '^qemu-storage-daemon .*%s'", image);
	pgrep = popen(command, "r");
	while (fscanf(pgrep, "%d", &id) == 1) {
		*pid = id;
		count++;
	}
	pclose(pgrep);
	return count;
}

/* An engine that is started by a program in between, which does not pass on what it is told. */
static void make_engine_behind(char path[PATH_SIZE])
{
	FILE *file;

	snprintf(path, PATH_SIZE, "%s.engine", image);
	file = fopen(path, "w");
	fprintf(file, "#!/bin/sh\nqemu-storage-daemon \"$@\" &\nwait $!\n");
	fclose(file);
	chmod(path, 0755);
}

/* It hangs, and the one in between ends: nothing of both is left. */
static void test_engine_behind(void **state)
{
	char engine[PATH_SIZE];
	pid_t pid = 0;
	int ms, left;

	(void)state;
	if (!has_engine())
		skip();
	make_engine_behind(engine);
	words[6] = "--engine";
	words[7] = engine;
	begin_serving();
	assert_int_equal(count_engines(&pid), 1);
	kill(pid, SIGSTOP);
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
	for (ms = 0; (left = count_engines(&pid)) && ms < WAIT_MS; ms += 100)
		usleep(100000);
	if (left)
		kill(pid, SIGKILL);
	assert_int_equal(left, 0);
	unlink(engine);
	words[6] = NULL;
}

/* An engine that has let go, and has something to write yet: until there is a file "go", and for a moment more. */
static void make_slow_engine(char path[PATH_SIZE])
{
	FILE *file;

	snprintf(path, PATH_SIZE, "%s.engine", image);
	file = fopen(path, "w");
	fprintf(file, "#!/bin/sh\n"
		"trap 'kill $!; wait $!; until [ -e %s.go ]; do sleep 0.1; done; sleep 0.5; echo >%s.written; exit' TERM\n"
		"qemu-storage-daemon \"$@\" &\n"
		"wait $!\n", image, image);
	fclose(file);
	chmod(path, 0755);
}

static bool take_away(const char *what)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s.%s", image, what);
	return !unlink(path);
}

/* The answer to the kernel does not wait for that; the next engine does, and so does the end of mkio. */
static void test_engine_writes(void **state)
{
	char engine[PATH_SIZE], go[PATH_SIZE];

	(void)state;
	if (!has_engine())
		skip();
	make_slow_engine(engine);
	words[6] = "--engine";
	words[7] = engine;
	begin_serving();
	fake_event(2, MULTIKERNEL_EVENT_RESET, 0);
	expect_answer(2, MULTIKERNEL_ANSWER_STOPPED);
	snprintf(go, sizeof(go), "%s.go", image);
	close(open(go, O_WRONLY | O_CREAT, 0600));
	set_up(true);
	fake_event(3, MULTIKERNEL_EVENT_READY, FEATURES);
	expect_answer(3, MULTIKERNEL_ANSWER_STARTED);
	assert_true(take_away("written"));
	read_some(0);
	pthread_kill(server, SIGTERM);
	assert_int_equal(end_mkio(), CLI_OK);
	assert_true(take_away("written"));
	assert_true(take_away("go") && take_away("engine"));
	words[6] = NULL;
}

/* SIGTERM comes to all at once, and whoever has started mkio does not want it to end by that: nor does its engine. */
static void test_outlives_others(void **state)
{
	pid_t engine;

	(void)state;
	if (!has_engine())
		skip();
	signal(SIGTERM, SIG_IGN);
	begin_serving();
	engine = find_engine();
	pthread_kill(server, SIGTERM);
	kill(engine, SIGTERM);
	usleep(500000);
	write_some(3);
	read_some(3);
	assert_int_equal(find_engine(), engine);
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
	assert_true(has_ended(engine));
	signal(SIGTERM, SIG_DFL);
}

/* While it is served nobody else can say that he writes; readers are readers' company. */
static bool can_lock(off_t byte, short type)
{
	struct flock lock = { .l_type = type, .l_start = byte, .l_len = 1 };
	int fd = open(image, O_RDWR);
	bool can = !fcntl(fd, F_OFD_SETLK, &lock);

	close(fd);
	return can;
}

static void test_read_only(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	words[6] = "--read-only";
	begin_serving();
	assert_true(fake.attached.features[0] & 1ULL << VIRTIO_BLK_F_RO);
	assert_false(can_lock(201, F_WRLCK));
	assert_false(can_lock(300, F_WRLCK));
	assert_true(can_lock(300, F_RDLCK));
	read_some(0);
	ask(0, VIRTIO_BLK_T_OUT, 0);
	wait_for(1);
	assert_int_not_equal(verdict(0), VIRTIO_BLK_S_OK);
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
	words[6] = NULL;
}

static void expect_said(const char *request, const char *answer)
{
	char text[CONTROL_TEXT];

	assert_int_equal(control_ask("web", name, request, CONTROL_MS, text), 0);
	assert_string_equal(text, answer);
}

/* What is behind the old end can be written at once, and the next kernel finds the same size. */
static void test_resized(void **state)
{
	const u64 old = sizeof(shadow) / 512, new = 2 * old;
	char request[CONTROL_TEXT];

	(void)state;
	if (!has_engine())
		skip();
	begin_serving();
	ask(0, VIRTIO_BLK_T_OUT, BLOCKS);
	wait_for(1);
	assert_int_equal(verdict(0), VIRTIO_BLK_S_IOERR);
	snprintf(request, sizeof(request), "resize %llu", (unsigned long long)new * 512);
	expect_said(request, "ok");
	assert_int_equal(mk_get_le64(fake.config), new);
	assert_non_null(strstr(fake.log, "config\n"));
	memset(fake_at(DATA), 0x5a, BLOCK);
	ask(0, VIRTIO_BLK_T_OUT, BLOCKS);
	wait_for(1);
	assert_int_equal(verdict(0), VIRTIO_BLK_S_OK);
	write_some(7);
	expect_said(request, "ok");
	expect_said("resize 1000", "1000 bytes are not whole sectors of 512");
	expect_said("resize 512", "it has 4194304 bytes, and can only grow");
	assert_int_equal(control_ask("web", name, "resize 9223372036854775296", CONTROL_MS, request), 0);
	assert_string_not_equal(request, "ok");	/* in QEMU's own words */
	assert_int_equal(mk_get_le64(fake.config), new);
	expect_said("shrink", "its mkio does not know how");
	fake_event(2, MULTIKERNEL_EVENT_ENDED, 0);
	expect_answer(2, MULTIKERNEL_ANSWER_STOPPED);
	set_up(true);
	fake_event(3, MULTIKERNEL_EVENT_READY, FEATURES);
	expect_answer(3, MULTIKERNEL_ANSWER_STARTED);
	assert_int_equal(mk_get_le64(fake.config), new);
	ask(0, VIRTIO_BLK_T_IN, BLOCKS);
	wait_for(1);
	assert_int_equal(*(u8 *)fake_at(DATA), 0x5a);
	fake_event(4, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
	compare_image();
}

/* What an engine answers too late is not the answer to what it is asked next. */
static void test_late_answer(void **state)
{
	char request[CONTROL_TEXT];
	pid_t engine;

	(void)state;
	if (!has_engine())
		skip();
	begin_serving();
	engine = find_engine();
	kill(engine, SIGSTOP);
	snprintf(request, sizeof(request), "resize %zu", 2 * sizeof(shadow));
	expect_said(request, "the engine does not answer");
	kill(engine, SIGCONT);
	assert_int_equal(control_ask("web", name, "resize 9223372036854775296", CONTROL_MS, request), 0);
	assert_string_not_equal(request, "ok");
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
}

/* Tells of the engine's process; returns what that has moved since it was asked for anything. */
static struct traffic described(void)
{
	unsigned long long read, written;
	struct traffic traffic;
	char text[CONTROL_TEXT];
	int pid;

	assert_int_equal(control_ask("web", name, "describe", CONTROL_MS, text), 0);
	assert_int_equal(sscanf(text, "qemu-storage-daemon\tprocess\t%d\t%llu\t%llu", &pid, &read,
				&written), 3);
	assert_true(traffic_read(pid, &traffic));
	return (struct traffic){ traffic.read - read, traffic.written - written };
}

/* As much as was asked for, and not much more: 8 bytes each time when someone is woken. */
static void expect_moved(u64 moved, u64 asked)
{
	assert_in_range(moved, asked, asked + asked / 8 + 4096);
}

static void test_counted(void **state)
{
	const u64 some = AT_ONCE * BLOCK;
	struct traffic traffic;
	int round;

	(void)state;
	if (!has_engine())
		skip();
	begin_serving();
	traffic = described();
	expect_moved(traffic.read, 0);
	expect_moved(traffic.written, 0);
	for (round = 0; round < 20; round++)
		write_some(random() % BLOCKS);
	for (round = 0; round < 30; round++)
		read_some(random() % BLOCKS);
	traffic = described();
	expect_moved(traffic.read, 30 * some);
	expect_moved(traffic.written, 20 * some);

	/* The next kernel's engine is another one. */
	fake_event(2, MULTIKERNEL_EVENT_ENDED, 0);
	expect_answer(2, MULTIKERNEL_ANSWER_STOPPED);
	set_up(true);
	fake_event(3, MULTIKERNEL_EVENT_READY, FEATURES);
	expect_answer(3, MULTIKERNEL_ANSWER_STARTED);
	traffic = described();
	expect_moved(traffic.read, 0);
	expect_moved(traffic.written, 0);
	fake_event(4, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
}

static void test_locks(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	begin_serving();
	assert_false(can_lock(101, F_WRLCK));
	assert_false(can_lock(300, F_RDLCK));
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
	assert_true(can_lock(100, F_WRLCK));
	assert_true(can_lock(300, F_WRLCK));
}

/* From what it is served: the image, by whatever name it is asked for. */
static void expect_origin(const char *mode, const char *how)
{
	char text[CONTROL_TEXT];
	struct stat about;

	assert_int_equal(stat(image, &about), 0);
	snprintf(text, sizeof(text), "%s\tdisk %x:%x:%llx %s\t%s (%s)", mode, major(about.st_dev),
		 minor(about.st_dev), (unsigned long long)about.st_ino, how, image, how);
	expect_said("origin", text);
}

static void test_origin(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	begin_serving();
	expect_origin("kept", "raw");
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
}

static void test_origin_read_only(void **state)
{
	(void)state;
	if (!has_engine())
		skip();
	words[6] = "--replaceable";
	begin_serving();
	expect_origin("replaceable", "raw, read-only");
	fake_event(2, MULTIKERNEL_EVENT_GONE, 0);
	assert_int_equal(end_mkio(), CLI_OK);
	words[6] = NULL;
}

static void test_locked(void **state)
{
	struct flock lock = { .l_type = F_RDLCK, .l_start = 201, .l_len = 1 };
	int fd = open(image, O_RDWR);

	(void)state;
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
	start_mkio();
	assert_int_equal(end_mkio(), CLI_REFUSED);
	assert_string_equal(fake.log, "");
	close(fd);
}

/* A file system without locks, as NFS without its service for them: there is no other program. */
static void test_no_locks(void **state)
{
	(void)state;
	fake.lock_error = ENOLCK;
	fake_hear();
	start_mkio();
	assert_int_equal(end_mkio(), CLI_REFUSED);
	assert_non_null(strstr(fake_heard(), "No locks available"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_engine_holds),	/* before a file is given: options stay given */
		TEST(test_more_than_there_is),
		TEST(test_data),
		TEST(test_taken_up),
		TEST(test_engine_killed),
		TEST(test_engine_killed_at_work),
		TEST(test_abandoned),
		TEST(test_engine_stopped),
		TEST(test_stopped_at_work),
		TEST(test_killed_while_stopped),
		TEST(test_given_up_at_work),
		TEST(test_resized),
		TEST(test_late_answer),
		TEST(test_counted),
		TEST(test_locks),
		TEST(test_locked),
		TEST(test_no_locks),
		TEST(test_origin),
		TEST(test_outlives_others),
		TEST(test_read_only),	/* from here on options stay given */
		TEST(test_origin_read_only),
		TEST(test_engine_writes),
		TEST(test_engine_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
