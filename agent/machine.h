/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel that the agent is the first process of. */
#ifndef AGENT_MACHINE_H
#define AGENT_MACHINE_H

#define MACHINE_SHARE "/share"

/* Mounts, modules, the container's files. What fails is said in the kernel's log. */
void machine_begin(void);

/* A socket on which the host is heard, or -1. */
int machine_listen(void);

/* The next connection of the host's root; -1 when there is none, or someone else's. */
int machine_accept(int fd);

void machine_power_off(void);

#endif
