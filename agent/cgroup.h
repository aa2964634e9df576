/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The container's control group, of version 2 (Documentation/admin-guide/cgroup-v2.rst): how many
 * tasks it may have, all of it stopped for a while, who is in it.
 */
#ifndef AGENT_CGROUP_H
#define AGENT_CGROUP_H

#include <sys/types.h>

#include "port.h"

#define CGROUP_NAME 32

/**
 * struct cgroup - a group
 * @directory: of it; -1 for none
 * @events:    its file of that name, which poll(2) watches for POLLPRI
 * @name:      below the root of the hierarchy
 */
struct cgroup {
	int directory;
	int events;
	char name[CGROUP_NAME];
};

#define CGROUP_NONE { .directory = -1, .events = -1 }

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

/* How many tasks may be in it, ~0 for any number. Returns 0 or a negative errno. */
int cgroup_limit(const struct cgroup *cgroup, u64 tasks);

/* Begin to stop all of it, or let it go on. Returns 0 or a negative errno. */
int cgroup_freeze(const struct cgroup *cgroup, bool freeze);

/* Has it all stopped? */
bool cgroup_is_frozen(const struct cgroup *cgroup);

/* Is a process in it, or in one below it? */
bool cgroup_has(const struct cgroup *cgroup, pid_t pid);

#endif
