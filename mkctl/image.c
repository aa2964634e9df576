// SPDX-License-Identifier: GPL-2.0-only
/* mkctl image: disk images in memory, loaded and listed. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "image_load.h"
#include "json.h"
#include "mkctl.h"
#include "nearest.h"
#include "size.h"
#include "sysfs.h"
#include "table.h"

static const char *name_of(const void *list, size_t row)
{
	return ((const struct images *)list)->image[row].config.name;
}

static int refuse_unknown(const char *word)
{
	struct images list;
	int code;

	if (images_read(&list))
		return cli_refuse("there is no image \"%s\"", word);
	code = cli_refuse_unknown("there is no image", word, name_of, &list, list.count);
	images_free(&list);
	return code;
}

static int load(int count, char **operand)
{
	bool standard_input = !strcmp(operand[1], "-");
	struct image image;
	int err, from, code;

	(void)count;
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	err = image_read(&image, operand[0]);
	if (err == -ENOENT)
		return refuse_unknown(operand[0]);
	if (err)
		return cli_refuse("image \"%s\": cannot read its files: %s", operand[0], strerror(-err));
	from = standard_input ? STDIN_FILENO : open(operand[1], O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return cli_refuse("%s: %s", operand[1], strerror(errno));
	code = image_load(&image, from, operand[1]);
	if (!standard_input)
		close(from);
	return code;
}

const struct cli_command mkctl_image_load = {
	.name = "image load",
	.operands = "IMAGE FILE",
	.summary = "fill a disk image in memory",
	.help =
"Fills the tree's disk image IMAGE with FILE, a root file system for instance, which the kernels of\n"
"all instances that name it see as /dev/pmem0, or the number that it has in their list. \"-\" is\n"
"standard input. No kernel may run there meanwhile. What does not fit is refused, and what ends\n"
"early is cleared again.\n",
	.seldom = true,
	.run = load,
};

static bool json;

static void print_table(const struct images *list)
{
	static const char *const titles[] = { "NAME", "STATUS", "MEMORY", "INSTANCES", NULL };
	struct cli_table table;
	char size[SIZE_TEXT];
	size_t i;

	cli_table_begin(&table, titles);
	for (i = 0; i < list->count; i++) {
		const struct image *image = &list->image[i];

		cli_table_add(&table, CLI_PLAIN, "%s", image->config.name);
		cli_table_add(&table, strcmp(image->status, "ready") ? CLI_YELLOW : CLI_GREEN, "%s",
			      image->status);
		cli_table_add(&table, CLI_PLAIN, "%s", size_text(size, image->config.memory_bytes));
		cli_table_add(&table, CLI_PLAIN, "%s", *image->instances ? image->instances : "-");
	}
	cli_table_print(&table);
}

static json_t *names_json(const char *names)
{
	json_t *array = json_array();

	while (*names) {
		size_t length = strcspn(names, " ");

		json_array_append_new(array, json_stringn(names, length));
		names += length + (names[length] == ' ');
	}
	return array;
}

static json_t *images_json(const struct images *list)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct image *image = &list->image[i];
		json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:o}", "name", image->config.name,
					   "status", image->status, "memory_bytes",
					   (json_int_t)image->config.memory_bytes, "loaded_bytes",
					   (json_int_t)image->loaded, "instances",
					   names_json(image->instances));

		if (json_array_append_new(array, object)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static int list(int count, char **operand)
{
	struct images all;
	int err, code = CLI_OK;

	(void)count;
	(void)operand;
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	err = images_read(&all);
	if (err)
		return cli_refuse("cannot read the images: %s", strerror(-err));
	if (json)
		code = cli_json_print(images_json(&all));
	else
		print_table(&all);
	images_free(&all);
	return code;
}

static const struct cli_option list_options[] = {
	{ "json", 0, CLI_FLAG, NULL, "an array of objects", &json },
	{ 0 }
};

const struct cli_command mkctl_image_list = {
	.name = "image list",
	.operands = "",
	.summary = "show the disk images in memory",
	.help =
"One line for each image of the tree: its name, whether it is filled, its size, and the instances\n"
"that name it.\n",
	.options = list_options,
	.seldom = true,
	.run = list,
};
