// SPDX-License-Identifier: GPL-2.0-only
/* From container_ask(), which is root as we are. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "request.h"

#define REQUEST_S 30		/* a request comes at once, unless who has it is kept from running */

void request_of_limits(const struct limits *limits, char request[REQUEST_SIZE])
{
	snprintf(request, REQUEST_SIZE, "limits %llu %llu %llu %llu",
		 (unsigned long long)limits->tasks, (unsigned long long)limits->memory,
		 (unsigned long long)limits->cpu_time, (unsigned long long)limits->cpu_period);
}

bool request_limits(const char *request, struct limits *limits)
{
	unsigned long long tasks, memory, time, period;

	if (sscanf(request, "limits %llu %llu %llu %llu", &tasks, &memory, &time, &period) != 4)
		return false;
	*limits = (struct limits){ tasks, memory, time, period };
	return true;
}

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
