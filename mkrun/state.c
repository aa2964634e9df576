// SPDX-License-Identifier: GPL-2.0-only
/* mkrun state, list and features: what engines read in JSON. */
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "capability.h"
#include "container.h"
#include "json.h"
#include "log.h"
#include "mkrun.h"
#include "multikernel.h"

#define OCI_VERSION "1.1.0"

static const char *format;
static bool quiet;

/* By the runtime specification, "State". A stopped container has no process. */
static json_t *state_of(const struct container *container)
{
	const char *status = container_status(container);
	json_t *pid = json_object_get(container->state, "pid");

	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:O}", "ociVersion", OCI_VERSION, "id", container->id,
			 "status", status, "pid",
			 strcmp(status, "stopped") ? (int)json_integer_value(pid) : 0, "bundle",
			 json_string_value(json_object_get(container->state, "bundle")), "annotations",
			 json_object_get(container->state, "annotations"));
}

static int state(int count, char **operand)
{
	static struct container container;
	int code = container_find(&container, operand[0]);

	(void)count;
	if (!code && !container.state)
		return log_refuse("container \"%s\" is being created", container.id);
	return code ? code : cli_json_print(state_of(&container));
}

const struct cli_command mkrun_state = {
	.name = "state",
	.operands = "ID",
	.summary = "show a container in JSON",
	.help = "As the OCI runtime specification has it.\n",
	.run = state,
};

static void add_states(json_t *array, DIR *all)
{
	struct container container;

	while (container_next(all, &container)) {
		json_array_append_new(array, state_of(&container));
		json_decref(container.state);
	}
}

static const char *member(json_t *object, const char *key)
{
	const char *text = cli_json_text(object, key);

	return text ? text : "";
}

static void print(json_t *array)
{
	json_t *each;
	size_t i;

	json_array_foreach(array, i, each) {
		if (quiet)
			puts(member(each, "id"));
		else
			printf("%s\t%s\t%s\n", member(each, "id"), member(each, "status"),
			       member(each, "bundle"));
	}
}

static int list(int count, char **operand)
{
	bool table = !format || !strcmp(format, "table");
	json_t *array;
	DIR *all;

	(void)count;
	(void)operand;
	if (!table && strcmp(format, "json"))
		return cli_usage("list: --format takes table or json");
	all = container_all();
	array = json_array();
	add_states(array, all);
	if (all)
		closedir(all);
	if (!table)
		return cli_json_print(array);
	print(array);
	json_decref(array);
	return CLI_OK;
}

static const struct cli_option list_options[] = {
	{ "format", 'f', CLI_TEXT, "FORMAT", "json or table", &format },
	{ "quiet", 'q', CLI_FLAG, NULL, "ids only", &quiet },
	{ 0 }
};

const struct cli_command mkrun_list = {
	.name = "list",
	.operands = "",
	.summary = "show all containers",
	.help = "One line for each: its id, its status, its bundle.\n",
	.options = list_options,
	.run = list,
};

/*
 * By the runtime specification, "Features Document", of a version that has one. Of control groups
 * those inside are meant; the host's, in which systemd may have a say, are not made here.
 */
static json_t *linux_features(void)
{
	return json_pack("{s:[s,s,s,s,s,s], s:o, s:{s:b, s:b, s:b, s:b, s:b}, s:o, s:{s:b}, s:{s:b}, s:{s:b}}",
		"namespaces", "cgroup", "ipc", "mount", "network", "pid", "uts",
		"capabilities", capability_names(),
		"cgroup", "v1", 0, "v2", 1, "systemd", 0, "systemdUser", 0, "rdma", 0,
		"seccomp", seccomp_features(),
		"apparmor", "enabled", 0, "selinux", "enabled", 0, "intelRdt", "enabled", 0);
}

static int features(int count, char **operand)
{
	(void)count;
	(void)operand;
	return cli_json_print(json_pack("{s:s, s:s, s:[], s:o, s:o, s:{s:s}}",
		"ociVersionMin", "1.0.0", "ociVersionMax", OCI_VERSION, "hooks",
		"mountOptions", bundle_mount_options(), "linux", linux_features(),
		"annotations", "org.multikernel.version", MULTIKERNEL_VERSION));
}

const struct cli_command mkrun_features = {
	.name = "features",
	.operands = "",
	.summary = "show what it can do, in JSON",
	.help = "As the OCI runtime specification has it.\n",
	.run = features,
};
