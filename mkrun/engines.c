// SPDX-License-Identifier: GPL-2.0-only
/* Starting mkio, and hearing from it that a device is attached (sd_notify(3)). */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bound.h"
#include "engines.h"
#include "parent.h"
#include "protocol.h"
#include "ready.h"
#include "say.h"

#define ENGINES_MAX (2 + NETWORK_INTERFACES)
#define ATTACH_MS 60000		/* an engine reads its libraries first */
#define END_MS 10000		/* mkio ends its own engine meanwhile */
#define KILL_MS 1000
#define LOOK_MS 10
#define SAID_MAX 65536	/* as much as a pipe holds */

static pid_t engines[ENGINES_MAX];
static u32 count;
static int said = -1;	/* an epoll(7) of what they say */

static int refuse(char *why, const char *sentence)
{
	snprintf(why, INSTANCE_WHY, "%.*s", INSTANCE_WHY - 1, sentence);
	return CLI_REFUSED;
}

static void __attribute__((noreturn)) become(const char *const *words, const char *notify,
					     pid_t parent, int said)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/*
	 * At the host's end systemd sends it to all processes in the container's scope at once: the
	 * container shall have its devices until it has done what it has to do then.
	 */
	signal(SIGTERM, SIG_IGN);
	if (!parent_end_with(parent, SIGINT))
		_exit(1);
	setsid();
	setenv("NOTIFY_SOCKET", notify, 1);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(said, STDERR_FILENO);
	execvp(*words, (char *const *)words);
	dprintf(STDERR_FILENO, "cannot run %s: %s", *words, strerror(errno));
	_exit(1);
}

/* The last line of it, which is why it has ended: an engine may have told before that it begins. */
static void read_last_line(int said, char text[SAID_MAX])
{
	ssize_t size = read(said, text, SAID_MAX - 1), end = size > 0 ? size : 0;
	char *line;

	while (end && text[end - 1] == '\n')
		end--;
	text[end] = '\0';
	line = strrchr(text, '\n');
	if (line)
		memmove(text, line + 1, strlen(line));
}

/* Attached, or ended with a reason. */
static int wait_for_ready(int notify, pid_t pid, int said, char *why)
{
	int process = syscall(SYS_pidfd_open, pid, 0);
	int ready = ready_wait(notify, process, ATTACH_MS);
	char text[SAID_MAX];

	close(process);
	if (ready > 0)
		return CLI_OK;
	if (ready < 0)
		return refuse(why, "a device is not attached in time");
	read_last_line(said, text);
	return refuse(why, *text ? text : "a device's engine has ended");
}

/*
 * What it says later is of no use to anybody, but is read: one that waits for a reader serves its device
 * no more.
 */
static int keep_hearing(int pipe, char *why)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = pipe };

	if (said < 0)
		said = epoll_create1(EPOLL_CLOEXEC);
	if (!epoll_ctl(said, EPOLL_CTL_ADD, pipe, &event))
		return CLI_OK;
	close(pipe);
	return refuse(why, strerror(errno));
}

int engines_said(void)
{
	return said;
}

void engines_hear(void)
{
	struct epoll_event event;
	char rest[4096];

	if (epoll_wait(said, &event, 1, 0) == 1 && read(event.data.fd, rest, sizeof(rest)) <= 0)
		close(event.data.fd);
}

static int start(const char *const *words, int notify, const char *name, char *why)
{
	pid_t parent = getpid(), pid;
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC))
		return refuse(why, strerror(errno));
	pid = fork();
	if (!pid)
		become(words, name, parent, ends[1]);
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (pid > 0)
		engines[count++] = pid;
	code = pid < 0 ? refuse(why, strerror(errno)) : wait_for_ready(notify, pid, ends[0], why);
	if (!code)
		return keep_hearing(ends[0], why);
	close(ends[0]);
	return code;
}

static int start_network(const struct machine *machine, const struct network *network, int notify,
			 const char *name, char *why)
{
	const struct network_interface *each = network->interface;
	int code = CLI_OK;

	for (; !code && each < network->interface + network->count; each++)
		code = start((const char *const[]){ "mkio", "net", machine->name, "--tap",
						    each->tap, "--mac", each->mac, "--mtu",
						    each->mtu, "--name", each->device, NULL },
			     notify, name, why);
	return code;
}

int engines_start(const struct machine *machine, const struct conf *conf, const char *share,
		  const struct network *network, char why[INSTANCE_WHY])
{
	const char *const vsock[] = { "mkio", "vsock", machine->name, NULL };
	const char *const files[] = { "mkio", "share", machine->name, "--tag", AGENT_SHARE, "--dir",
				      share,
				      *conf->engine ? "--engine" : NULL, conf->engine, NULL };
	char name[READY_NAME];
	int notify = ready_listen(name), code;

	if (notify < 0)
		return refuse(why, strerror(errno));
	code = start(vsock, notify, name, why);
	if (!code)
		code = start(files, notify, name, why);
	if (!code)
		code = start_network(machine, network, notify, name, why);
	close(notify);
	return code;
}

/* How many run still. */
static u32 look(void)
{
	u32 i, running = 0;

	for (i = 0; i < count; i++) {
		if (engines[i] && waitpid(engines[i], NULL, WNOHANG))
			engines[i] = 0;
		running += !!engines[i];
	}
	return running;
}

bool engines_run(void)
{
	return look() == count;
}

static void tell_all(int number)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (engines[i])
			kill(engines[i], number);
}

static bool wait_for_ends(u32 ms)
{
	u32 running;

	while ((running = look()) && ms) {
		usleep(LOOK_MS * 1000);
		ms -= LOOK_MS;
	}
	return !running;
}

void engines_end(void)
{
	tell_all(SIGINT);
	if (!wait_for_ends(bound_ms("MKRUN_END_MS", END_MS))) {
		tell_all(SIGKILL);
		wait_for_ends(KILL_MS);
	}
	count = 0;
}
