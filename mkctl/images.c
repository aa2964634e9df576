// SPDX-License-Identifier: GPL-2.0-only
/* Reading what /sys/fs/multikernel/images shows. */
#include <dirent.h>
#include <stdlib.h>

#include "images.h"
#include "instances.h"

#define DIRECTORY "fs/multikernel/images"

static void join_lines(char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			*text = ' ';
}

int image_read(struct image *image, const char *name)
{
	int err;

	memset(image, 0, sizeof(*image));
	if (!instance_name_is_sane(name))
		return -ENOENT;
	strcpy(image->config.name, name);
	err = sysfs_read_number(&image->config.memory_bytes, DIRECTORY "/%s/size", name);
	if (!err)
		err = sysfs_read_text(image->status, sizeof(image->status),
				      DIRECTORY "/%s/status", name);
	if (!err)
		err = sysfs_read_number(&image->loaded, DIRECTORY "/%s/loaded_bytes", name);
	if (!err)
		err = sysfs_read_text(image->instances, sizeof(image->instances),
				      DIRECTORY "/%s/instances", name);
	join_lines(image->instances);
	return err == -ENODEV ? -ENOENT : err;	/* an open file of one that went away */
}

static int compare_names(const void *a, const void *b)
{
	const struct image *first = a, *second = b;

	return strcmp(first->config.name, second->config.name);
}

static int add(struct images *list, const char *name)
{
	struct image *more = realloc(list->image, (list->count + 1) * sizeof(*more));
	int err;

	if (!more)
		return -ENOMEM;
	list->image = more;
	err = image_read(&more[list->count], name);
	if (err)
		return err == -ENOENT ? 0 : err;
	list->count++;
	return 0;
}

int images_read(struct images *list)
{
	char path[SYSFS_PATH_SIZE];
	struct dirent *entry;
	DIR *directory;
	int err;

	memset(list, 0, sizeof(*list));
	err = sysfs_path(path, DIRECTORY);
	if (err)
		return err;
	directory = opendir(path);
	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(directory)))
		err = add(list, entry->d_name);
	closedir(directory);
	if (err)
		images_free(list);
	else if (list->count)
		qsort(list->image, list->count, sizeof(*list->image), compare_names);
	return err;
}

void images_free(struct images *list)
{
	free(list->image);
	memset(list, 0, sizeof(*list));
}
