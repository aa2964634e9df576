// SPDX-License-Identifier: GPL-2.0-only
/* mkctl image: disk images in memory, filled and listed. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "images.h"
#include "json.h"
#include "mkctl.h"
#include "nearest.h"
#include "progress.h"
#include "size.h"
#include "sysfs.h"
#include "table.h"

#define PIECE (1U << 20)		/* read at a time */

/**
 * struct load - one load, from the file to the image
 * @path:     the file
 * @image:    where to
 * @from:     the file, open
 * @to:       the image, open
 * @size:     of the file, 0 where that is not known
 * @done:     bytes of it that were written
 * @progress: the same for a person
 * @before:   last_error before it
 */
struct load {
	const char *path;
	struct image image;
	int from;
	int to;
	u64 size;
	u64 done;
	struct cli_progress progress;
	char before[SYSFS_TEXT_SIZE];
};

static int refuse_large(const struct load *load, u64 bytes, const char *more)
{
	return cli_refuse("%s: its %llu bytes%s do not fit image \"%s\", which has %llu", load->path,
			    (unsigned long long)bytes, more, load->image.config.name,
			    (unsigned long long)load->image.config.memory_bytes);
}

static int open_file(struct load *load)
{
	struct stat status;

	load->from = strcmp(load->path, "-") ? open(load->path, O_RDONLY | O_CLOEXEC) :
		     STDIN_FILENO;
	if (load->from < 0 || fstat(load->from, &status))
		return cli_refuse("%s: %s", load->path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return cli_refuse("%s: %s", load->path, strerror(EISDIR));
	if (!S_ISREG(status.st_mode))
		return CLI_OK;
	load->size = status.st_size;
	if (!status.st_size)
		return cli_refuse("%s: it is empty", load->path);
	if (load->size > load->image.config.memory_bytes)
		return refuse_large(load, load->size, "");
	return CLI_OK;
}

static int write_piece(struct load *load, const u8 *piece, size_t size)
{
	int err;

	if (size > load->image.config.memory_bytes - load->done)
		return refuse_large(load, load->done + size, " and more");
	err = write_all(load->to, piece, size);
	if (err)
		return sysfs_refuse(load->image.config.name, -err, load->before);
	load->done += size;
	cli_progress_add(&load->progress, size);
	return CLI_OK;
}

static int copy(struct load *load)
{
	u8 *piece = malloc(PIECE);
	ssize_t size = piece ? 1 : -ENOMEM;
	int code = CLI_OK;

	while (!code && size > 0) {
		size = read_all(load->from, piece, PIECE);
		if (size > 0)
			code = write_piece(load, piece, size);
	}
	free(piece);
	if (size < 0)
		return cli_refuse("%s: %s", load->path, strerror(-size));
	if (!code && !load->done)
		return cli_refuse("%s: it is empty", load->path);
	if (!code && load->size && load->done != load->size)
		return cli_refuse("%s: its size changed while it was read", load->path);
	return code;
}

static int set_status(const struct load *load, const char *word)
{
	int fd = sysfs_open(O_WRONLY, "fs/multikernel/images/%s/status", load->image.config.name);
	int err = fd < 0 ? fd : write_all(fd, word, strlen(word));

	if (fd >= 0)
		close(fd);
	return err;
}

/* All or nothing: what was begun and does not end is cleared again. */
static int fill(struct load *load)
{
	int code, err;

	sysfs_last_error(load->before);
	load->to = sysfs_open(O_WRONLY, "fs/multikernel/images/%s/image", load->image.config.name);
	if (load->to < 0)
		return cli_refuse("image \"%s\": %s", load->image.config.name, strerror(-load->to));
	cli_progress_begin(&load->progress, load->image.config.name,
			   load->size ? load->size : load->image.config.memory_bytes);
	code = copy(load);
	cli_progress_end(&load->progress);
	close(load->to);
	if (code) {
		if (load->done)
			set_status(load, "empty");
		return code;
	}
	err = set_status(load, "ready");
	return err ? sysfs_refuse(load->image.config.name, -err, load->before) : CLI_OK;
}

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
	struct load load = { .from = -1, .path = operand[1] };
	char size[SIZE_TEXT];
	int err, code;

	(void)count;
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	err = image_read(&load.image, operand[0]);
	if (err == -ENOENT)
		return refuse_unknown(operand[0]);
	if (err)
		return cli_refuse("image \"%s\": cannot read its files: %s", operand[0], strerror(-err));
	code = open_file(&load);
	if (!code)
		code = fill(&load);
	if (load.from > STDERR_FILENO)
		close(load.from);
	if (!code)
		printf("%s: ready, %s\n", operand[0], size_text(size, load.done));
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
