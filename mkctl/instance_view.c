// SPDX-License-Identifier: GPL-2.0-only
/* One place for what is shown of an instance, so that all commands show the same. */
#include <stdlib.h>

#include "cpu_list.h"
#include "instance_view.h"
#include "say.h"
#include "size.h"

enum cli_colour instance_colour(const struct instance *instance)
{
	if (*instance->problem || instance->state == MK_FAILED)
		return CLI_RED;
	if (instance->state == MK_LOADING || *instance->failure)
		return CLI_YELLOW;
	return instance->state == MK_ACTIVE ? CLI_GREEN : CLI_PLAIN;
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
	return json_pack("{s:s, s:i, s:s, s:o, s:I, s:s, s:s, s:I, s:I}",
			 "name", instance->config.name, "id", (int)instance->config.id,
			 "status", instance->status, "cpus", cpus,
			 "memory_bytes", (json_int_t)instance->config.memory_bytes,
			 "failure", instance->failure, "liveness", instance->liveness,
			 "serial", (json_int_t)instance->serial,
			 "generation", (json_int_t)instance->generation);
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
