// SPDX-License-Identifier: GPL-2.0-only
/* A bar of forty signs, and what is done in MB. */
#include <unistd.h>

#include "progress.h"

#define SIGNS 40
#define STEPS 200	/* so often at most it is shown */
#define MB (1ULL << 20)
#define WORTH_BYTES (64 * MB)	/* below it is over before it is read */

void cli_progress_begin(struct cli_progress *progress, const char *what, u64 total)
{
	*progress = (struct cli_progress){ .what = what, .total = total, .next = ~0ULL };
	if (total >= WORTH_BYTES && isatty(STDERR_FILENO))
		progress->next = 0;
	cli_progress_add(progress, 0);
}

void cli_progress_add(struct cli_progress *progress, u64 bytes)
{
	static const char full[] = "########################################";
	int signs;

	progress->done += bytes;
	if (progress->done < progress->next)
		return;
	progress->next = progress->done + progress->total / STEPS;
	progress->shown = true;
	signs = progress->done < progress->total ? progress->done * SIGNS / progress->total : SIGNS;
	fprintf(stderr, "\r%s [%.*s%*s] %llu of %llu MB", progress->what, signs, full, SIGNS - signs, "",
		(unsigned long long)(progress->done / MB), (unsigned long long)(progress->total / MB));
	fflush(stderr);
}

/* ECMA-48, erase in line */
void cli_progress_end(struct cli_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}
