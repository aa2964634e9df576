// SPDX-License-Identifier: GPL-2.0-only
/* Names and IPC have namespaces; the network is that of the kernel, which nobody else has. */
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "inside.h"
#include "network.h"
#include "pod.h"

static int refuse(char *reason, size_t room, const char *what, const char *about)
{
	int error = errno;

	snprintf(reason, room, "cannot %s %s: %s", what, about, strerror(error));
	return -error;
}

/* No name leads out of the directory of all sysctls. */
static int open_sysctl(const char *name)
{
	int root = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	if (root < 0)
		return -1;
	fd = inside_open(root, name, O_WRONLY);
	close(root);
	return fd;
}

static int set_sysctl(const char *name, const char *value, char *reason, size_t room)
{
	int fd = open_sysctl(name), err = 0;

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		err = refuse(reason, room, "set", name);
	if (fd >= 0)
		close(fd);
	return err;
}

int pod_take(const struct agent_message *message, char *reason, size_t room)
{
	switch (message->type) {
	case AGENT_HOSTNAME:
		return sethostname(message->text[0], strlen(message->text[0])) ?
			refuse(reason, room, "be named", message->text[0]) : 0;
	case AGENT_INTERFACE:
	case AGENT_ADDRESS:
	case AGENT_ROUTE:
		return network_take(message, reason, room);
	case AGENT_SYSCTL:
		return set_sysctl(message->text[0], message->text[1], reason, room);
	default:
		return 0;
	}
}

int pod_make(const struct spec *spec, char *reason, size_t room)
{
	struct agent_message message;
	size_t at = 0;
	int err;

	if (unshare(CLONE_NEWUTS | CLONE_NEWIPC))
		return refuse(reason, room, "make", "namespaces for a pod");
	err = network_begin(reason, room);
	while (!err && spec_next(spec, &at, &message))
		err = pod_take(&message, reason, room);
	return err;
}
