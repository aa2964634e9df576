/* SPDX-License-Identifier: GPL-2.0-only */
/* "linux.resources": what of it is the instance's, and what limits a container within it. */
#ifndef MKRUN_RESOURCES_H
#define MKRUN_RESOURCES_H

#include <jansson.h>

#include "instance.h"

/**
 * struct limits - of a container's control group; each is ~0 for none
 * @tasks:      how many
 * @memory:     bytes
 * @cpu_time:   microseconds of it on all CPUs together
 * @cpu_period: in so many
 */
struct limits {
	u64 tasks;
	u64 memory;
	u64 cpu_time;
	u64 cpu_period;
};

/* What a container may have of a kernel; of one of its own it has all CPUs and all memory. */
struct limits resources_limits(json_t *resources, bool shares_kernel);

/* What an instance of its own is made of; its list of CPUs is that of @resources. */
void resources_wish(json_t *resources, const struct conf *conf, struct wish *wish);

/* How many CPUs a quota is, rounded up; 1 for none. */
u32 resources_cpu_count(json_t *resources);

/* So much memory is a limit, with all that a kernel needs; the configuration's for none. */
u64 resources_memory(json_t *resources, const struct conf *conf);

/* The limit of memory as it is said; 0 for none. */
u64 resources_memory_limit(json_t *resources);

#endif
