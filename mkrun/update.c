// SPDX-License-Identifier: GPL-2.0-only
/* mkrun update: what can change while a container's kernel runs; what cannot is refused by name. */
#include <stdlib.h>

#include "bundle.h"
#include "container.h"
#include "log.h"
#include "mkrun.h"

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

/* 0 for none. */
static u64 memory_limit(json_t *resources)
{
	json_t *memory = json_object_get(resources, "memory");
	json_int_t limit = json_integer_value(json_object_get(memory, "limit"));

	return limit > 0 ? limit : 0;
}

/*
 * Of what stays nothing is wanted. For memory limits are compared, and not what became of them: the
 * configuration may be another by now.
 */
static void make_wish(struct wish *wish, const struct conf *conf, json_t *present, json_t *wanted,
		      json_t *all)
{
	json_t *cpu = json_object_get(all, "cpu");
	const char *cpus = json_string_value(json_object_get(cpu, "cpus"));

	*wish = (struct wish){ 0 };
	if (json_is_object(json_object_get(wanted, "cpu"))) {
		snprintf(wish->cpus, sizeof(wish->cpus), "%s", cpus ? cpus : "");
		wish->cpu_count = bundle_cpu_count(cpu);
	}
	if (memory_limit(all) != memory_limit(present))
		wish->memory = bundle_memory(all, conf);
}

static int change_tasks(const struct container *container, u64 limit)
{
	char request[32];

	snprintf(request, sizeof(request), "tasks %llu", (unsigned long long)limit);
	return container_ask(container, request);
}

/*
 * All of it, or nothing. A limit of tasks is easily taken back, and whether there can be one its kernel
 * alone knows: that comes first. CPUs and memory change together, or not at all.
 */
static int change_both(const struct container *container, const struct conf *conf,
		       const struct wish *wish, u64 before, u64 tasks)
{
	const char *instance = json_string_value(json_object_get(container->state, "instance"));
	bool machine = wish->cpu_count || wish->memory;
	char why[INSTANCE_WHY];
	int code = CLI_OK;

	if (machine && instance_check(instance, conf, wish, why))
		return log_refuse("container \"%s\": %s", container->id, why);
	if (tasks != before)
		code = change_tasks(container, tasks);
	if (code || !machine || !instance_set(instance, conf, wish, why))
		return code;
	if (tasks != before)
		change_tasks(container, before);
	return log_refuse("container \"%s\": %s", container->id, why);
}

static int change_all(const struct container *container, json_t *present, json_t *wanted,
		      json_t *all)
{
	struct conf conf;
	struct wish wish;
	int code = conf_read(&conf);

	if (code)
		return code;
	make_wish(&wish, &conf, present, wanted, all);
	return change_both(container, &conf, &wish, bundle_tasks(present), bundle_tasks(all));
}

static int change(const struct container *container, json_t *wanted)
{
	json_t *present, *all;
	int code;

	container_change(container);
	present = container_resources(container);
	all = merge(present, wanted);
	code = container_prepare_resources(container, all);
	if (!code)
		code = change_all(container, present, wanted, all);
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
	*wanted = strcmp(resources_file, "-") ? json_load_file(resources_file, 0, &error) :
		json_loadf(stdin, 0, &error);
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

static int update(int count, char **operand)
{
	static struct container container;
	static json_t *wanted;
	int code;

	(void)count;
	if (!resources_file && !tasks)
		return cli_usage("update wants --resources FILE or --pids-limit NUMBER");
	code = container_find_alive(&container, operand[0]);
	if (!code)
		code = container_check_kernel(&container);
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
