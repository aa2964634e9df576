// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stream sockets between host and spawn, for tests on either side:
 *
 *	vsock echo PORT [FILE]		answers each connection with what it says, until killed; the file is made as
 *					soon as it listens
 *	vsock connect CID PORT		standard input goes there, what comes back to standard output
 *	vsock cid			the number of this kernel
 *
 * Exit status: 0, or 1 after a line that says what has failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#define PIECE 65536
#define CONNECT_SECONDS 30	/* instead of the kernel's two: a machine that is held up may let them pass */

static void check(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "vsock: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_all(int fd, const char *bytes, ssize_t count, const char *what)
{
	ssize_t done;

	for (; count > 0; bytes += done, count -= done) {
		done = write(fd, bytes, count);
		check(done, what);
	}
}

static struct sockaddr_vm address(unsigned int cid, unsigned int port)
{
	return (struct sockaddr_vm){ .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
}

static void answer(int connection)
{
	static char bytes[PIECE];
	ssize_t count;

	while ((count = read(connection, bytes, sizeof(bytes))) > 0)
		write_all(connection, bytes, count, "echo");
	check(count, "read");
}

static int echo(unsigned int port, const char *ready)
{
	struct sockaddr_vm any = address(VMADDR_CID_ANY, port);
	int listener = socket(AF_VSOCK, SOCK_STREAM, 0), connection;

	check(listener, "socket");
	check(bind(listener, (void *)&any, sizeof(any)), "bind");
	check(listen(listener, 8), "listen");
	if (ready)
		check(creat(ready, 0644), ready);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		connection = accept(listener, NULL, NULL);
		check(connection, "accept");
		if (!fork()) {
			answer(connection);
			return 0;
		}
		close(connection);
	}
}

/* The sender is a process of its own, so that neither direction waits for the other. */
static int connect_to(unsigned int cid, unsigned int port)
{
	static char bytes[PIECE];
	struct sockaddr_vm there = address(cid, port);
	struct timeval patience = { .tv_sec = CONNECT_SECONDS };
	int connection = socket(AF_VSOCK, SOCK_STREAM, 0);
	ssize_t count;

	check(connection, "socket");
	check(setsockopt(connection, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &patience, sizeof(patience)),
	      "patience");
	check(connect(connection, (void *)&there, sizeof(there)), "connect");
	if (!fork()) {
		while ((count = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0)
			write_all(connection, bytes, count, "send");
		check(shutdown(connection, SHUT_WR), "shutdown");
		return 0;
	}
	while ((count = read(connection, bytes, sizeof(bytes))) > 0)
		write_all(STDOUT_FILENO, bytes, count, "output");
	check(count, "receive");
	return 0;
}

static int print_cid(void)
{
	int fd = open("/dev/vsock", O_RDONLY);
	unsigned int cid;

	check(fd, "/dev/vsock");
	check(ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid), "cid");
	printf("%u\n", cid);
	return 0;
}

int main(int argc, char **argv)
{
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "echo"))
		return echo(atoi(argv[2]), argv[3]);
	if (argc == 4 && !strcmp(argv[1], "connect"))
		return connect_to(atoi(argv[2]), atoi(argv[3]));
	if (argc == 2 && !strcmp(argv[1], "cid"))
		return print_cid();
	fprintf(stderr, "usage: vsock echo PORT [FILE] | connect CID PORT | cid\n");
	return 1;
}
