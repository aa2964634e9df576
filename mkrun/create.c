// SPDX-License-Identifier: GPL-2.0-only
/* mkrun create: a container that waits for its start. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "kernel.h"
#include "log.h"
#include "mkrun.h"
#include "monitor.h"
#include "pid_file.h"
#include "sandbox.h"
#include "terminal.h"

static const char *directory = ".", *pid_file, *console;
static u64 preserve;
static bool ignored;

/* And those above it: containerd's root has none until a runtime makes them. */
static void make_root(void)
{
	char path[CONTAINER_PATH], *slash;

	snprintf(path, sizeof(path), "%s/", mkrun_root);
	for (slash = path; (slash = strchr(slash + 1, '/')); ) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static int make_directory(const struct container *container, struct container *made)
{
	make_root();
	if (!mkdir(container->directory, 0700)) {
		*made = *container;
		return container_pin(made) ? CLI_OK : container_refuse_missing(container);
	}
	if (errno == EEXIST)
		return log_refuse("container \"%s\" exists already", container->id);
	return log_refuse("%s: %s", container->directory, strerror(errno));
}

static bool has_terminal(const struct bundle *bundle)
{
	json_t *process = json_object_get(bundle->config, "process");

	return json_is_true(json_object_get(process, "terminal"));
}

static int check_terminal(const struct bundle *bundle)
{
	if (has_terminal(bundle) && !console)
		return log_refuse("process.terminal wants --console-socket");
	if (!has_terminal(bundle) && console)
		return log_refuse("--console-socket goes with process.terminal");
	return CLI_OK;
}

static void __attribute__((noreturn)) fail(int report, const char *file, int err)
{
	dprintf(report, "%s: %s", file, strerror(-err));
	_exit(CLI_REFUSED);
}

/* What can fail for reasons of the engine's comes first, while there is nothing to be undone. */
static void __attribute__((noreturn)) monitor(struct container *container,
					      const struct bundle *bundle,
					      const struct conf *conf, int report)
{
	int err;

	files_leave(report);
	err = pid_file_write(pid_file, getpid());
	if (err)
		fail(report, pid_file, err);
	if (console)
		err = terminal_take(console);
	else
		setsid();
	if (err)
		fail(report, console, err);
	_exit(bundle->pod.is_sandbox ? sandbox_run(container, bundle, conf, report) :
	      monitor_run(container, bundle, conf, report));
}

/*
 * What its state says that it was about to make, where it was ended by force, or could not take it away itself. Fails
 * where that cannot be had now: then the state stays, for a delete.
 */
static int forget(struct container *container)
{
	char why[INSTANCE_WHY];

	container_look(container);
	return container->state && kernel_forget(container, why) ? log_refuse("%s", why) : CLI_OK;
}

/* All that comes until the other end is closed. */
static int wait_for_report(int fd, pid_t pid)
{
	char sentence[LOG_SENTENCE];
	ssize_t size, at = 0;

	while ((size = read(fd, sentence + at, sizeof(sentence) - 1 - at)) > 0)
		at += size;
	sentence[at] = '\0';
	if (at == 1 && *sentence == MONITOR_CREATED)
		return CLI_OK;
	waitpid(pid, NULL, 0);
	return log_refuse("%s", at ? sentence : "the process for the container has ended");
}

static int start_monitor(struct container *container, const struct bundle *bundle,
			 const struct conf *conf)
{
	int report[2], code;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return log_refuse("%s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid)
		monitor(container, bundle, conf, report[1]);
	close(report[1]);
	code = pid < 0 ? log_refuse("%s", strerror(errno)) : wait_for_report(report[0], pid);
	close(report[0]);
	return code;
}

/*
 * The pid was that of a process that is gone, which has undone what it could. Where a delete has taken it
 * away already, another may be there by its id.
 */
static void undo(struct container *made)
{
	if (pid_file)
		unlink(pid_file);
	if (container_lock(made) && !forget(made))
		container_remove(made);
}

static int create(int count, char **operand)
{
	static struct container container, made;
	static struct bundle bundle;
	struct conf conf;
	int code = container_name(&container, operand[0]);

	(void)count;
	if (!code)
		code = conf_read(&conf);
	if (!code)
		code = bundle_open(&bundle, directory, &conf);
	if (!code)
		code = files_refuse(preserve);
	if (!code)
		code = check_terminal(&bundle);
	if (!code)
		code = make_directory(&container, &made);
	if (code)
		return code;
	code = start_monitor(&container, &bundle, &conf);
	if (code)
		undo(&made);
	return code;
}

static const struct cli_option options[] = {
	{ "bundle", 'b', CLI_TEXT, "DIRECTORY", "with config.json; the working directory if not given", &directory },
	{ "pid-file", 0, CLI_TEXT, "FILE", "receives the pid of the process that stands for it", &pid_file },
	{ "console-socket", 0, CLI_TEXT, "PATH", "receives the terminal", &console },
	{ "preserve-fds", 0, CLI_NUMBER, "COUNT", "refused but for 0: no file goes to another kernel", &preserve, 1024 },
	{ "no-pivot", 0, CLI_FLAG, NULL, "has no effect", &ignored },
	{ "no-new-keyring", 0, CLI_FLAG, NULL, "has no effect", &ignored },
	{ 0 }
};

const struct cli_command mkrun_create = {
	.name = "create",
	.operands = "ID",
	.summary = "make a container that waits for its start",
	.help =
"Makes an instance for the container, starts a kernel there, and has the container made in it.\n",
	.options = options,
	.run = create,
};
