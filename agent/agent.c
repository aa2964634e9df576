// SPDX-License-Identifier: GPL-2.0-only
/*
 * mk-agent, the first process of a container's kernel: it does there what mkrun on the host asks
 * for. Connections are independent of each other, but for one: when that of the container's first
 * process ends, so does all.
 *
 *	mk-agent			as the first process of a kernel
 *	mk-agent SOCKET SHARE		for tests: a Unix socket, and a directory for the share
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "machine.h"
#include "session.h"

#define SESSIONS_MAX 64

static struct session *sessions[SESSIONS_MAX], *container;
static const char *share = MACHINE_SHARE;

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

	for (i = 0; i < SESSIONS_MAX && sessions[i]; i++)
		;
	if (i < SESSIONS_MAX)
		sessions[i] = session_new(fd);
	if (i == SESSIONS_MAX || !sessions[i])
		close(fd);
}

/* Does the container go on? */
static bool serve(int index, const struct pollfd *files)
{
	struct session *session = sessions[index];
	int err = session_serve(session, files, share, container);

	/*
	 * Who was first to make a process has made the container: nothing else can be made before.
	 */
	if (!container && session->process.pid)
		container = session;
	if (!err)
		return true;
	session_free(session);
	sessions[index] = NULL;
	return session != container;
}

/*
 * Orphans of the go-betweens and of the container itself are nobody's; sessions wait for their own.
 */
static void run(int listener, int (*next)(int fd))
{
	static struct pollfd files[1 + SESSIONS_MAX * SESSION_FILES];
	int i, fd;

	for (;;) {
		bool patience = false;

		for (i = 0; i < SESSIONS_MAX; i++) {
			patience |= sessions[i] && session_has_patience(sessions[i]);
			if (sessions[i])
				session_watch(sessions[i], files + 1 + i * SESSION_FILES);
			else
				memset(files + 1 + i * SESSION_FILES, 0xff,
				       SESSION_FILES * sizeof(*files));
		}
		files[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
		if (poll(files, ARRAY_SIZE(files), patience ? SESSION_PATIENCE_S * 1000 : -1) < 0)
			continue;
		for (i = 0; i < SESSIONS_MAX; i++)
			if (sessions[i] && !serve(i, files + 1 + i * SESSION_FILES))
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
	if (getpid() != 1 && argc == 3) {
		share = argv[2];
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
