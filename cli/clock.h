/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock by which commands wait. */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdlib.h>
#include <time.h>

#include "port.h"

/* Milliseconds on a clock that only goes forward. */
static inline u64 clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* Milliseconds that this process has had of a CPU. */
static inline u64 clock_cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * 1000ULL + used.tv_nsec / 1000000;
}

/* Whole seconds, at most so many, from a command's option. Returns whether the text is that. */
static inline bool clock_parse_seconds(const char *text, u64 most, u64 *seconds)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*seconds = strtoull(text, &end, 10);
	return !*end && *seconds <= most;
}

#endif
