// SPDX-License-Identifier: GPL-2.0-only
/* mkrun pause and resume: all of a container stopped for a while, by its kernel's freezer. */
#include <string.h>

#include "container.h"
#include "log.h"
#include "mkrun.h"

/* Ask for a change of a container that has this status. */
static int change(const char *id, const char *status, const char *request)
{
	static struct container container;
	int code = container_find(&container, id);
	const char *now;

	if (code)
		return code;
	now = container_status(&container);
	if (strcmp(now, status))
		return log_refuse("container \"%s\" is %s, and not %s", container.id, now, status);
	return container_ask(&container, request);
}

static int pause_one(int count, char **operand)
{
	(void)count;
	return change(operand[0], "running", "pause");
}

static int resume(int count, char **operand)
{
	(void)count;
	return change(operand[0], "paused", "resume");
}

const struct cli_command mkrun_pause = {
	.name = "pause",
	.operands = "ID",
	.summary = "stop all processes of a container for a while",
	.help = "Its kernel goes on. Ends when all of them have stopped.\n",
	.run = pause_one,
};

const struct cli_command mkrun_resume = {
	.name = "resume",
	.operands = "ID",
	.summary = "let a container that is paused go on",
	.help = "Lets all its processes go on where they were stopped.\n",
	.run = resume,
};
