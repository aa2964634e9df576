/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock by which commands wait. */
#ifndef MKCTL_CLOCK_H
#define MKCTL_CLOCK_H

#include <time.h>

#include "port.h"

/* Milliseconds on a clock that only goes forward. */
static inline u64 clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

#endif
