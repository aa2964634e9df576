// SPDX-License-Identifier: GPL-2.0-only
/* Starting an mkio: as a unit of systemd's, or in the background. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device_server.h"
#include "place.h"
#include "ready.h"
#include "say.h"
#include "spawn_conf.h"
#include "sysfs.h"
#include "unit.h"

#define ATTACH_MS 60000		/* an engine reads its libraries first, and opens its image */

static void add(struct server *server, const char *word)
{
	server->word[server->count++] = word;
}

void server_add_option(struct server *server, const char *name, const char *value)
{
	add(server, name);
	add(server, value);
}

/* The same as in packaging/systemd/mkio@.service, where their reasons are. */
static const char *const properties[] = {
	"--property=After=network.target local-fs.target remote-fs.target",
	"--property=StartLimitIntervalSec=0",
	"--property=Type=notify",
	"--property=NotifyAccess=main",
	"--property=KillMode=mixed",
	"--property=KillSignal=SIGINT",
	"--property=RestartKillSignal=SIGTERM",
	"--property=TimeoutStartSec=60",
	"--property=TimeoutStopSec=10",
	"--property=Restart=on-failure",
	"--property=RestartSec=1",
	"--property=RestartPreventExitStatus=2 4",
	"--property=NoNewPrivileges=yes",
	"--property=CapabilityBoundingSet=CAP_SYS_BOOT CAP_NET_ADMIN CAP_SYS_ADMIN CAP_CHOWN CAP_DAC_OVERRIDE "
		"CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_MKNOD CAP_SETFCAP CAP_SETGID CAP_SETUID "
		"CAP_SYS_CHROOT CAP_SETPCAP CAP_SYS_RESOURCE",
	"--property=RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_VSOCK",
	"--property=SystemCallFilter=~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap",
	"--property=SystemCallErrorNumber=EPERM",
	"--property=MemoryDenyWriteExecute=yes",
	"--property=ProtectClock=yes",
	"--property=ProtectKernelLogs=yes",
	"--property=ProtectKernelModules=yes",
	"--property=ProtectHostname=yes",
	"--property=RestrictRealtime=yes",
	"--property=LockPersonality=yes",
	"--property=SystemCallArchitectures=native",
};

static void add_unit(struct server *server)
{
	const char *name = server->instance->config.name;
	size_t i;

	snprintf(server->text[1], SERVER_TEXT, "--unit=%s", server->unit);
	/* So the machine's end comes to the kernel first, which has something to write yet. */
	snprintf(server->text[2], SERVER_TEXT, "--property=Before=multikernel@%s.service", name);
	add(server, "systemd-run");
	add(server, "--quiet");
	add(server, "--collect");
	add(server, server->text[1]);
	if (spawn_name_is_sane(name, strlen(name)))
		add(server, server->text[2]);
	for (i = 0; i < ARRAY_SIZE(properties); i++)
		add(server, properties[i]);
	add(server, "--");
}

void server_begin(struct server *server, const char *kind)
{
	snprintf(server->unit, SERVER_UNIT, "mkio-%s-%s", server->instance->config.name, server->device);
	if (unit_manager_runs())
		add_unit(server);
	add(server, "mkio");
	add(server, kind);
	add(server, server->instance->config.name);
	server_add_option(server, "--name", server->device);
	add(server, "--replaceable");
}

/* systemd puts variables of its own in place of "${NAME}" in the words of a unit; "$$" is a dollar sign to it. */
static char *escape(const char *word)
{
	char *escaped = malloc(2 * strlen(word) + 1), *to = escaped;

	if (!escaped)
		_exit(CLI_REFUSED);
	for (; *word; word++) {
		if (*word == '$')
			*to++ = '$';
		*to++ = *word;
	}
	*to = '\0';
	return escaped;
}

static void __attribute__((noreturn)) become(const struct server *server, const char *notify)
{
	if (*notify) {
		setenv("NOTIFY_SOCKET", notify, 1);
		setsid();
		if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout) ||
		    dup2(server->log, STDERR_FILENO) < 0)
			_exit(1);
	}
	execvp(*server->word, (char *const *)server->word);
	cli_refuse("%s: cannot start %s: %s", server->instance->config.name, *server->word,
		   strerror(errno));
	_exit(CLI_REFUSED);
}

static void __attribute__((noreturn)) become_unit(struct server *server)
{
	int i;

	for (i = 0; i < server->count; i++)
		if (server->word[i])
			server->word[i] = escape(server->word[i]);
	become(server, "");
}

/*
 * What it says in the background, also later, when nobody listens to us any more. systemd has a
 * journal for that.
 */
static int open_log(struct server *server)
{
	char path[SYSFS_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/mkio-%s-%s.log", PLACE_RUN, server->instance->config.name,
		 server->device);
	place_make_run();
	server->log = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	return server->log < 0 ? cli_refuse("%s: %s", path, strerror(errno)) : CLI_OK;
}

static void print_log(const struct server *server)
{
	char text[SYSFS_TEXT_SIZE];
	ssize_t size = server->log < 0 ? 0 : pread(server->log, text, sizeof(text), 0);

	if (size > 0)
		fwrite(text, 1, size, stderr);
}

/* It says by itself why not. */
static int wait_for_end(const struct server *server, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CLI_REFUSED;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return CLI_OK;
	print_log(server);
	return cli_refuse("%s: device \"%s\" is not served, and nothing is booted",
			  server->instance->config.name, server->device);
}

static int wait_for_ready(const struct server *server, pid_t pid, int notify)
{
	int process = syscall(SYS_pidfd_open, pid, 0);
	int ready = ready_wait(notify, process, ATTACH_MS);

	if (ready == -ETIMEDOUT)
		kill(pid, SIGTERM);
	close(process);
	return ready > 0 ? CLI_OK : wait_for_end(server, pid);
}

/* A unit of that name whose device is not served is one that fails, or that has not ended yet. */
static int start_unit(struct server *server)
{
	pid_t pid;
	int code;

	unit_stop(server->unit);
	pid = fork();
	if (!pid)
		become_unit(server);
	if (pid < 0)
		return cli_refuse("cannot start %s: %s", *server->word, strerror(errno));
	code = wait_for_end(server, pid);
	if (code) {
		unit_stop(server->unit);
		cli_warn("journalctl -u %s says why", server->unit);
	}
	return code;
}

static int start_in_background(struct server *server)
{
	char name[READY_NAME];
	int notify = ready_listen(name), code;
	pid_t pid;

	if (notify < 0)
		return cli_refuse("cannot have a socket: %s", strerror(errno));
	code = open_log(server);
	if (!code) {
		pid = fork();
		if (!pid)
			become(server, name);
		code = pid < 0 ? cli_refuse("cannot start %s: %s", *server->word, strerror(errno)) :
			wait_for_ready(server, pid, notify);
	}
	if (server->log >= 0)
		close(server->log);
	close(notify);
	return code;
}

int server_start(struct server *server)
{
	add(server, NULL);
	fflush(stdout);
	server->log = -1;
	return unit_manager_runs() ? start_unit(server) : start_in_background(server);
}
