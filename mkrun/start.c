// SPDX-License-Identifier: GPL-2.0-only
/* mkrun start, kill and delete: what is asked of the process that stands for a container. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bound.h"
#include "kernel.h"
#include "log.h"
#include "mkrun.h"

#define END_MS 60000		/* a kernel is stopped, and memory cleared */
#define KILL_MS 10000
#define LOOK_MS 20

static bool all, force;

static bool is(const struct container *container, const char *status)
{
	return !strcmp(container_status(container), status);
}

static int start(int count, char **operand)
{
	(void)count;
	return container_ask_when(operand[0], "created", "start");
}

const struct cli_command mkrun_start = {
	.name = "start",
	.operands = "ID",
	.summary = "let a container run",
	.help = "Runs the program of a container that was created.\n",
	.run = start,
};

/* "9", "KILL" or "SIGKILL"; 0 for none. */
static int signal_number(const char *word)
{
	const char *name;
	char *end;
	long number = strtol(word, &end, 10);

	if (*word && !*end)
		return number > 0 && number <= SIGRTMAX ? number : 0;
	if (!strncmp(word, "SIG", 3))
		word += 3;
	for (number = 1; number < NSIG; number++) {
		name = sigabbrev_np(number);
		if (name && !strcmp(name, word))
			return number;
	}
	return 0;
}

static int send_signal(const struct container *container, int number)
{
	char request[32];

	snprintf(request, sizeof(request), "signal %d", number);
	return container_ask(container, request);
}

static int kill_one(int count, char **operand)
{
	const char *word = count > 1 ? operand[1] : "TERM";
	static struct container container;
	int number = signal_number(word), code;

	if (!number)
		return log_refuse("there is no signal \"%s\"", word);
	code = container_find_alive(&container, operand[0]);
	return code ? code : send_signal(&container, number);
}

static const struct cli_option kill_options[] = {
	{ "all", 'a', CLI_FLAG, NULL, "has no effect: with its first process all others end", &all },
	{ 0 }
};

const struct cli_command mkrun_kill = {
	.name = "kill",
	.operands = "ID [SIGNAL]",
	.summary = "send a signal to a container's first process",
	.help = "SIGNAL is a number or a name, TERM if not given.\n",
	.options = kill_options,
	.run = kill_one,
};

static void wait_for_end(const struct container *container, u32 bound)
{
	u32 ms;

	for (ms = 0; ms < bound && !is(container, "stopped"); ms += LOOK_MS)
		usleep(LOOK_MS * 1000);
}

/* One that is being made does not listen yet; one that listens and does not end is not waited for for ever. */
static void end(const struct container *container)
{
	if (!is(container, "creating")) {
		send_signal(container, SIGKILL);
		wait_for_end(container, bound_ms("MKRUN_DELETE_MS", END_MS));
	}
	container_kill(container);
	wait_for_end(container, KILL_MS);
}

/* What a process that was ended by force has left is taken away here. */
static int take_away(struct container *container)
{
	char why[INSTANCE_WHY];

	if (kernel_forget(container, why))
		return log_refuse("%s", why);
	container_remove(container);
	return CLI_OK;
}

static int refuse_missing(const struct container *container)
{
	return force ? CLI_OK : container_refuse_missing(container);
}

/*
 * Two may do so at once: who comes late finds it gone, and leaves alone what another has made of that id
 * meanwhile. It is ended before the lock is taken, which one may have who waits for it.
 */
static int delete(int count, char **operand)
{
	static struct container container;
	int code = container_name(&container, operand[0]);

	(void)count;
	if (code)
		return code;
	if (!container_pin(&container))
		return refuse_missing(&container);
	container_look(&container);
	if (!is(&container, "stopped") && !force)
		return log_refuse("container \"%s\" is %s: kill it first, or use --force", container.id,
				  container_status(&container));
	if (!is(&container, "stopped"))
		end(&container);
	if (!container_lock(&container))
		return refuse_missing(&container);
	container_look(&container);
	return take_away(&container);
}

static const struct cli_option delete_options[] = {
	{ "force", 'f', CLI_FLAG, NULL, "also one that runs, or is not there", &force },
	{ 0 }
};

const struct cli_command mkrun_delete = {
	.name = "delete",
	.operands = "ID",
	.summary = "take a stopped container away",
	.help = "With it go its instance and its directory.\n",
	.options = delete_options,
	.run = delete,
};
