// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkrun exec: one more process in a container. This one stands for it, and hands on all that it
 * says.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "bundle.h"
#include "container.h"
#include "files.h"
#include "json_file.h"
#include "link.h"
#include "log.h"
#include "mkrun.h"
#include "pid_file.h"
#include "relay.h"
#include "terminal.h"

static const char *process_file, *pid_file, *console;
static bool terminal, detach;
static u64 preserve;

static struct stream stream;

/* As the container's own process is, with another command. */
static json_t *from_words(const struct container *container, int count, char **words)
{
	json_t *config = container_config(container), *args = json_array();
	json_t *process = json_incref(json_object_get(config, "process"));
	int i;

	json_decref(config);
	for (i = 0; i < count; i++)
		json_array_append_new(args, json_string(words[i]));
	json_object_set_new(process, "args", args);
	json_object_set_new(process, "terminal", json_boolean(terminal));
	return process;
}

static int read_process(const struct container *container, int count, char **words,
			json_t **process)
{
	json_error_t error;

	if (!process_file && !count)
		return cli_usage("exec wants --process FILE, or a command");
	*process = process_file ? json_file_read(process_file, 0, &error) :
		from_words(container, count, words);
	if (*process)
		return bundle_check_process(*process);
	return process_file ? log_refuse("%s:%d: %s", process_file, error.line, error.text) :
		log_refuse("the container's bundle is gone");
}

static int start(const struct container *container, json_t *process)
{
	json_t *cid = json_object_get(container->state, "cid");
	int err = link_open(&stream, json_integer_value(cid), container->id);
	struct agent_message message;

	if (!err)
		err = bundle_tell_process(process, &stream);
	if (!err)
		err = link_send_type(&stream, AGENT_EXEC);
	if (!err)
		err = link_hear(&stream, &message, link_deadline());
	if (err)
		return log_refuse("the container's kernel does not answer: %s", strerror(-err));
	if (message.type == AGENT_STARTED)
		return CLI_OK;
	return log_refuse("%s", message.type == AGENT_REFUSED ? message.text[0] :
			  "the container's kernel speaks another language");
}

static int relay_all(struct relay *relay)
{
	int code;

	relay_resize(relay);
	code = relay_run(relay);
	return code == RELAY_LOST ? log_refuse("the container has ended") : code;
}

static void __attribute__((noreturn)) be_child(struct relay *relay)
{
	int err = console ? terminal_lead() : 0;

	_exit(err ? log_refuse("%s: %s", console, strerror(-err)) : relay_all(relay));
}

/* With --detach the engine goes on, and knows the child by its pid. */
static int stand_for_it(struct relay *relay)
{
	int err = detach && console ? terminal_let_go() : 0;
	pid_t pid;

	if (err)
		return log_refuse("%s: %s", console, strerror(-err));
	pid = detach ? fork() : getpid();
	if (pid < 0)
		return log_refuse("%s", strerror(errno));
	if (!pid)
		be_child(relay);
	err = pid_file_write(pid_file, pid);
	if (err && detach)
		kill(pid, SIGKILL);
	if (err)
		return log_refuse("%s: %s", pid_file, strerror(-err));
	return detach ? CLI_OK : relay_all(relay);
}

static int exec(int count, char **operand)
{
	static struct relay relay = { .stream = &stream, .control = -1, .said = -1 };
	static struct container container;
	static json_t *process;
	int err = 0, code = container_find(&container, operand[0]);

	if (!code && strcmp(container_status(&container), "running"))
		return log_refuse("container \"%s\" is not running", container.id);
	if (!code)
		code = files_refuse(preserve);
	if (!code)
		code = pod_check_processes(&container);
	if (!code)
		code = read_process(&container, count - 1, operand + 1, &process);
	files_leave(-1);
	if (!code && console)
		err = terminal_take(console);
	if (err)
		return log_refuse("%s: %s", console, strerror(-err));
	if (!code && relay_begin(&relay))
		return log_refuse("cannot wait for signals: %s", strerror(errno));
	if (!code)
		code = start(&container, process);
	return code ? code : stand_for_it(&relay);
}

static const struct cli_option options[] = {
	{ "process", 'p', CLI_TEXT, "FILE", "what it is, as \"process\" of a bundle", &process_file },
	{ "pid-file", 0, CLI_TEXT, "FILE", "receives the pid of the process that stands for it", &pid_file },
	{ "console-socket", 0, CLI_TEXT, "PATH", "receives the terminal", &console },
	{ "preserve-fds", 0, CLI_NUMBER, "COUNT", "refused but for 0: no file goes to another kernel", &preserve, 1024 },
	{ "tty", 't', CLI_FLAG, NULL, "with a terminal", &terminal },
	{ "detach", 'd', CLI_FLAG, NULL, "do not wait for it", &detach },
	{ 0 }
};

const struct cli_command mkrun_exec = {
	.name = "exec",
	.operands = "ID [COMMAND]...",
	.summary = "run one more process in a container",
	.help =
"Its exit code is that of the process. Words of COMMAND that begin with a dash stand behind \"--\".\n",
	.options = options,
	.run = exec,
};
