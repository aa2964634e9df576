/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked of a container as a whole: limits, and all of it stopped for a while. */
#ifndef AGENT_CONTROL_H
#define AGENT_CONTROL_H

#include "session.h"

#define CONTROL_NO_CGROUP "the container's kernel has no control groups of version 2"

/*
 * Make the container's control group, with the limits that its spec has, and say where to enter it, -1
 * for nowhere. Returns 0, or SESSION_SAID_ALL where that is refused.
 */
int control_begin(struct session *session, int *entry);

/* Do what an AGENT_PAUSE, AGENT_RESUME or AGENT_RESOURCES says. Returns 0 or a negative errno. */
int control_take(struct session *session, const struct agent_message *message);

/* A pause is under way: is it complete, or is there no more time for it? The same. */
int control_look(struct session *session);

#endif
