// SPDX-License-Identifier: GPL-2.0-only
/*
 * So many requests to a device, or to what stands beside it, one after another. Before the first
 * and after the last is a mark for bench/count.c. A file's are at random places, the same in each
 * run, and past the page cache where its file system can do that.
 *
 *	request answer udp|vsock		in the background, until killed: sends back each message
 *	request take tcp|vsock			the same: takes all that comes, and says so at its end
 *	request ask udp|vsock ADDRESS COUNT	messages there and back
 *	request send tcp|vsock ADDRESS COUNT	pieces of 64 KB, until the other side has them all
 *	request read|write FILE DEPTH COUNT	4 KB each, so many at a time
 *	request open FILE COUNT			opened, 4 KB read, closed
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/vm_sockets.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mark.h"
#include "process.h"

#define ANSWER_PORT 1234
#define TAKE_PORT 1235
#define BLOCK 4096
#define PIECE 65536
#define DEPTH_MAX 64
#define SEED 4711

struct kind {
	const char *name;
	int family;
	int type;
	size_t message;	/* bytes of one that is answered */
};

static const struct kind kinds[] = {
	{ "udp", AF_INET, SOCK_DGRAM, 64 },
	{ "tcp", AF_INET, SOCK_STREAM, BLOCK },
	{ "vsock", AF_VSOCK, SOCK_STREAM, BLOCK },
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_vm vm;
};

static char bytes[PIECE] __attribute__((aligned(BLOCK)));

static void check(long result, const char *what)
{
	if (result < 0)
		broken(what);
}

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	errno = EPFNOSUPPORT;
	broken(name);
}

/* Of another kernel, or without a text any of this one's. */
static socklen_t fill(union address *address, const struct kind *kind, unsigned int port,
		      const char *text)
{
	memset(address, 0, sizeof(*address));
	address->any.sa_family = kind->family;
	if (kind->family == AF_VSOCK) {
		address->vm.svm_port = port;
		address->vm.svm_cid = text ? (unsigned int)atoi(text) : VMADDR_CID_ANY;
		return sizeof(address->vm);
	}
	address->in.sin_port = htons(port);
	address->in.sin_addr.s_addr = text ? inet_addr(text) : htonl(INADDR_ANY);
	return sizeof(address->in);
}

static int reach(const struct kind *kind, unsigned int port, const char *text)
{
	union address address;
	socklen_t length = fill(&address, kind, port, text);
	int fd = socket(kind->family, kind->type, 0);

	check(fd, "a socket");
	check(connect(fd, &address.any, length), text);
	return fd;
}

static int offer(const struct kind *kind, unsigned int port)
{
	union address address;
	socklen_t length = fill(&address, kind, port, NULL);
	int fd = socket(kind->family, kind->type, 0), yes = 1;

	check(fd, "a socket");
	check(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), "its address");
	check(bind(fd, &address.any, length), "its address");
	if (kind->type == SOCK_STREAM)
		check(listen(fd, 8), "listen");
	check(daemon(1, 1), "the background");	/* who waits for this process can reach it now */
	return fd;
}

/* A message may come in several pieces where it is one of a stream. False at its end. */
static bool receive(int fd, size_t size)
{
	size_t done = 0;
	ssize_t count;

	while (done < size) {
		count = read(fd, bytes, size - done);
		check(count, "receive");
		if (!count)
			return false;
		done += count;
	}
	return true;
}

static void pass_on(int fd, size_t size)
{
	size_t done = 0;
	ssize_t count;

	for (; done < size; done += count) {
		count = write(fd, bytes, size - done);
		check(count, "send");
	}
}

static void answer(int fd, const struct kind *kind)
{
	while (receive(fd, kind->message))
		pass_on(fd, kind->message);
}

static void take(int fd, const struct kind *kind)
{
	ssize_t count;

	(void)kind;
	do {
		count = read(fd, bytes, PIECE);
		check(count, "receive");
	} while (count);
	pass_on(fd, 1);
}

/* For each who connects a process of its own. */
static void serve(const struct kind *kind, unsigned int port,
		  void (*how)(int fd, const struct kind *kind))
{
	int listener = offer(kind, port), fd;

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		check(fd, "accept");
		if (!fork()) {
			how(fd, kind);
			_exit(0);
		}
		close(fd);
	}
}

/* Datagrams have no connection: each goes back to where it came from. */
static void answer_datagrams(const struct kind *kind)
{
	int fd = offer(kind, ANSWER_PORT);
	union address from;

	for (;;) {
		socklen_t length = sizeof(from);
		ssize_t count = recvfrom(fd, bytes, sizeof(bytes), 0, &from.any, &length);

		check(count, "receive");
		check(sendto(fd, bytes, count, 0, &from.any, length), "send");
	}
}

static void ask(const char *name, const char *address, long count)
{
	const struct kind *kind = kind_of(name);
	int fd = reach(kind, ANSWER_PORT, address);

	mark();
	while (count--) {
		pass_on(fd, kind->message);
		if (!receive(fd, kind->message))
			broken("an answer");
	}
	mark();
}

static void send_pieces(const char *name, const char *address, long count)
{
	int fd = reach(kind_of(name), TAKE_PORT, address);

	mark();
	while (count--)
		pass_on(fd, PIECE);
	check(shutdown(fd, SHUT_WR), "its end");
	if (!receive(fd, 1))
		broken("an answer");
	mark();
}

/* A file system in memory knows of no way past the page cache: it has nothing else. */
static int open_file(const char *file)
{
	int fd = open(file, O_RDWR | O_DIRECT);

	if (fd < 0 && errno == EINVAL)
		fd = open(file, O_RDWR);
	check(fd, file);
	return fd;
}

static long block_count(int fd, const char *file)
{
	off_t size = lseek(fd, 0, SEEK_END);

	check(size, file);
	if (size < BLOCK) {
		errno = ENODATA;
		broken(file);
	}
	return size / BLOCK;
}

static void prepare(struct iocb *request, int fd, int opcode, long blocks)
{
	*request = (struct iocb){
		.aio_lio_opcode = opcode, .aio_fildes = fd, .aio_buf = (uintptr_t)bytes,
		.aio_nbytes = BLOCK, .aio_offset = rand() % blocks * BLOCK,
	};
}

static long wait_for_some(aio_context_t context)
{
	struct io_event done[DEPTH_MAX];
	long count = syscall(SYS_io_getevents, context, 1, DEPTH_MAX, done, NULL);

	check(count, "an answer");
	for (long i = 0; i < count; i++) {
		if (done[i].res == BLOCK)
			continue;
		errno = done[i].res < 0 ? -done[i].res : EIO;
		broken("a request");
	}
	return count;
}

static void work_on(int fd, int opcode, long count, long blocks, long depth)
{
	struct iocb request, *list = &request;
	aio_context_t context = 0;
	long flying = 0;

	srand(SEED);
	check(syscall(SYS_io_setup, DEPTH_MAX, &context), "asynchronous requests");
	mark();
	while (count || flying) {
		for (; count && flying < depth; count--, flying++) {
			prepare(&request, fd, opcode, blocks);
			check(syscall(SYS_io_submit, context, 1, &list), "a request");
		}
		flying -= wait_for_some(context);
	}
	mark();
}

static void work_on_file(bool reads, const char *file, long count, long depth)
{
	int fd = open_file(file);

	if (depth < 1 || depth > DEPTH_MAX) {
		errno = EINVAL;
		broken("so many at a time");
	}
	work_on(fd, reads ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE, count, block_count(fd, file), depth);
}

static void open_again(const char *file, long count)
{
	mark();
	while (count--) {
		int fd = open(file, O_RDONLY);

		check(fd, file);
		check(pread(fd, bytes, BLOCK, 0), file);
		close(fd);
	}
	mark();
}

static int wrong_usage(const char *what)
{
	fprintf(stderr, "request: what is \"%s\"?\n", what);
	return 2;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (argc == 3 && !strcmp(what, "answer") && kind_of(argv[2])->type == SOCK_DGRAM)
		answer_datagrams(kind_of(argv[2]));
	else if (argc == 3 && !strcmp(what, "answer"))
		serve(kind_of(argv[2]), ANSWER_PORT, answer);
	else if (argc == 3 && !strcmp(what, "take"))
		serve(kind_of(argv[2]), TAKE_PORT, take);
	else if (argc == 5 && !strcmp(what, "ask"))
		ask(argv[2], argv[3], atol(argv[4]));
	else if (argc == 5 && !strcmp(what, "send"))
		send_pieces(argv[2], argv[3], atol(argv[4]));
	else if (argc == 5 && (!strcmp(what, "read") || !strcmp(what, "write")))
		work_on_file(!strcmp(what, "read"), argv[2], atol(argv[4]), atol(argv[3]));
	else if (argc == 4 && !strcmp(what, "open"))
		open_again(argv[2], atol(argv[3]));
	else
		return wrong_usage(what);
	return 0;
}
