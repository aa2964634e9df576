/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection is served: what the host says is done, and what the process says is told. */
#ifndef AGENT_SERVE_H
#define AGENT_SERVE_H

#include "agent.h"

/**
 * serve - do what can be done
 *
 * The last word is told to its end, and the connection is closed after the host: with bytes of the
 * host's unread, or of ours unsent, closing would take that word away from it.
 *
 * @session: which
 * @files:   as poll(2) has left them
 * @agent:   with all others
 *
 * Return: 0 while it goes on, or a negative errno when it has ended.
 */
int serve(struct session *session, const struct pollfd files[SESSION_FILES], struct agent *agent);

/* End it, and its process; what a container has in the share the host has taken away by then. */
void serve_end(struct session *session, const struct agent *agent);

#endif
