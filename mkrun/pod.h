/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pods, as engines tell of them by annotations: a sandbox, which has the pod's kernel here, and the
 * containers in it. Where an engine makes no sandbox, a container has a kernel of its own, and its pod
 * one container at a time.
 */
#ifndef MKRUN_POD_H
#define MKRUN_POD_H

#include <jansson.h>

#include "container.h"

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

/* Find the sandbox of a container's pod, if one of ours is alive; its state is the caller's. */
bool pod_find_sandbox(const struct pod *pod, struct container *sandbox);

/* Has a container in it, other than its sandbox, not stopped yet? */
bool pod_has_container(const struct pod *pod);

/* Is there no other container in the pod now? Returns an exit code, with the reason said. */
int pod_check_alone(const struct pod *pod);

/* Is it one with processes, and not a sandbox? The same. */
int pod_check_processes(const struct container *container);

/* Is the file @path that namespace of the sandbox's? */
bool pod_has_namespace(const struct container *sandbox, const char *type, const char *path);

/*
 * "linux.resources" of a configuration; those of a sandbox are what the engine says all of its containers
 * may have together.
 */
json_t *pod_resources(const struct pod *pod, json_t *config);

#endif
