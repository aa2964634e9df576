/* SPDX-License-Identifier: GPL-2.0-only */
/* How a command ends, and how it says why not. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "port.h"

/* Exit codes. */
enum {
	CLI_OK = 0,
	CLI_REFUSED = 1,	/* refused or failed, with the reason on stderr */
	CLI_USAGE = 2,		/* wrong usage, with a usage line on stderr */
	CLI_TIMED_OUT = 3,	/* what was waited for did not come in time */
	CLI_INTERRUPTED = 130,	/* by a signal, as shells count: 128 and SIGINT */
};

/* Whose messages these are: "mkctl". */
void cli_set_program(const char *name);

/*
 * From now on at most so many sentences in so many milliseconds, 0 for as many as come: for a program that
 * others can make say something, and whose words may go to a file. The next one, or a call of this, says
 * how many were left out.
 */
void cli_set_limit(u32 sentences, u32 ms);

/* Say something on stderr and go on. */
void cli_warn(const char *format, ...) __printf(1, 2);

/* Say why not, on stderr; returns CLI_REFUSED. */
int cli_refuse(const char *format, ...) __printf(1, 2);

#endif
