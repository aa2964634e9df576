// SPDX-License-Identifier: GPL-2.0-only
/* mkrun update: what can change while a container's kernel runs; what cannot is refused by name. */
#include <stdlib.h>

#include "bundle.h"
#include "container.h"
#include "log.h"
#include "mkrun.h"

static const char *resources_file, *tasks;

/* "linux.resources" of its bundle: what it has. */
static json_t *read_present(const struct container *container)
{
	json_t *config = container_config(container);
	json_t *present = json_incref(json_object_get(json_object_get(config, "linux"), "resources"));

	json_decref(config);
	return present ? present : json_object();
}

/* A part as it would be: what is not said stays. */
static json_t *merge(json_t *present, json_t *wanted, const char *key)
{
	json_t *part = json_copy(json_object_get(present, key)), *value;
	const char *name;

	if (!part)
		part = json_object();
	json_object_foreach(json_object_get(wanted, key), name, value)
		if (!json_is_null(value))
			json_object_set(part, name, value);
	return part;
}

static int set_cpus(const struct container *container, const struct wish *wish,
		    char before[CONF_TEXT])
{
	const char *instance = json_string_value(json_object_get(container->state, "instance"));
	char why[INSTANCE_WHY];
	struct conf conf;
	int code = conf_read(&conf);

	if (!code && instance_set_cpus(instance, &conf, wish, before, why))
		code = log_refuse("container \"%s\": %s", container->id, why);
	return code;
}

/* No more than they are, unless the configuration says otherwise (cpus-max=). */
static int change_cpus(const struct container *container, json_t *present, json_t *wanted,
		       char before[CONF_TEXT])
{
	json_t *cpu = merge(present, wanted, "cpu");
	const char *cpus = json_string_value(json_object_get(cpu, "cpus"));
	struct wish wish = { .cpu_count = bundle_cpu_count(cpu) };

	snprintf(wish.cpus, sizeof(wish.cpus), "%s", cpus ? cpus : "");
	json_decref(cpu);
	return set_cpus(container, &wish, before);
}

static void take_back_cpus(const struct container *container, const char *before)
{
	char changed[CONF_TEXT];
	struct wish wish = { 0 };

	snprintf(wish.cpus, sizeof(wish.cpus), "%s", before);
	set_cpus(container, &wish, changed);
}

static json_t *memory_limit(json_t *resources)
{
	return json_object_get(json_object_get(resources, "memory"), "limit");
}

static int check_memory(const struct container *container, json_t *present, json_t *wanted)
{
	json_t *limit = memory_limit(wanted);

	if (!limit || json_is_null(limit) || json_equal(limit, memory_limit(present)))
		return CLI_OK;
	return log_refuse("container \"%s\": memory.limit cannot change while its kernel runs",
			  container->id);
}

static int change_tasks(const struct container *container, u64 limit)
{
	char request[32];

	snprintf(request, sizeof(request), "tasks %llu", (unsigned long long)limit);
	return container_ask(container, request);
}

/* All of it, or nothing. Whether tasks can be limited its kernel alone knows, so that comes last. */
static int change(const struct container *container, json_t *wanted)
{
	json_t *present = read_present(container);
	int code = check_memory(container, present, wanted);
	char before[CONF_TEXT] = "";

	if (!code && json_is_object(json_object_get(wanted, "cpu")))
		code = change_cpus(container, present, wanted, before);
	if (!code && json_is_object(json_object_get(wanted, "pids"))) {
		code = change_tasks(container, bundle_tasks(wanted));
		if (code && *before)
			take_back_cpus(container, before);
	}
	json_decref(present);
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
"Changes the number of its tasks, and its CPUs where mkrun.conf has cpus-max=. Its memory stays.\n",
	.options = options,
	.run = update,
};
