// SPDX-License-Identifier: GPL-2.0-only
/* Whose connection is whose: a container's name is the only key. */
#include "agent.h"

static bool is_meant(const struct session *session, enum session_role role, const char *name)
{
	struct agent_message other;

	return session && session->role == role && !session->leave_by &&
		spec_find(&session->spec, AGENT_CONTAINER, &other) && !strcmp(name, other.text[0]);
}

void agent_end_processes(const struct agent *agent, const struct session *first)
{
	struct agent_message name;
	int i;

	if (!spec_find(&first->spec, AGENT_CONTAINER, &name))
		return;
	for (i = 0; i < AGENT_SESSIONS; i++)
		if (is_meant(agent->session[i], SESSION_PROCESS, name.text[0]))
			session_kill(agent->session[i]);
}

struct session *agent_find(const struct agent *agent, const struct spec *spec)
{
	struct agent_message name;
	int i;

	if (!spec_find(spec, AGENT_CONTAINER, &name))
		return NULL;
	for (i = 0; i < AGENT_SESSIONS; i++)
		if (is_meant(agent->session[i], SESSION_CONTAINER, name.text[0]))
			return agent->session[i];
	return NULL;
}
