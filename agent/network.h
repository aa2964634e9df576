/* SPDX-License-Identifier: GPL-2.0-only */
/* The network of the kernel, which is the container's: interfaces, addresses, routes. */
#ifndef AGENT_NETWORK_H
#define AGENT_NETWORK_H

#include "protocol.h"

/* Loopback, which each container has. Returns 0, or a negative errno and a sentence. */
int network_begin(char *reason, size_t room);

/* Do what an AGENT_INTERFACE, AGENT_ADDRESS or AGENT_ROUTE says. The same. */
int network_take(const struct agent_message *message, char *reason, size_t room);

#endif
