// SPDX-License-Identifier: GPL-2.0-only
/* A row for each instance that is there now or is to be. */
#include <stdlib.h>

#include "cpu_list.h"
#include "json.h"
#include "plan_view.h"
#include "say.h"
#include "size.h"
#include "table.h"

static const struct {
	const char *word;
	enum cli_colour colour;
} actions[] = {
	[MK_KEEP] = { "keep", CLI_PLAIN },
	[MK_CREATE] = { "create", CLI_GREEN },
	[MK_REMAKE] = { "re-make", CLI_YELLOW },
	[MK_RESIZE] = { "resize", CLI_YELLOW },
};

#define DESTROY "destroy"

/* One that is made anew is in both trees, and has its row among the desired ones. */
static bool only_goes(const struct machine *machine, const struct mk_tree *desired, u32 index)
{
	return machine->plan.destroy[index] &&
	       tree_find(desired, machine->present.tree.instance[index].name) == TREE_NONE;
}

static void add_row(struct cli_table *table, const char *word, enum cli_colour colour,
		    const struct mk_tree *tree, const struct mk_instance_config *config)
{
	char *cpus = cpu_list_text(mk_tree_cpus(tree, config), config->cpu_count);
	char size[SIZE_TEXT];

	cli_table_add(table, colour, "%s", word);
	cli_table_add(table, CLI_PLAIN, "%s", config->name);
	cli_table_add(table, CLI_PLAIN, "%u", config->id);
	cli_table_add(table, CLI_PLAIN, "%s", cpus ? cpus : "?");
	cli_table_add(table, CLI_PLAIN, "%s", size_text(size, config->memory_bytes));
	free(cpus);
}

static void print_table(const struct machine *machine, const struct mk_tree *desired)
{
	static const char *const titles[] = { "ACTION", "NAME", "ID", "CPUS", "MEMORY", NULL };
	const struct mk_tree *present = &machine->present.tree;
	struct cli_table table;
	u32 i;

	cli_table_begin(&table, titles);
	for (i = 0; i < present->count; i++)
		if (only_goes(machine, desired, i))
			add_row(&table, DESTROY, CLI_RED, present, &present->instance[i]);
	for (i = 0; i < desired->count; i++)
		add_row(&table, actions[machine->plan.action[i]].word,
			actions[machine->plan.action[i]].colour, desired, &desired->instance[i]);
	cli_table_print(&table);
}

static void append(json_t *array, const char *word, const struct mk_tree *tree,
		   const struct mk_instance_config *config)
{
	json_t *cpus = json_array();
	u32 i;

	for (i = 0; i < config->cpu_count; i++)
		json_array_append_new(cpus, json_integer(mk_tree_cpus(tree, config)[i]));
	json_array_append_new(array, json_pack("{s:s, s:s, s:i, s:o, s:I}", "action", word,
		"name", config->name, "id", (int)config->id, "cpus", cpus,
		"memory_bytes", (json_int_t)config->memory_bytes));
}

int plan_print(const struct machine *machine, const struct mk_tree *desired, bool json)
{
	const struct mk_tree *present = &machine->present.tree;
	json_t *array;
	u32 i;

	if (!json) {
		print_table(machine, desired);
		return CLI_OK;
	}
	array = json_array();
	for (i = 0; i < present->count; i++)
		if (only_goes(machine, desired, i))
			append(array, DESTROY, present, &present->instance[i]);
	for (i = 0; i < desired->count; i++)
		append(array, actions[machine->plan.action[i]].word, desired, &desired->instance[i]);
	return cli_json_print(array);
}
