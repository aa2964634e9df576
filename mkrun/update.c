// SPDX-License-Identifier: GPL-2.0-only
/* mkrun update: what can change while a container's kernel runs; what cannot is refused by name. */
#include <stdlib.h>

#include "bundle.h"
#include "json_file.h"
#include "log.h"
#include "mkrun.h"
#include "pod.h"
#include "request.h"

static const char *resources_file, *tasks;

/* Engines write null, 0 or an empty text for what shall stay as it is. */
static bool is_said(json_t *value)
{
	return value && !json_is_null(value) &&
		!(json_is_integer(value) && !json_integer_value(value)) &&
		!(json_is_string(value) && !*json_string_value(value));
}

/* A part as it would be: what is not said stays. */
static json_t *merge_part(json_t *present, json_t *wanted)
{
	json_t *part = json_copy(present), *value;
	const char *name;

	if (!part)
		part = json_object();
	json_object_foreach(wanted, name, value)
		if (is_said(value))
			json_object_set(part, name, value);
	return part;
}

/* All parts as they would be. */
static json_t *merge(json_t *present, json_t *wanted)
{
	json_t *all = json_copy(present), *part;
	const char *name;

	json_object_foreach(wanted, name, part)
		if (json_is_object(part))
			json_object_set_new(all, name,
					    merge_part(json_object_get(present, name), part));
	return all;
}

/*
 * Of what stays nothing is wanted. For memory limits are compared, and not what became of them: the
 * configuration may be another by now.
 */
static void make_wish(struct wish *wish, const struct conf *conf, json_t *present, json_t *wanted,
		      json_t *all)
{
	struct wish most;

	*wish = (struct wish){ .cpus = "" };
	resources_wish(all, conf, &most);
	if (json_is_object(json_object_get(wanted, "cpu"))) {
		wish->cpus = most.cpus;
		wish->cpu_count = most.cpu_count;
	}
	if (resources_memory_limit(all) != resources_memory_limit(present))
		wish->memory = most.memory;
}

/**
 * struct change - what is to be another
 * @instance: its instance, NULL where that is its sandbox's
 * @wish:     for that
 * @before:   limits within it
 * @limits:   and those that are wanted
 */
struct change {
	const char *instance;
	struct wish wish;
	struct limits before;
	struct limits limits;
};

static int set_limits(const struct container *container, const struct limits *limits)
{
	char request[REQUEST_SIZE];

	request_of_limits(limits, request);
	return container_ask(container, request);
}

/*
 * All of it, or nothing. Limits are easily taken back, and whether there can be one its kernel alone
 * knows: they come first. CPUs and memory change together, or not at all.
 */
static int change_both(const struct container *container, const struct conf *conf,
		       const struct change *change)
{
	bool limits = memcmp(&change->before, &change->limits, sizeof(change->limits));
	bool machine = change->wish.cpu_count || change->wish.memory;
	char why[INSTANCE_WHY];
	int code = CLI_OK;

	if (machine && instance_check(change->instance, conf, &change->wish, why))
		return log_refuse("container \"%s\": %s", container->id, why);
	if (limits)
		code = set_limits(container, &change->limits);
	if (code || !machine || !instance_set(change->instance, conf, &change->wish, why))
		return code;
	if (limits)
		set_limits(container, &change->before);
	return log_refuse("container \"%s\": %s", container->id, why);
}

/* Which of the pod's CPUs a container has is not to be said, as when it was made. */
static int check_cpus(const struct container *container, const struct conf *conf, json_t *wanted)
{
	json_t *annotations = json_object_get(container->state, "annotations");

	if (!is_said(json_object_get(json_object_get(wanted, "cpu"), "cpus")) ||
	    bundle_ignores(annotations, conf, "cpus"))
		return CLI_OK;
	return bundle_refuse_word("cpus");
}

/* What the operator has containers do without is passed over, as when they are made. */
static void drop_ignored(const struct container *container, const struct conf *conf, json_t *wanted)
{
	static const char *const words[] = { "pids", "memory", "cpu" };
	bool has_instance = json_object_get(container->state, "instance");
	json_t *annotations = json_object_get(container->state, "annotations");
	size_t i, count = has_instance ? 1 : ARRAY_SIZE(words);

	for (i = 0; i < count; i++)
		if (bundle_ignores(annotations, conf, words[i]))
			json_object_del(wanted, words[i]);
}

/* A sandbox has no limits within its instance, and a container in its pod has nothing else. */
static int change_all(const struct container *container, const struct conf *conf, json_t *present,
		      json_t *wanted, json_t *all)
{
	const char *instance = json_string_value(json_object_get(container->state, "instance"));
	static struct change change;

	if (!instance && check_cpus(container, conf, wanted))
		return CLI_REFUSED;
	change.instance = instance;
	if (instance)
		make_wish(&change.wish, conf, present, wanted, all);
	if (!pod_of(json_object_get(container->state, "annotations")).is_sandbox) {
		change.before = resources_limits(present, !instance);
		change.limits = resources_limits(all, !instance);
	}
	return change_both(container, conf, &change);
}

static int change(struct container *container, json_t *wanted)
{
	json_t *present, *all;
	struct conf conf;
	int code;

	if (!container_lock(container))
		return container_refuse_missing(container);
	container_look(container);
	code = container_check_alive(container);
	if (!code)
		code = conf_read(&conf);
	if (code)
		return code;
	drop_ignored(container, &conf, wanted);
	present = container_resources(container);
	all = merge(present, wanted);
	code = container_prepare_resources(container, all);
	if (!code)
		code = change_all(container, &conf, present, wanted, all);
	if (!code)
		code = container_keep_resources(container);
	json_decref(present);
	json_decref(all);
	return code;
}

static int read_wanted(json_t **wanted)
{
	json_error_t error;

	if (!resources_file) {
		*wanted = json_object();
		return CLI_OK;
	}
	*wanted = json_file_read(strcmp(resources_file, "-") ? resources_file : "/dev/stdin", 0, &error);
	if (json_is_object(*wanted))
		return CLI_OK;
	return *wanted ? log_refuse("%s: no resources", resources_file) :
		log_refuse("%s:%d: %s", resources_file, error.line, error.text);
}

static int add_tasks(json_t *wanted)
{
	char *end;
	long long limit = strtoll(tasks, &end, 10);

	if (!*tasks || *end)
		return cli_usage("update: --pids-limit takes a number");
	json_object_set_new(wanted, "pids", json_pack("{s:I}", "limit", (json_int_t)limit));
	return CLI_OK;
}

/* It and no other: what is wanted of it may come late, and so may the lock. */
static int find(struct container *container, const char *id)
{
	int code = container_name(container, id);

	if (code)
		return code;
	if (!container_pin(container))
		return container_refuse_missing(container);
	container_look(container);
	return container_check_alive(container);
}

static int update(int count, char **operand)
{
	static struct container container;
	static json_t *wanted;
	int code;

	(void)count;
	if (!resources_file && !tasks)
		return cli_usage("update wants --resources FILE or --pids-limit NUMBER");
	code = find(&container, operand[0]);
	if (!code)
		code = read_wanted(&wanted);
	if (!code && tasks)
		code = add_tasks(wanted);
	return code ? code : change(&container, wanted);
}

static const struct cli_option options[] = {
	{ "resources", 'r', CLI_TEXT, "FILE", "\"linux.resources\" of a bundle; - for standard input",
	  &resources_file },
	{ "pids-limit", 0, CLI_TEXT, "NUMBER", "how many tasks it may have; -1 for any number",
	  &tasks },
	{ 0 }
};

const struct cli_command mkrun_update = {
	.name = "update",
	.operands = "ID",
	.summary = "change what a container may have",
	.help =
"Changes the number of its tasks, its CPUs where mkrun.conf has cpus-max=, and its memory where it has\n"
"memory-max=: all that is asked for, or nothing.\n",
	.options = options,
	.run = update,
};
