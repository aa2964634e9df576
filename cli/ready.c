// SPDX-License-Identifier: GPL-2.0-only
/* A socket in the abstract namespace, where no file is left over. */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "ready.h"

int ready_listen(char name[READY_NAME])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(sa_family_t);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		return -1;
	size = sizeof(address);
	getsockname(fd, (struct sockaddr *)&address, &size);
	snprintf(name, READY_NAME, "@%.*s", (int)(size - offsetof(struct sockaddr_un, sun_path) - 1),
		 address.sun_path + 1);
	return fd;
}

static bool is_trusted_news(int fd)
{
	char text[64], control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = { text, sizeof(text) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *about;
	struct ucred who;

	if (recvmsg(fd, &message, MSG_DONTWAIT) < 0)
		return false;
	about = CMSG_FIRSTHDR(&message);
	if (!about || about->cmsg_type != SCM_CREDENTIALS)
		return false;
	memcpy(&who, CMSG_DATA(about), sizeof(who));
	return !who.uid || who.uid == getuid();
}

int ready_wait(int fd, int ended, int ms)
{
	struct pollfd files[] = { { .fd = fd, .events = POLLIN }, { .fd = ended, .events = POLLIN } };
	u64 deadline = clock_ms() + ms, now;

	while ((now = clock_ms()) < deadline) {
		if (poll(files, ARRAY_SIZE(files), deadline - now) < 1)
			continue;
		if (files[0].revents && is_trusted_news(fd))
			return 1;
		if (files[1].revents)
			return 0;
	}
	return -ETIMEDOUT;
}
