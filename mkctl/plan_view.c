// SPDX-License-Identifier: GPL-2.0-only
/* A row for each instance and each image that is there now or is to be. */
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

static bool only_image_goes(const struct machine *machine, const struct mk_tree *desired, u32 index)
{
	return machine->plan.image_destroy[index] &&
	       mk_tree_find_image(desired, machine->present.tree.image[index].name) == desired->image_count;
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

static void print_instances(const struct machine *machine, const struct mk_tree *desired)
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

static void add_image(struct cli_table *table, const char *word, enum cli_colour colour,
		      const struct mk_disk_image_config *image)
{
	char size[SIZE_TEXT];

	cli_table_add(table, colour, "%s", word);
	cli_table_add(table, CLI_PLAIN, "%s", image->name);
	cli_table_add(table, CLI_PLAIN, "%s", size_text(size, image->memory_bytes));
}

static void print_images(const struct machine *machine, const struct mk_tree *desired)
{
	static const char *const titles[] = { "ACTION", "IMAGE", "MEMORY", NULL };
	const struct mk_tree *present = &machine->present.tree;
	struct cli_table table;
	u32 i;

	cli_table_begin(&table, titles);
	for (i = 0; i < present->image_count; i++)
		if (only_image_goes(machine, desired, i))
			add_image(&table, DESTROY, CLI_RED, &present->image[i]);
	for (i = 0; i < desired->image_count; i++)
		add_image(&table, actions[machine->plan.image_action[i]].word,
			  actions[machine->plan.image_action[i]].colour, &desired->image[i]);
	cli_table_print(&table);
}

static void print_tables(const struct machine *machine, const struct mk_tree *desired)
{
	print_instances(machine, desired);
	if (!machine->present.tree.image_count && !desired->image_count)
		return;
	puts("");
	print_images(machine, desired);
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

static void append_image(json_t *array, const char *word, const struct mk_disk_image_config *image)
{
	json_array_append_new(array, json_pack("{s:s, s:s, s:I}", "action", word, "image", image->name,
		"memory_bytes", (json_int_t)image->memory_bytes));
}

static void append_instances(json_t *array, const struct machine *machine, const struct mk_tree *desired)
{
	const struct mk_tree *present = &machine->present.tree;
	u32 i;

	for (i = 0; i < present->count; i++)
		if (only_goes(machine, desired, i))
			append(array, DESTROY, present, &present->instance[i]);
	for (i = 0; i < desired->count; i++)
		append(array, actions[machine->plan.action[i]].word, desired, &desired->instance[i]);
}

static void append_images(json_t *array, const struct machine *machine, const struct mk_tree *desired)
{
	const struct mk_tree *present = &machine->present.tree;
	u32 i;

	for (i = 0; i < present->image_count; i++)
		if (only_image_goes(machine, desired, i))
			append_image(array, DESTROY, &present->image[i]);
	for (i = 0; i < desired->image_count; i++)
		append_image(array, actions[machine->plan.image_action[i]].word, &desired->image[i]);
}

int plan_print(const struct machine *machine, const struct mk_tree *desired, bool json)
{
	json_t *array;

	if (!json) {
		print_tables(machine, desired);
		return CLI_OK;
	}
	array = json_array();
	append_instances(array, machine, desired);
	append_images(array, machine, desired);
	return cli_json_print(array);
}
