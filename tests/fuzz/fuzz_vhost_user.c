// SPDX-License-Identifier: GPL-2.0-only
/*
 * All that an engine may say to mkio: the input lies in the first socket, and a part of it in the
 * second, when the conversation begins; then they are closed.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "say.h"
#include "vhost_user.h"

#define INPUT_MAX 65536		/* what fits into a socket's buffer */
#define END_MS 350		/* as mkio has it */

int cli_refuse(const char *format, ...)
{
	(void)format;
	return 1;
}

/* Our end; what is said to the other one stays there, and is closed with it. */
static int make_socket(const u8 *bytes, size_t size, int *peer)
{
	int pair[2];

	MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	MUST(write(pair[1], bytes, size) == (ssize_t)size, "write");
	shutdown(pair[1], SHUT_WR);
	*peer = pair[1];
	return pair[0];
}

static void converse(const u8 *data, size_t size)
{
	static struct device device = { .served = 1, .attachment.fd = -1 };
	struct vhost_user engine = VHOST_USER_NONE;
	u8 config[60];
	int peer;
	int fd = make_socket(data, size, &peer);

	device.queue[0].kick = device.queue[0].call = fd;
	if (!vhost_user_greet(&engine, &device, fd)) {
		vhost_user_config(&engine, config, sizeof(config));
		vhost_user_start(&engine, &device, device.features);
	}
	vhost_user_end(&engine, END_MS);
	close(peer);
}

/* What it says by itself, to the last of it. */
static void listen_to(const u8 *data, size_t size)
{
	struct vhost_user engine = VHOST_USER_NONE;
	struct epoll_event event = { .events = EPOLLIN };
	bool changed;
	int peer;

	engine.requests = event.data.fd = make_socket(data, size, &peer);
	engine.either = epoll_create1(0);
	MUST(!epoll_ctl(engine.either, EPOLL_CTL_ADD, engine.requests, &event), "epoll");
	while (!vhost_user_ready(&engine, &changed))
		;
	vhost_user_end(&engine, END_MS);
	close(peer);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size > INPUT_MAX)
		return 0;
	converse(data, size);
	listen_to(data, size);
	return 0;
}
