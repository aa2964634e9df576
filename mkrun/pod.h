/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pods, as engines tell of them by annotations: a sandbox, which holds the namespaces of a pod, and
 * the containers in it. A container has a kernel of its own here, so a pod has one at a time.
 */
#ifndef MKRUN_POD_H
#define MKRUN_POD_H

#include <jansson.h>

#include "port.h"

/**
 * struct pod - what a container has to do with one
 * @id:         of its sandbox, as the engine has named it; NULL where there is no pod
 * @is_sandbox: it is the sandbox itself
 */
struct pod {
	const char *id;
	bool is_sandbox;
};

/* By the annotations of a container, which must stay. */
struct pod pod_of(json_t *annotations);

/* Is there no other container in the pod now? Returns an exit code, with the reason said. */
int pod_check_alone(const struct pod *pod);

/* The configuration of a pod's sandbox, if that is one of ours; else NULL. */
json_t *pod_sandbox(const struct pod *pod);

#endif
