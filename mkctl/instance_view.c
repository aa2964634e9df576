// SPDX-License-Identifier: GPL-2.0-only
/* One place for what is shown of an instance, so that all commands show the same. */
#include <stdlib.h>

#include "cpu_list.h"
#include "instance_view.h"
#include "say.h"
#include "size.h"

#define MEGABYTE (1ULL << 20)

enum cli_colour instance_colour(const struct instance *instance)
{
	if (*instance->problem || instance->state == MK_FAILED)
		return CLI_RED;
	if (instance->state == MK_LOADING || *instance->failure)
		return CLI_YELLOW;
	return instance->state == MK_ACTIVE ? CLI_GREEN : CLI_PLAIN;
}

const char *instance_uptime_text(char text[UPTIME_TEXT], const struct instance *instance)
{
	unsigned long long seconds = instance->uptime;

	if (instance->uptime == UPTIME_UNKNOWN)
		strcpy(text, "-");
	else if (seconds < 60)
		snprintf(text, UPTIME_TEXT, "%llus", seconds);
	else if (seconds < 3600)
		snprintf(text, UPTIME_TEXT, "%llum%02llus", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		snprintf(text, UPTIME_TEXT, "%lluh%02llum", seconds / 3600, seconds / 60 % 60);
	else
		snprintf(text, UPTIME_TEXT, "%llud%02lluh", seconds / 86400, seconds / 3600 % 24);
	return text;
}

const char *instance_used_text(char text[SIZE_TEXT], const struct instance *instance)
{
	if (!instance->memory_used)
		return strcpy(text, "-");
	return size_text(text, mk_align_up(instance->memory_used, MEGABYTE));
}

/* What could not be read is a question mark; why is said on standard error. */
static void add_problem(struct cli_table *table, const struct instance *instance)
{
	cli_table_add(table, CLI_PLAIN, "%s", instance->config.name);
	cli_table_add(table, CLI_PLAIN, instance->config.id ? "%u" : "?", instance->config.id);
	cli_table_add(table, CLI_RED, "%s", *instance->status ? instance->status : "?");
	cli_table_add(table, CLI_PLAIN, "?");
	cli_table_add(table, CLI_PLAIN, "?");
	cli_table_add(table, CLI_PLAIN, "%s", "");
}

static void add_row(struct cli_table *table, const struct instance *instance)
{
	char *cpus = cpu_list_text(instance->cpus, instance->config.cpu_count);
	char size[SIZE_TEXT];

	cli_table_add(table, CLI_PLAIN, "%s", instance->config.name);
	cli_table_add(table, CLI_PLAIN, "%u", instance->config.id);
	cli_table_add(table, instance_colour(instance), "%s", instance->status);
	cli_table_add(table, CLI_PLAIN, "%s", cpus ? cpus : "?");
	cli_table_add(table, CLI_PLAIN, "%s", size_text(size, instance->config.memory_bytes));
	cli_table_add(table, instance_colour(instance), "%s", instance->failure);
	free(cpus);
}

void instances_print(const struct instances *list)
{
	static const char *const titles[] = { "NAME", "ID", "STATUS", "CPUS", "MEMORY", "", NULL };
	struct cli_table table;
	size_t i;

	cli_table_begin(&table, titles);
	for (i = 0; i < list->count; i++) {
		if (*list->instance[i].problem)
			add_problem(&table, &list->instance[i]);
		else
			add_row(&table, &list->instance[i]);
	}
	cli_table_print(&table);
}

int instances_show(void)
{
	struct instances list;
	int code, err = instances_read(&list);

	if (err)
		return cli_refuse("the tree was taken, but the instances cannot be read: %s",
				  strerror(-err));
	instances_print(&list);
	code = instances_refuse_problems(&list);
	instances_free(&list);
	return code;
}

/* What a kernel that runs has, as far as it is known. */
static json_t *add_use(json_t *object, const struct instance *instance)
{
	if (instance->uptime != UPTIME_UNKNOWN)
		json_object_set_new(object, "uptime_seconds", json_integer(instance->uptime));
	if (instance->busy_at_ms) {
		json_object_set_new(object, "cpu_busy_ms", json_integer(instance->busy_ms));
		json_object_set_new(object, "cpu_busy_at_ms", json_integer(instance->busy_at_ms));
	}
	if (instance->memory_used)
		json_object_set_new(object, "memory_used_bytes", json_integer(instance->memory_used));
	return object;
}

json_t *instance_json(const struct instance *instance)
{
	json_t *cpus = json_array();
	u32 i;

	if (*instance->problem) {
		json_decref(cpus);
		return json_pack("{s:s, s:s}", "name", instance->config.name, "problem",
				 instance->problem);
	}
	for (i = 0; i < instance->config.cpu_count; i++)
		json_array_append_new(cpus, json_integer(instance->cpus[i]));
	return add_use(json_pack("{s:s, s:i, s:s, s:o, s:I, s:s, s:s, s:I, s:I}",
				   "name", instance->config.name, "id", (int)instance->config.id,
				   "status", instance->status, "cpus", cpus,
				   "memory_bytes", (json_int_t)instance->config.memory_bytes,
				   "failure", instance->failure, "liveness", instance->liveness,
				   "serial", (json_int_t)instance->serial,
				   "generation", (json_int_t)instance->generation), instance);
}

json_t *instances_json(const struct instances *list)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (json_array_append_new(array, instance_json(&list->instance[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}
