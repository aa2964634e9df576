// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sources of the names: containerd, pkg/cri/annotations, where those of sizes are since 1.6; CRI-O and
 * podman, pkg/annotations.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "json.h"
#include "log.h"
#include "pod.h"

static const struct names {
	const char *type, *sandbox;
} engines[] = {
	{ "io.kubernetes.cri.container-type", "io.kubernetes.cri.sandbox-id" },
	{ "io.kubernetes.cri-o.ContainerType", "io.kubernetes.cri-o.SandboxID" },
};

/* Sums of the containers' limits, as far as they have any: 0 for none. Shares are no limit. */
static const struct size {
	const char *annotation, *part, *key;
} sizes[] = {
	{ "io.kubernetes.cri.sandbox-cpu-quota", "cpu", "quota" },
	{ "io.kubernetes.cri.sandbox-cpu-period", "cpu", "period" },
	{ "io.kubernetes.cri.sandbox-memory", "memory", "limit" },
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

/* A sandbox that is still being made cannot be joined. */
static bool is_it(const struct container *container, const struct pod *pod, bool sandbox)
{
	struct pod other = pod_of(json_object_get(container->state, "annotations"));
	const char *status = container_status(container);

	return other.id && other.is_sandbox == sandbox && !strcmp(other.id, pod->id) &&
		strcmp(status, "stopped") && !(sandbox && !strcmp(status, "creating"));
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

bool pod_find_sandbox(const struct pod *pod, struct container *sandbox)
{
	return pod->id && !pod->is_sandbox && find(pod, true, sandbox);
}

bool pod_has_container(const struct pod *pod)
{
	static struct container other;
	bool found = find(pod, false, &other);

	if (found)
		json_decref(other.state);
	return found;
}

int pod_check_alone(const struct pod *pod)
{
	static struct container other;

	if (!pod->id || pod->is_sandbox || !find(pod, false, &other))
		return CLI_OK;
	json_decref(other.state);
	return log_refuse("pod %s has container \"%s\" already, and no sandbox whose kernel they could share",
			  pod->id, other.id);
}

int pod_check_processes(const struct container *container)
{
	struct pod pod = pod_of(json_object_get(container->state, "annotations"));

	return pod.is_sandbox ? log_refuse("container \"%s\" is a pod's sandbox, and has no processes",
					   container->id) : CLI_OK;
}

bool pod_has_namespace(const struct container *sandbox, const char *type, const char *path)
{
	json_int_t pid = json_integer_value(json_object_get(sandbox->state, "pid"));
	struct stat one, other;
	char own[64];

	snprintf(own, sizeof(own), "/proc/%lld/ns/%s", (long long)pid,
		 strcmp(type, "network") ? type : "net");
	return path && !stat(path, &one) && !stat(own, &other) && one.st_dev == other.st_dev &&
		one.st_ino == other.st_ino;
}

/* The part is one of its own from here on. */
static void set_size(json_t *resources, const struct size *size, const char *text)
{
	json_t *part = json_copy(json_object_get(resources, size->part));

	if (!part)
		part = json_object();
	json_object_set_new(part, size->key, json_integer(strtoll(text, NULL, 10)));
	json_object_set_new(resources, size->part, part);
}

json_t *pod_resources(const struct pod *pod, json_t *config)
{
	json_t *annotations = json_object_get(config, "annotations");
	json_t *resources = json_copy(json_object_get(json_object_get(config, "linux"), "resources"));
	const char *text;
	size_t i;

	if (!json_is_object(resources)) {
		json_decref(resources);
		resources = json_object();
	}
	for (i = 0; pod->is_sandbox && i < ARRAY_SIZE(sizes); i++) {
		text = cli_json_text(annotations, sizes[i].annotation);
		if (text)
			set_size(resources, &sizes[i], text);
	}
	return resources;
}
