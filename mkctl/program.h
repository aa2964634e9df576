/* SPDX-License-Identifier: GPL-2.0-only */
/* Another command of mkctl that runs beside this process, and whose output becomes lines here. */
#ifndef MKCTL_PROGRAM_H
#define MKCTL_PROGRAM_H

#include <sys/types.h>

#include "line.h"

/**
 * struct program - one that may run
 * @pid:    its process, 0 for none
 * @output: what it writes comes here, to be waited for with poll(2); -1 for none
 * @line:   what it has written
 */
struct program {
	pid_t pid;
	int output;
	struct line line;
};

/* Start it: arguments, "mkctl" first and NULL at the end. Returns an exit code. */
int program_start(struct program *program, const char *const *arguments);

/* Take what it has written; false when there is nothing more to come. */
bool program_read(struct program *program);

/* Ask it to end early. */
void program_ask_to_end(const struct program *program);

/* Wait for its end, which must be near; returns its exit code. */
int program_wait(struct program *program);

#endif
