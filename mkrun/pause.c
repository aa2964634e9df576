// SPDX-License-Identifier: GPL-2.0-only
/* mkrun pause and resume: all of a container stopped for a while, by its kernel's freezer. */
#include "container.h"
#include "mkrun.h"

static int pause_one(int count, char **operand)
{
	(void)count;
	return container_ask_when(operand[0], "running", "pause");
}

static int resume(int count, char **operand)
{
	(void)count;
	return container_ask_when(operand[0], "paused", "resume");
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
