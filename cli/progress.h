/* SPDX-License-Identifier: GPL-2.0-only */
/* How far a long work is: one line on standard error where that is a terminal, else nothing. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "port.h"

/**
 * struct cli_progress - one work
 * @what:  a few words
 * @total: bytes in all
 * @done:  so many
 * @next:  bytes at which it is shown again
 * @shown: there is a line to be wiped out
 */
struct cli_progress {
	const char *what;
	u64 total;
	u64 done;
	u64 next;
	bool shown;
};

void cli_progress_begin(struct cli_progress *progress, const char *what, u64 total);

/* So many bytes more are done. */
void cli_progress_add(struct cli_progress *progress, u64 bytes);

/* The line goes: what is to be said is said by others. */
void cli_progress_end(struct cli_progress *progress);

#endif
