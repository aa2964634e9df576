// SPDX-License-Identifier: GPL-2.0-only
/* From container_ask(), which is root as we are. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "request.h"

#define REQUEST_S 30		/* a request comes at once, unless who has it is kept from running */

int request_listen(const struct container *container)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int directory = open(container->directory, O_PATH | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	/* A path of a socket has 107 characters, and an id may have more. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/control", directory);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16))
		return -errno;
	close(directory);
	return fd;
}

void request_hear(int fd, char request[REQUEST_SIZE])
{
	struct timeval patience = { .tv_sec = REQUEST_S };
	ssize_t size;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	do
		size = recv(fd, request, REQUEST_SIZE - 1, 0);
	while (size < 0 && errno == EINTR);
	request[size > 0 ? size : 0] = '\0';
}

void request_answer(int fd, const char *text)
{
	send(fd, text, strlen(text), MSG_NOSIGNAL);
	close(fd);
}
