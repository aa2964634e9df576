/* SPDX-License-Identifier: GPL-2.0-only */
/* What a container has to itself, or a pod's containers together: a name, a network, sysctls. */
#ifndef AGENT_POD_H
#define AGENT_POD_H

#include "spec.h"

/*
 * Do what a message says of these, for the namespaces that this process is in; others say nothing
 * here. Returns 0, or a negative errno and a sentence.
 */
int pod_take(const struct agent_message *message, char *reason, size_t room);

/*
 * Make what a pod's containers share. This process goes there, for good, and with it all that it
 * makes later. The same.
 */
int pod_make(const struct spec *spec, char *reason, size_t room);

#endif
