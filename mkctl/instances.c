// SPDX-License-Identifier: GPL-2.0-only
/* Reading what /sys/fs/multikernel/instances shows. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fdt.h"
#include "instances.h"
#include "mkctl.h"
#include "sysfs.h"

#define CELL_SIZE 4
#define RANGE_SIZE 16		/* two cells of address, two of size */

bool instance_name_is_sane(const char *name)
{
	return *name && strcmp(name, ".") && strcmp(name, "..") && strlen(name) <= MK_NAME_MAX &&
	       !strchr(name, '/');
}

int instance_parse_state(const char *status, enum mk_state *state)
{
	int i;

	for (i = 0; i < MK_STATE_COUNT; i++) {
		if (!strcmp(status, mk_state_name(i))) {
			*state = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_status(struct instance *instance)
{
	int err = sysfs_read_text(instance->status, sizeof(instance->status),
				  "fs/multikernel/instances/%s/status", instance->config.name);

	return err ? err : instance_parse_state(instance->status, &instance->state);
}

void instance_print_status(const struct instance *instance)
{
	char status[SYSFS_TEXT_SIZE];

	if (!sysfs_read_text(status, sizeof(status), "fs/multikernel/instances/%s/status",
			     instance->config.name))
		printf("%s: %s\n", instance->config.name, status);
}

static int read_resources(struct instance *instance, const struct mk_fdt *fdt, int node)
{
	struct mk_fdt_property property;
	u32 i;

	if (!mk_fdt_property(fdt, node, "memory-bytes", &property))
		return -EINVAL;
	if (property.size == CELL_SIZE)
		instance->config.memory_bytes = mk_get_be32(property.value);
	else if (property.size == 2 * CELL_SIZE)
		instance->config.memory_bytes = mk_get_be64(property.value);
	else
		return -EINVAL;
	if (!mk_fdt_property(fdt, node, "cpus", &property) || property.size % CELL_SIZE)
		return -EINVAL;
	instance->config.cpu_count = property.size / CELL_SIZE;
	instance->cpus = calloc(instance->config.cpu_count + 1, sizeof(u32));
	if (!instance->cpus)
		return -ENOMEM;
	for (i = 0; i < instance->config.cpu_count; i++)
		instance->cpus[i] = mk_get_be32(property.value + CELL_SIZE * i);
	return 0;
}

static int read_assigned(struct instance *instance, const struct mk_fdt *fdt, int node)
{
	struct mk_fdt_property property;
	u32 i;

	if (!mk_fdt_property(fdt, node, "memory-ranges", &property))
		return 0;
	if (property.size % RANGE_SIZE || property.size / RANGE_SIZE > MK_INSTANCE_RANGES_MAX)
		return -EINVAL;
	instance->range_count = property.size / RANGE_SIZE;
	for (i = 0; i < instance->range_count; i++) {
		const u8 *range = property.value + RANGE_SIZE * i;

		instance->range[i].start = mk_get_be64(range);
		instance->range[i].size = mk_get_be64(range + RANGE_SIZE / 2);
		instance->range[i].node = MK_ANY_NODE;
	}
	return 0;
}

static int read_tree(struct instance *instance, const u8 *blob, size_t size)
{
	int node, resources, assigned, err;
	struct mk_fdt fdt;

	err = mk_fdt_open(&fdt, blob, size, NULL);
	if (err)
		return err;
	node = mk_fdt_child(&fdt, MK_FDT_ROOT, instance->config.name);
	if (node < 0)
		return -EINVAL;
	resources = mk_fdt_child(&fdt, node, "resources");
	if (resources < 0)
		return -EINVAL;
	err = read_resources(instance, &fdt, resources);
	if (err)
		return err;
	assigned = mk_fdt_child(&fdt, node, "assigned");
	return assigned < 0 ? 0 : read_assigned(instance, &fdt, assigned);
}

static int read_device_tree(struct instance *instance)
{
	int fd = sysfs_open(O_RDONLY, "fs/multikernel/instances/%s/device_tree",
			    instance->config.name);
	ssize_t size;
	u8 *blob;
	int err;

	if (fd < 0)
		return fd;
	blob = malloc(MK_TREE_SIZE_MAX);
	if (!blob) {
		close(fd);
		return -ENOMEM;
	}
	size = read_all(fd, blob, MK_TREE_SIZE_MAX);
	close(fd);
	err = size < 0 ? (int)size : read_tree(instance, blob, size);
	free(blob);
	return err;
}

int instance_read(struct instance *instance, const char *name)
{
	u64 id;
	int err;

	memset(instance, 0, sizeof(*instance));
	if (!instance_name_is_sane(name))
		return -ENOENT;
	strcpy(instance->config.name, name);
	err = sysfs_read_number(&id, "fs/multikernel/instances/%s/id", name);
	if (!err && (!id || id > MK_ID_MAX))
		err = -EINVAL;
	if (!err)
		err = read_status(instance);
	if (!err)
		err = sysfs_read_text(instance->failure, sizeof(instance->failure),
				      "fs/multikernel/instances/%s/failure", name);
	if (!err)
		err = read_device_tree(instance);
	if (err)
		return err == -ENODEV ? -ENOENT : err;	/* an open file of one that went away */
	instance->config.id = id;
	return 0;
}

void instance_free(struct instance *instance)
{
	free(instance->cpus);
	instance->cpus = NULL;
}

int instance_find(struct instance *instance, const char *name)
{
	int err;

	memset(instance, 0, sizeof(*instance));
	if (!sysfs_has_multikernel())
		return MKCTL_REFUSED;
	err = instance_read(instance, name);
	if (err == -ENOENT)
		return mkctl_refuse("there is no instance \"%s\"", name);
	if (err)
		return mkctl_refuse("instance \"%s\": cannot read its files: %s", name,
				    strerror(-err));
	return MKCTL_OK;
}

static int compare_ids(const void *a, const void *b)
{
	u32 id_a = ((const struct instance *)a)->config.id;
	u32 id_b = ((const struct instance *)b)->config.id;

	return id_a < id_b ? -1 : id_a > id_b;
}

static int add(struct instances *list, const char *name)
{
	struct instance *more;
	int err;

	more = realloc(list->instance, (list->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	list->instance = more;
	err = instance_read(&more[list->count], name);
	if (err) {
		instance_free(&more[list->count]);
		return err == -ENOENT ? 0 : err;
	}
	list->count++;
	return 0;
}

int instances_read(struct instances *list)
{
	char path[SYSFS_PATH_SIZE];
	struct dirent *entry;
	DIR *directory;
	int err;

	memset(list, 0, sizeof(*list));
	err = sysfs_path(path, "fs/multikernel/instances");
	if (err)
		return err;
	directory = opendir(path);
	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory)))
		err = add(list, entry->d_name);
	closedir(directory);
	if (err)
		instances_free(list);
	else if (list->count)
		qsort(list->instance, list->count, sizeof(*list->instance), compare_ids);
	return err;
}

void instances_free(struct instances *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		instance_free(&list->instance[i]);
	free(list->instance);
	memset(list, 0, sizeof(*list));
}
