// SPDX-License-Identifier: GPL-2.0-only
/*
 * A front end for tests: serves a device of an instance through /dev/multikernel, step by step, as
 * its arguments say. Each step that fails prints its errno by name, with the sentence if there is
 * one, and ends the program with status 1, unless "!" stands before it: then it must fail, and only
 * the errno is printed. Status 2: wrongly used.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <multikernel_io.h>

#define PAGE 4096UL
#define TEXT_MAX 256
#define VIRTIO_F_VERSION_1 32

static const char usage[] =
	"usage: front_end STEP...; a NUMBER may be @FILE, whose text it is when the step comes\n"
	"	open                       another open file of /dev/multikernel; the first step does it itself\n"
	"	close\n"
	"	set FIELD=NUMBER           of the attachment: id, serial, features, more, queues, entries, config, size\n"
	"	set reserved=NUMBER        of all that is bound and answered from now on\n"
	"	name NAME\n"
	"	attach                     with these\n"
	"	detach\n"
	"	unplug                     ask the driver to let go of it\n"
	"	memory INDEX               a file of that range: prints its start, bytes and how many there are\n"
	"	map                        map that file, whole; \"map private\", \"map more\" do what is refused\n"
	"	where                      print this process's number and the mapping's address\n"
	"	flags                      print the mapping's, as smaps has them\n"
	"	splice OFFSET              vmsplice(2) of 8 bytes of the mapping, into a pipe\n"
	"	churn SECONDS              map, touch and unmap it again and again\n"
	"	size                       print what lseek() and fstat() say of it\n"
	"	read OFFSET                print 8 bytes of the mapping, in hex\n"
	"	at OFFSET write NUMBER\n"
	"	fill NUMBER                every page's first word, and count what is not so: touches all of it\n"
	"	count NUMBER               pages whose first word is that\n"
	"	event SECONDS              wait for an event, and print it\n"
	"	look                       the same without waiting\n"
	"	answer KIND                to the newest one: 1 started, 2 stopped, 3 failed; \"stale KIND\" to another\n"
	"	queue INDEX                where it is\n"
	"	kick INDEX, call INDEX     bind a new eventfd; \"nokick\", \"nocall\" unbind it\n"
	"	called INDEX               bind one for calls that has been signalled already\n"
	"	kicked SECONDS             wait for a kick\n"
	"	signal                     signal the call's eventfd\n"
	"	serve SECONDS              do what a front end does, and call at each kick\n"
	"	configure NUMBER           new bytes of configuration space, each so\n"
	"	command N bytes SIZE       that ioctl with a structure of so many zeros behind its size\n"
	"	drop                       all capabilities\n"
	"	touch FILE, await FILE     tell others where we are, wait for ten minutes for them\n"
	"	sleep SECONDS\n";

static int node = -1, memory_fd = -1, call_fd = -1, kick_fd = -1;
static uint64_t memory_size;
static uint8_t *mapping;
static uint32_t event_number, reserved;
static char text[TEXT_MAX];
static struct multikernel_attach attachment = {
	.size = sizeof(attachment),
	.virtio_id = 19,
	.features = { 1ULL << VIRTIO_F_VERSION_1 },
	.queue_count = 2,
	.queue_size = 128,
	.config_size = 8,
	.text_size = sizeof(text),
	.name = "test0",
};

static void die(const char *what)
{
	fprintf(stderr, "front_end: %s\n%s", what, usage);
	exit(2);
}

/* Or @FILE, which has the number by the time of the step. */
static uint64_t number(const char *digits)
{
	char from_file[32] = "";
	FILE *file;
	char *end;
	uint64_t value;

	if (!digits)
		die("a number is missing");
	if (*digits == '@') {
		file = fopen(digits + 1, "r");
		if (!file || !fgets(from_file, sizeof(from_file), file))
			die(digits);
		fclose(file);
		from_file[strcspn(from_file, "\n")] = '\0';
		digits = from_file;
	}
	value = strtoull(digits, &end, 0);
	if (*end || end == digits)
		die(digits);
	return value;
}

static int set(const char *field)
{
	const char *value = strchr(field, '=');
	uint64_t n = number(value ? value + 1 : NULL);

	if (!strncmp(field, "id=", 3))
		attachment.virtio_id = n;
	else if (!strncmp(field, "serial=", 7))
		attachment.serial = n;
	else if (!strncmp(field, "features=", 9))
		attachment.features[0] = n;
	else if (!strncmp(field, "more=", 5))
		attachment.features[1] = n;
	else if (!strncmp(field, "queues=", 7))
		attachment.queue_count = n;
	else if (!strncmp(field, "entries=", 8))
		attachment.queue_size = n;
	else if (!strncmp(field, "config=", 7))
		attachment.config_size = n;
	else if (!strncmp(field, "size=", 5))
		attachment.size = n;
	else if (!strncmp(field, "reserved=", 9))
		reserved = n;
	else
		die(field);
	return 0;
}

static int take_name(const char *name)
{
	memset(attachment.name, 0, sizeof(attachment.name));
	memcpy(attachment.name, name, strnlen(name, sizeof(attachment.name)));
	return 0;
}

static int open_node(const char *argument)
{
	(void)argument;
	node = open("/dev/multikernel", O_RDWR | O_CLOEXEC);
	return node < 0 ? -1 : 0;
}

static int close_node(const char *argument)
{
	(void)argument;
	return close(node);
}

static int attach(const char *argument)
{
	(void)argument;
	attachment.text = (uintptr_t)text;
	return ioctl(node, MULTIKERNEL_ATTACH, &attachment);
}

static int detach(const char *argument)
{
	(void)argument;
	return ioctl(node, MULTIKERNEL_DETACH);
}

static int unplug(const char *argument)
{
	(void)argument;
	return ioctl(node, MULTIKERNEL_UNPLUG);
}

static int memory(const char *argument)
{
	struct multikernel_memory range = { .size = sizeof(range), .index = number(argument) };
	int result = ioctl(node, MULTIKERNEL_MEMORY, &range);

	if (result) {
		if (errno == ERANGE)
			printf("%u ranges\n", range.count);
		return result;
	}
	memory_fd = range.fd;
	memory_size = range.bytes;
	printf("0x%llx 0x%llx %u\n", (unsigned long long)range.start,
	       (unsigned long long)range.bytes, range.count);
	return 0;
}

static int map(const char *argument)
{
	bool private = argument && !strcmp(argument, "private");
	uint64_t size = memory_size + (argument && !strcmp(argument, "more") ? PAGE : 0);
	void *place = mmap(NULL, size, PROT_READ | PROT_WRITE, private ? MAP_PRIVATE : MAP_SHARED,
			   memory_fd, 0);

	if (place == MAP_FAILED)
		return -1;
	mapping = place;
	return 0;
}

static int where(const char *argument)
{
	(void)argument;
	printf("%d %p\n", getpid(), (void *)mapping);
	return 0;
}

static int print_flags(const char *argument)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	bool ours = false;
	char line[512];

	(void)argument;
	if (!smaps)
		return -1;
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			ours = start == (unsigned long)mapping;
		else if (ours && !strncmp(line, "VmFlags: ", 9))
			fputs(line + 9, stdout);
	}
	fclose(smaps);
	return 0;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Ends well whatever becomes of the memory meanwhile. */
static int churn(const char *argument)
{
	double end = now() + number(argument);
	unsigned long rounds = 0;
	uint64_t offset;

	for (; now() < end; rounds++) {
		if (map(NULL))
			return -1;
		for (offset = 0; offset < memory_size; offset += memory_size / 64 / PAGE * PAGE)
			*(volatile uint64_t *)(mapping + offset) += 1;
		munmap(mapping, memory_size);
	}
	printf("%lu rounds\n", rounds);
	return 0;
}

static int print_size(const char *argument)
{
	struct stat status;

	(void)argument;
	if (fstat(memory_fd, &status))
		return -1;
	printf("0x%llx 0x%llx\n", (unsigned long long)lseek(memory_fd, 0, SEEK_END),
	       (unsigned long long)status.st_size);
	return lseek(memory_fd, 0, SEEK_SET) < 0 ? -1 : 0;
}

static volatile uint64_t *word_at(uint64_t offset)
{
	if (!mapping || offset > memory_size - 8)
		die("not mapped");
	return (volatile uint64_t *)(mapping + offset);
}

static int read_word(const char *argument)
{
	printf("%llx\n", (unsigned long long)*word_at(number(argument)));
	return 0;
}

/* What goes into a pipe so is pinned there. */
static int splice_word(const char *argument)
{
	struct iovec word = { .iov_base = (void *)word_at(number(argument)), .iov_len = 8 };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	return vmsplice(ends[1], &word, 1, 0) < 0 ? -1 : 0;
}

static uint64_t write_offset;

static int write_at(const char *argument)
{
	write_offset = number(argument);
	return 0;
}

static int write_word(const char *argument)
{
	*word_at(write_offset) = number(argument);
	return 0;
}

static int fill(const char *argument)
{
	uint64_t offset, value = number(argument);

	for (offset = 0; offset < memory_size; offset += PAGE)
		*word_at(offset) = value;
	return 0;
}

static int count(const char *argument)
{
	uint64_t offset, value = number(argument), pages = 0;

	for (offset = 0; offset < memory_size; offset += PAGE)
		pages += *word_at(offset) == value;
	printf("%llu\n", (unsigned long long)pages);
	return 0;
}

static int read_event(void)
{
	static const char *const kinds[] = { "none", "ready", "reset", "ended", "gone" };
	struct multikernel_event event;

	if (read(node, &event, sizeof(event)) != sizeof(event))
		return -1;
	event_number = event.number;
	printf("%s 0x%llx\n", event.kind < 5 ? kinds[event.kind] : "unknown",
	       (unsigned long long)event.features[0]);
	return 0;
}

static int event(const char *argument)
{
	struct pollfd poller = { .fd = node, .events = POLLIN };
	int result = poll(&poller, 1, 1000 * number(argument));

	if (result == 0)
		errno = ETIME;
	return result > 0 ? read_event() : -1;
}

static int look(const char *argument)
{
	int result;

	(void)argument;
	if (fcntl(node, F_SETFL, O_NONBLOCK))
		return -1;
	result = read_event();
	return fcntl(node, F_SETFL, 0) ? -1 : result;
}

static int give_answer(const char *argument)
{
	struct multikernel_answer answer = {
		.size = sizeof(answer), .number = event_number, .kind = number(argument),
		.reserved = reserved,
	};

	return ioctl(node, MULTIKERNEL_ANSWER, &answer);
}

static int give_stale_answer(const char *argument)
{
	int result;

	event_number--;
	result = give_answer(argument);
	event_number++;
	return result;
}

static int queue(const char *argument)
{
	struct multikernel_queue queue = { .size = sizeof(queue), .index = number(argument) };

	if (ioctl(node, MULTIKERNEL_QUEUE, &queue))
		return -1;
	printf("0x%llx 0x%llx 0x%llx %u %u\n", (unsigned long long)queue.descriptors,
	       (unsigned long long)queue.driver, (unsigned long long)queue.device,
	       queue.queue_size, queue.ready);
	return 0;
}

static int bind_fd(unsigned long command, const char *argument, int fd)
{
	struct multikernel_queue_fd queue = {
		.size = sizeof(queue), .index = number(argument), .fd = fd, .reserved = reserved,
	};

	return ioctl(node, command, &queue);
}

static int kick(const char *argument)
{
	kick_fd = eventfd(0, EFD_CLOEXEC);
	return bind_fd(MULTIKERNEL_QUEUE_KICK, argument, kick_fd);
}

static int no_kick(const char *argument)
{
	return bind_fd(MULTIKERNEL_QUEUE_KICK, argument, -1);
}

static int call(const char *argument)
{
	call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return bind_fd(MULTIKERNEL_QUEUE_CALL, argument, call_fd);
}

static int called(const char *argument)
{
	call_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return bind_fd(MULTIKERNEL_QUEUE_CALL, argument, call_fd);
}

static int no_call(const char *argument)
{
	return bind_fd(MULTIKERNEL_QUEUE_CALL, argument, -1);
}

/* An open file that is no eventfd, and a number that is no open file. */
static int kick_by_node(const char *argument)
{
	return bind_fd(MULTIKERNEL_QUEUE_KICK, argument, node);
}

static int call_by_node(const char *argument)
{
	return bind_fd(MULTIKERNEL_QUEUE_CALL, argument, node);
}

static int call_by_none(const char *argument)
{
	return bind_fd(MULTIKERNEL_QUEUE_CALL, argument, 1000);
}

static int kicked(const char *argument)
{
	struct pollfd poller = { .fd = kick_fd, .events = POLLIN };
	int result = poll(&poller, 1, 1000 * number(argument));
	uint64_t kicks;

	if (result == 0)
		errno = ETIME;
	return result > 0 && read(kick_fd, &kicks, sizeof(kicks)) == sizeof(kicks) ? 0 : -1;
}

static int signal_call(const char *argument)
{
	uint64_t one = 1;

	(void)argument;
	return write(call_fd, &one, sizeof(one)) == sizeof(one) ? 0 : -1;
}

static int configure(const char *argument)
{
	struct multikernel_config config = {
		.size = sizeof(config), .config_size = attachment.config_size,
	};

	memset(config.config, number(argument), sizeof(config.config));
	return ioctl(node, MULTIKERNEL_CONFIG, &config);
}

/* All that a front end does at an event, and calls whenever it is kicked; prints how often what came. */
static int serve(const char *argument)
{
	double end = now() + number(argument);
	unsigned long ready = 0, reset = 0, kicks = 0;
	struct pollfd pollers[] = { { .fd = node, .events = POLLIN }, { .events = POLLIN } };
	struct multikernel_event event;

	if (kick("0"))
		return -1;
	pollers[1].fd = kick_fd;
	while (now() < end) {
		if (poll(pollers, 2, 100) <= 0)
			continue;
		if (pollers[1].revents) {
			kicked("0");
			kicks++;
			if (call_fd >= 0)
				signal_call(NULL);
		}
		if (!(pollers[0].revents & POLLIN))
			continue;
		if (read(node, &event, sizeof(event)) != sizeof(event))
			return -1;
		event_number = event.number;
		if (event.kind == MULTIKERNEL_EVENT_READY) {
			ready++;
			close(call_fd);
			close(kick_fd);
			if (!call("0") && !kick("0"))
				give_answer("1");
			pollers[1].fd = kick_fd;
		} else if (event.kind == MULTIKERNEL_EVENT_RESET) {
			reset++;
			give_answer("2");
		} else {
			break;
		}
	}
	printf("ready %lu reset %lu kicks %lu\n", ready, reset, kicks);
	return 0;
}

static unsigned long command;

static int take_command(const char *argument)
{
	command = _IO(0xE9, number(argument));
	return 0;
}

static int bytes(const char *argument)
{
	static uint32_t structure[4 * PAGE / 4];

	structure[0] = number(argument);
	return ioctl(node, command, structure);
}

static int drop(const char *argument)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	(void)argument;
	return syscall(SYS_capset, &header, data);
}

static int touch(const char *argument)
{
	int fd = open(argument, O_CREAT | O_WRONLY, 0644);

	return fd < 0 ? -1 : close(fd);
}

static int await(const char *argument)
{
	double end = now() + 600;

	while (access(argument, F_OK)) {
		if (now() > end)
			return -1;
		usleep(10000);
	}
	return 0;
}

static int rest(const char *argument)
{
	usleep(1000000 * number(argument));
	return 0;
}

/* arguments: how many words a step takes; -1: one, if it is one of "private" and "more" */
static const struct step {
	const char *name;
	int arguments;
	int (*take)(const char *argument);
} steps[] = {
	{ "open", 0, open_node }, { "close", 0, close_node }, { "set", 1, set }, { "name", 1, take_name },
	{ "attach", 0, attach }, { "detach", 0, detach }, { "unplug", 0, unplug }, { "memory", 1, memory },
	{ "map", -1, map }, { "splice", 1, splice_word },
	{ "where", 0, where }, { "flags", 0, print_flags }, { "churn", 1, churn }, { "size", 0, print_size }, { "read", 1, read_word },
	{ "at", 1, write_at }, { "write", 1, write_word }, { "fill", 1, fill }, { "count", 1, count },
	{ "event", 1, event }, { "look", 0, look }, { "answer", 1, give_answer }, { "stale", 1, give_stale_answer },
	{ "queue", 1, queue }, { "kick", 1, kick }, { "nokick", 1, no_kick }, { "call", 1, call },
	{ "called", 1, called },
	{ "nocall", 1, no_call }, { "kicknode", 1, kick_by_node }, { "callnode", 1, call_by_node },
	{ "callnone", 1, call_by_none }, { "kicked", 1, kicked }, { "signal", 0, signal_call },
	{ "configure", 1, configure }, { "serve", 1, serve }, { "command", 1, take_command }, { "bytes", 1, bytes },
	{ "drop", 0, drop }, { "touch", 1, touch }, { "await", 1, await }, { "sleep", 1, rest },
};

static const struct step *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (!strcmp(steps[i].name, name))
			return &steps[i];
	die(name);
	return NULL;
}

static bool takes_word(const struct step *step, const char *next)
{
	if (step->arguments >= 0)
		return step->arguments;
	return next && (!strcmp(next, "private") || !strcmp(next, "more"));
}

int main(int argc, char **argv)
{
	const struct step *step;
	const char *argument;
	bool must_fail;
	int result;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		die("no step");
	if (open_node(NULL)) {
		printf("open: %s\n", strerrorname_np(errno));
		return 1;
	}
	while (*++argv) {
		must_fail = !strcmp(*argv, "!") && argv[1];
		argv += must_fail;
		step = find(*argv);
		argument = takes_word(step, argv[1]) ? *++argv : NULL;
		text[0] = '\0';
		result = step->take(argument);
		if (result)
			printf("%s: %s%s%s\n", step->name, strerrorname_np(errno), text[0] ? ": " : "", text);
		else if (must_fail)
			printf("%s: succeeded\n", step->name);
		if (!!result != must_fail)
			return 1;
	}
	return 0;
}
