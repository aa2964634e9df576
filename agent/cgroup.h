/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A container's control group, of version 2 (Documentation/admin-guide/cgroup-v2.rst): what it may
 * have, all of it stopped for a while, who is in it.
 */
#ifndef AGENT_CGROUP_H
#define AGENT_CGROUP_H

#include <sys/types.h>

#include "port.h"

#define CGROUP_NAME 32

/**
 * struct cgroup_limits - what may be in a group; each is ~0 for no limit
 * @tasks:      how many
 * @memory:     bytes
 * @cpu_time:   microseconds of it on all CPUs together
 * @cpu_period: in so many
 */
struct cgroup_limits {
	u64 tasks;
	u64 memory;
	u64 cpu_time;
	u64 cpu_period;
};

#define CGROUP_NO_LIMITS { ~0ULL, ~0ULL, ~0ULL, ~0ULL }

/**
 * struct cgroup - a group
 * @directory: of it; -1 for none
 * @events:    its file of that name, which poll(2) watches for POLLPRI
 * @name:      below the root of the hierarchy
 * @limits:    as they were last set
 */
struct cgroup {
	int directory;
	int events;
	char name[CGROUP_NAME];
	struct cgroup_limits limits;
};

#define CGROUP_NONE { .directory = -1, .events = -1, .limits = CGROUP_NO_LIMITS }

/*
 * Hand all controllers down to groups. For the first process of a kernel: only the true root of a
 * hierarchy can have processes beside groups.
 */
void cgroup_begin(void);

/* Make one. Returns 0 or a negative errno: a kernel may have none. */
int cgroup_make(struct cgroup *cgroup);

/* Take it away, when nothing is in it any more; it need not be there. */
void cgroup_remove(struct cgroup *cgroup);

/*
 * A file into which a process writes "0" to be in the group, or in the one in which another process
 * is: there it may always be, while a group of which parts have been made may take none any more.
 * Return: a descriptor or a negative errno.
 */
int cgroup_open(const struct cgroup *cgroup);
int cgroup_open_of(pid_t pid);

/*
 * Set all of them, or none. Returns 0, or a negative errno and in @what the words for what its kernel
 * cannot limit so.
 */
int cgroup_limit(struct cgroup *cgroup, const struct cgroup_limits *limits, const char **what);

/* Begin to stop all of it, or let it go on. Returns 0 or a negative errno. */
int cgroup_freeze(const struct cgroup *cgroup, bool freeze);

/* Has it all stopped? */
bool cgroup_is_frozen(const struct cgroup *cgroup);

/* Is a process in it, or in one below it? */
bool cgroup_has(const struct cgroup *cgroup, pid_t pid);

#endif
