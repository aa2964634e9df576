/* SPDX-License-Identifier: GPL-2.0-only */
/* Another program run over a file, for what it makes of it. */
#ifndef MKCTL_CHILD_H
#define MKCTL_CHILD_H

#include "port.h"

/**
 * struct child - a program, what goes in, and what comes out
 * @command: its name and arguments, NULL at the end; found by PATH
 * @package: what to install where it is missing, for the message
 * @about:   whose content it is, for messages
 * @input:   its standard input, or -1 for none
 * @output:  receives what it writes
 * @limit:   bytes of room there; a program that has more to write is ended
 * @size:    receives how many bytes came; @limit when there were more
 */
struct child {
	const char *const *command;
	const char *package;
	const char *about;
	int input;
	void *output;
	size_t limit;
	size_t size;
};

/*
 * Runs it to its end, thirty seconds at most. What it says of errors goes to stderr by itself.
 * Returns CLI_OK, or CLI_REFUSED with the reason on stderr.
 */
int child_run(struct child *child);

#endif
