// SPDX-License-Identifier: GPL-2.0-only
/* Sockets to agents, from a port that only root has; and messages one at a time. */
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bound.h"
#include "clock.h"
#include "link.h"

#define LOWEST_PORT 512
#define RETRY_MS 50

/* In the build for tests an agent may run on this kernel. */
static const char *agent_socket(void)
{
#ifdef MKCTL_TEST
	return getenv("MKRUN_AGENT");
#else
	return NULL;
#endif
}

static int connect_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -ECONNREFUSED;
}

static int bind_low(int fd)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };
	u32 port;

	for (port = AGENT_PORT_TRUSTED; port >= LOWEST_PORT; port--) {
		address.svm_port = port;
		if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
			return 0;
		if (errno != EADDRINUSE)
			return -errno;
	}
	return -EADDRINUSE;
}

static int connect_vsock(u32 cid)
{
	const struct sockaddr_vm address = {
		.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = AGENT_PORT,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = bind_low(fd);
	if (!err && connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

u64 link_deadline(void)
{
	return clock_ms() + bound_ms("MKRUN_ANSWER_MS", LINK_ANSWER_MS);
}

/* At the deadline what is there is still taken, but nothing waited for. */
static bool wait_until(struct pollfd *file, u64 deadline)
{
	u64 now = clock_ms();

	return poll(file, 1, now < deadline ? deadline - now : 0) == 1;
}

int link_send(struct stream *stream, const struct agent_message *message)
{
	struct pollfd file = { .fd = stream->fd, .events = POLLOUT };
	u64 deadline = link_deadline();
	int err;

	while ((err = stream_send(stream, message)) == -EMSGSIZE && stream->out_size) {
		if (!wait_until(&file, deadline))
			return -ETIMEDOUT;
		err = stream_flush(stream);
		if (err)
			return err;
	}
	return err;
}

int link_send_type(struct stream *stream, enum agent_type type)
{
	const struct agent_message message = { .type = type };

	return link_send(stream, &message);
}

int link_hear(struct stream *stream, struct agent_message *message, u64 deadline)
{
	struct pollfd file = { .fd = stream->fd };
	int got, err;

	while (!(got = stream_next(stream, message))) {
		file.events = POLLIN | (stream->out_size ? POLLOUT : 0);
		if (!wait_until(&file, deadline))
			return -ETIMEDOUT;
		err = stream_flush(stream);
		if (!err && file.revents & ~POLLOUT)
			err = stream_receive(stream);
		if (err)
			return err;
	}
	return got < 0 ? got : 0;
}

static int greet(struct stream *stream, const char *container)
{
	const struct agent_message name = { .type = AGENT_CONTAINER, .text = { container } };
	struct agent_message message;
	int err = stream_send_number(stream, AGENT_HELLO, AGENT_VERSION);

	if (!err)
		err = link_hear(stream, &message, link_deadline());
	if (!err && message.type != AGENT_WELCOME)
		err = -EPROTO;
	return err || !container ? err : link_send(stream, &name);
}

int link_open(struct stream *stream, u32 cid, const char *container)
{
	const char *socket = agent_socket();
	int fd = socket ? connect_unix(socket) : connect_vsock(cid), err;

	if (fd < 0)
		return fd;
	stream_begin(stream, fd);
	err = greet(stream, container);
	if (err) {
		close(fd);
		stream->fd = -1;
	}
	return err;
}

int link_open_within(struct stream *stream, u32 cid, const char *container, u32 seconds,
		     bool (*goes_on)(void))
{
	u64 end = clock_ms() + seconds * 1000ULL;
	int err;

	while ((err = link_open(stream, cid, container)) && goes_on() && clock_ms() < end)
		usleep(RETRY_MS * 1000);
	return err;
}
