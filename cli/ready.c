// SPDX-License-Identifier: GPL-2.0-only
/* A socket in the abstract namespace, where no file is left over. */
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "ready.h"

int ready_listen(char name[READY_NAME])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(sa_family_t);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size))
		return -1;
	size = sizeof(address);
	getsockname(fd, (struct sockaddr *)&address, &size);
	snprintf(name, READY_NAME, "@%.*s", (int)(size - offsetof(struct sockaddr_un, sun_path) - 1),
		 address.sun_path + 1);
	return fd;
}
