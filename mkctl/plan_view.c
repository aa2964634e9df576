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

/**
 * struct row - what becomes of one of them
 * @word:   the action
 * @colour: and how it is shown
 * @tree:   where it stands: the present one if it goes, else the desired one
 * @index:  and where there
 */
struct row {
	const char *word;
	enum cli_colour colour;
	const struct mk_tree *tree;
	u32 index;
};

typedef void show_row(void *to, const struct row *row);

static void show_going(show_row *show, void *to, const struct mk_tree *present, u32 index)
{
	show(to, &(struct row){ DESTROY, CLI_RED, present, index });
}

static void show_desired(show_row *show, void *to, u8 action, const struct mk_tree *desired,
			 u32 index)
{
	show(to, &(struct row){ actions[action].word, actions[action].colour, desired, index });
}

/* One that is made anew is in both trees, and has its row among the desired ones. */
static void each_instance(const struct machine *machine, const struct mk_tree *desired,
			  show_row *show, void *to)
{
	const struct mk_tree *present = &machine->present.tree;
	u32 i;

	for (i = 0; i < present->count; i++)
		if (machine->plan.destroy[i] && tree_find(desired, present->instance[i].name) == TREE_NONE)
			show_going(show, to, present, i);
	for (i = 0; i < desired->count; i++)
		show_desired(show, to, machine->plan.action[i], desired, i);
}

static void each_image(const struct machine *machine, const struct mk_tree *desired, show_row *show,
		       void *to)
{
	const struct mk_tree *present = &machine->present.tree;
	u32 i;

	for (i = 0; i < present->image_count; i++)
		if (machine->plan.image_destroy[i] &&
		    mk_tree_find_image(desired, present->image[i].name) == desired->image_count)
			show_going(show, to, present, i);
	for (i = 0; i < desired->image_count; i++)
		show_desired(show, to, machine->plan.image_action[i], desired, i);
}

static void add_instance(void *table, const struct row *row)
{
	const struct mk_instance_config *config = &row->tree->instance[row->index];
	char *cpus = cpu_list_text(mk_tree_cpus(row->tree, config), config->cpu_count);
	char size[SIZE_TEXT];

	cli_table_add(table, row->colour, "%s", row->word);
	cli_table_add(table, CLI_PLAIN, "%s", config->name);
	cli_table_add(table, CLI_PLAIN, "%u", config->id);
	cli_table_add(table, CLI_PLAIN, "%s", cpus ? cpus : "?");
	cli_table_add(table, CLI_PLAIN, "%s", size_text(size, config->memory_bytes));
	free(cpus);
}

static void add_image(void *table, const struct row *row)
{
	const struct mk_disk_image_config *image = &row->tree->image[row->index];
	char size[SIZE_TEXT];

	cli_table_add(table, row->colour, "%s", row->word);
	cli_table_add(table, CLI_PLAIN, "%s", image->name);
	cli_table_add(table, CLI_PLAIN, "%s", size_text(size, image->memory_bytes));
}

static void print_tables(const struct machine *machine, const struct mk_tree *desired)
{
	static const char *const of_instances[] = { "ACTION", "NAME", "ID", "CPUS", "MEMORY", NULL };
	static const char *const of_images[] = { "ACTION", "IMAGE", "MEMORY", NULL };
	struct cli_table table;

	cli_table_begin(&table, of_instances);
	each_instance(machine, desired, add_instance, &table);
	cli_table_print(&table);
	if (!machine->present.tree.image_count && !desired->image_count)
		return;
	puts("");
	cli_table_begin(&table, of_images);
	each_image(machine, desired, add_image, &table);
	cli_table_print(&table);
}

static void append_instance(void *array, const struct row *row)
{
	const struct mk_instance_config *config = &row->tree->instance[row->index];
	json_t *cpus = json_array();
	u32 i;

	for (i = 0; i < config->cpu_count; i++)
		json_array_append_new(cpus, json_integer(mk_tree_cpus(row->tree, config)[i]));
	json_array_append_new(array, json_pack("{s:s, s:s, s:i, s:o, s:I}", "action", row->word,
		"name", config->name, "id", (int)config->id, "cpus", cpus,
		"memory_bytes", (json_int_t)config->memory_bytes));
}

static void append_image(void *array, const struct row *row)
{
	const struct mk_disk_image_config *image = &row->tree->image[row->index];

	json_array_append_new(array, json_pack("{s:s, s:s, s:I}", "action", row->word, "image", image->name,
		"memory_bytes", (json_int_t)image->memory_bytes));
}

int plan_print(const struct machine *machine, const struct mk_tree *desired, bool json)
{
	json_t *array;

	if (!json) {
		print_tables(machine, desired);
		return CLI_OK;
	}
	array = json_array();
	each_instance(machine, desired, append_instance, array);
	each_image(machine, desired, append_image, array);
	return cli_json_print(array);
}
