/* SPDX-License-Identifier: GPL-2.0-only */
/* What a connection becomes: the pod, a container, one more process in one, or a list of them. */
#ifndef AGENT_BEGIN_H
#define AGENT_BEGIN_H

#include "agent.h"

/* Do what is said to a connection that has become nothing yet. Returns 0 or a negative errno. */
int begin_take(struct session *session, const struct agent_message *message, struct agent *agent);

#endif
