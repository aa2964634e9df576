/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool's regions as /proc/iomem has them, and a bar that follows them while they come and go. */
#ifndef MKCTL_POOL_REGIONS_H
#define MKCTL_POOL_REGIONS_H

#include <stdio.h>
#include <sys/types.h>

#include "port.h"

/* For pool_region_next(), and to be closed; NULL where it cannot be read. */
FILE *pool_regions_open(void);

/* The next region, from its first to its last byte. Addresses are root's to know: others are told of none. */
bool pool_region_next(FILE *regions, u64 *start, u64 *end);

/**
 * struct pool_bar - a bar while the kernel changes the pool
 * @child: the process that draws it; 0 or less without one
 * @fd:    it ends when this is closed
 */
struct pool_bar {
	pid_t child;
	int fd;
};

/* Begins one where standard error is a terminal; @target is the size that the pool is to have. */
void pool_bar_begin(struct pool_bar *bar, u64 target);

/* The line goes. */
void pool_bar_end(struct pool_bar *bar);

#endif
