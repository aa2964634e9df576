// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources of the names: containerd, pkg/cri/annotations; CRI-O and podman, pkg/annotations.
 */
#include <dirent.h>
#include <string.h>

#include "container.h"
#include "json.h"
#include "log.h"
#include "pod.h"

static const struct names {
	const char *type, *sandbox;
} engines[] = {
	{ "io.kubernetes.cri.container-type", "io.kubernetes.cri.sandbox-id" },
	{ "io.kubernetes.cri-o.ContainerType", "io.kubernetes.cri-o.SandboxID" },
};

struct pod pod_of(json_t *annotations)
{
	const char *type;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		type = cli_json_text(annotations, engines[i].type);
		if (type && !strcmp(type, "sandbox"))
			return (struct pod){ cli_json_text(annotations, engines[i].sandbox), true };
		if (type && !strcmp(type, "container"))
			return (struct pod){ cli_json_text(annotations, engines[i].sandbox), false };
	}
	return (struct pod){ NULL, false };
}

static bool is_it(const struct container *container, const struct pod *pod, bool sandbox)
{
	struct pod other = pod_of(json_object_get(container->state, "annotations"));

	return other.id && other.is_sandbox == sandbox && !strcmp(other.id, pod->id) &&
		strcmp(container_status(container), "stopped");
}

/* The pod's sandbox, or a container in it, that has not stopped. */
static bool find(const struct pod *pod, bool sandbox, struct container *container)
{
	DIR *all = container_all();
	bool found = false;

	while (!found && container_next(all, container)) {
		found = is_it(container, pod, sandbox);
		if (!found)
			json_decref(container->state);
	}
	if (all)
		closedir(all);
	return found;
}

int pod_check_alone(const struct pod *pod)
{
	static struct container other;

	if (!pod->id || pod->is_sandbox || !find(pod, false, &other))
		return CLI_OK;
	json_decref(other.state);
	return log_refuse("pod %s has container \"%s\" already: containers with a kernel each cannot share its network",
			  pod->id, other.id);
}

json_t *pod_sandbox(const struct pod *pod)
{
	static struct container sandbox;
	json_t *config;

	if (!pod->id || pod->is_sandbox || !find(pod, true, &sandbox))
		return NULL;
	config = container_config(&sandbox);
	json_decref(sandbox.state);
	return config;
}
