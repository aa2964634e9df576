// SPDX-License-Identifier: GPL-2.0-only
/*
 * mk-agent, the first process of a container's kernel: it does there what mkrun on the host asks
 * for. Connections are independent of each other, but for one: when that of the pod ends, or of the
 * only container where there is no pod, so does all.
 *
 *	mk-agent			as the first process of a kernel
 *	mk-agent SOCKET SHARE		for tests: a Unix socket, and a directory for the share
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent.h"
#include "machine.h"
#include "serve.h"

static struct agent agent = { .share = MACHINE_SHARE };

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16))
		return -1;
	return fd;
}

static void add_session(int fd)
{
	int i;

	for (i = 0; i < AGENT_SESSIONS && agent.session[i]; i++)
		;
	if (i < AGENT_SESSIONS)
		agent.session[i] = session_new(fd);
	if (i == AGENT_SESSIONS || !agent.session[i])
		close(fd);
}

/* Does it all go on? */
static bool serve_one(int index, const struct pollfd *files)
{
	struct session *session = agent.session[index];

	if (!serve(session, files, &agent))
		return true;
	agent.session[index] = NULL;
	serve_end(session, &agent);
	return session != agent.keeper;
}

/*
 * Orphans of the go-betweens and of the containers themselves are nobody's; sessions wait for their
 * own.
 */
static void run(int listener, int (*next)(int fd))
{
	static struct pollfd files[1 + AGENT_SESSIONS * SESSION_FILES];
	int i, fd;

	for (;;) {
		bool patience = false;

		for (i = 0; i < AGENT_SESSIONS; i++) {
			patience |= agent.session[i] && session_has_patience(agent.session[i]);
			if (agent.session[i])
				session_watch(agent.session[i], files + 1 + i * SESSION_FILES);
			else
				memset(files + 1 + i * SESSION_FILES, 0xff,
				       SESSION_FILES * sizeof(*files));
		}
		files[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
		if (poll(files, ARRAY_SIZE(files), patience ? SESSION_PATIENCE_S * 1000 : -1) < 0)
			continue;
		for (i = 0; i < AGENT_SESSIONS; i++)
			if (agent.session[i] && !serve_one(i, files + 1 + i * SESSION_FILES))
				return;
		if (!files[0].revents)
			continue;
		fd = next(listener);
		if (fd >= 0)
			add_session(fd);
	}
}

static int accept_any(int fd)
{
	return accept4(fd, NULL, NULL, SOCK_CLOEXEC);
}

int main(int argc, char **argv)
{
	int listener;

	signal(SIGPIPE, SIG_IGN);
	umask(0);
	/* A kernel hands its first process words that it does not know. */
	if (getpid() != 1) {
		if (argc != 3) {
			fputs("mk-agent: only for the first process of a container's kernel\n", stderr);
			return 2;
		}
		agent.share = argv[2];
		listener = listen_at(argv[1]);
		if (listener < 0)
			return 1;
		run(listener, accept_any);
		return 0;
	}
	machine_begin();
	cgroup_begin();
	listener = machine_listen();
	if (listener >= 0)
		run(listener, machine_accept);
	machine_power_off();
	return 1;
}
