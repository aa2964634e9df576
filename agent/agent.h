/* SPDX-License-Identifier: GPL-2.0-only */
/* What connections have together: their list, and with which of them all ends. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "session.h"

#define AGENT_SESSIONS 128	/* poll(2) takes no more files than may be open: 1024 */

/**
 * struct agent - the agent
 * @share:   where the containers' files are
 * @session: the connections; NULL where there is none
 * @keeper:  the one with whose end all ends: of the pod, or of the only container; NULL before that
 * @is_pod:  containers come into a pod
 */
struct agent {
	const char *share;
	struct session *session[AGENT_SESSIONS];
	struct session *keeper;
	bool is_pod;
};

/*
 * End the further processes of a container that comes to its end: a namespace's first process ends only
 * after these were waited for, which is for us.
 */
void agent_end_processes(const struct agent *agent, const struct session *first);

/* The connection of the container that a spec means, which has not ended; NULL for none. */
struct session *agent_find(const struct agent *agent, const struct spec *spec);

#endif
