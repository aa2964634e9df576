/* SPDX-License-Identifier: GPL-2.0-only */
/* From the agent's child to a program of the container: user, rights, limits, files, program. */
#ifndef AGENT_BECOME_H
#define AGENT_BECOME_H

#include "home.h"
#include "spec.h"

#define AGENT_READY 1	/* the byte that a process reports when it waits; no sentence begins so */

struct become_files {
	int input;
	int output;
	int errors;
};

/**
 * struct become - what is ready
 * @spec:        of the process
 * @files:       its standard files
 * @program:     the file to be run
 * @arguments:   its command
 * @environment: its environment
 * @home:        a variable of that, where the host names none
 */
struct become {
	const struct spec *spec;
	struct become_files files;
	char program[4096];
	const char **arguments;
	const char **environment;
	char home[HOME_SIZE];
};

/*
 * What can fail before the process is let go: its program must be there. Returns 0, or a negative
 * errno and a sentence.
 */
int become_prepare(struct become *become, const struct spec *spec, const struct become_files *files,
		   char *reason, size_t room);

/* Be it. Returns only when that fails, with a sentence. */
void become_run(const struct become *become, char *reason, size_t room);

#endif
