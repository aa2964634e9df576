// SPDX-License-Identifier: GPL-2.0-only
/* Reading what /sys/fs/multikernel/instances shows. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fdt.h"
#include "instances.h"
#include "nearest.h"
#include "say.h"
#include "sysfs.h"
#include "whole.h"

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

int instance_refuse_failed(const char *name, const char *when)
{
	char failure[SYSFS_TEXT_SIZE];

	if (sysfs_read_text(failure, sizeof(failure), "fs/multikernel/instances/%s/failure", name))
		*failure = '\0';
	return cli_refuse("%s: it failed %s: %s", name, when, failure);
}

int instances_refuse_problems(const struct instances *list)
{
	int code = CLI_OK;
	size_t i;

	for (i = 0; i < list->count; i++)
		if (*list->instance[i].problem)
			code = cli_refuse("instance \"%s\": cannot read its files: %s",
					  list->instance[i].config.name, list->instance[i].problem);
	return code;
}

int instance_report(const struct instance *instance)
{
	const char *name = instance->config.name;
	char status[SYSFS_TEXT_SIZE];
	enum mk_state state;
	int err = sysfs_read_text(status, sizeof(status), "fs/multikernel/instances/%s/status", name);

	if (err)
		return cli_refuse("%s: done, but its status cannot be read: %s", name, strerror(-err));
	if (!instance_parse_state(status, &state) && state == MK_FAILED)
		return instance_refuse_failed(name, "right away");
	printf("%s: %s\n", name, status);
	return CLI_OK;
}

/*
 * What is behind "KEY = " in the instance's source: numbers, decimal ones or cells in hexadecimal;
 * names.
 */
static const char *find_value(const char *source, const char *key)
{
	const char *at = strstr(source, key);

	return at ? at + strlen(key) : NULL;
}

/* The next one, with a blank or ">" behind it; false where there is none. */
static bool next_number(const char **at, u64 *number)
{
	char *end;

	*number = strtoull(*at, &end, 0);
	if (end == *at || (*end != ' ' && *end != '>'))
		return false;
	*at = *end == ' ' ? end + 1 : end;
	return true;
}

static int read_cpus(const char *at, u32 **cpus, u32 *count)
{
	u64 number;

	/* Each number takes two characters at least. */
	*cpus = calloc(strcspn(at, ">") / 2 + 1, sizeof(u32));
	if (!*cpus)
		return -ENOMEM;
	while (*at != '>') {
		if (!next_number(&at, &number) || number > UINT32_MAX)
			return -EINVAL;
		(*cpus)[(*count)++] = number;
	}
	return 0;
}

/* An older module knows of none that may come. */
static int read_all_cpus(struct instance *instance, const char *source)
{
	const char *cpus = find_value(source, "cpus = <"), *max = find_value(source, "cpus-max = <");
	int err = cpus ? read_cpus(cpus, &instance->cpus, &instance->config.cpu_count) : -EINVAL;

	if (err || !max)
		return err;
	return read_cpus(max, &instance->max_cpus, &instance->config.max_count);
}

/* One cell or two. */
static int read_memory_bytes(struct instance *instance, const char *at)
{
	u64 cell, bytes = 0;

	if (!at)
		return -EINVAL;
	while (*at != '>') {
		if (!next_number(&at, &cell) || cell > UINT32_MAX || bytes > UINT32_MAX)
			return -EINVAL;
		bytes = bytes << 32 | cell;
	}
	instance->config.memory_bytes = bytes;
	return bytes ? 0 : -EINVAL;
}

/* A list of strings, in which nothing is quoted; none is fine. */
static int read_image_names(struct instance *instance, const char *at)
{
	size_t length;

	while (at && *at == '"') {
		length = strcspn(++at, "\"");
		if (!length || length > MK_NAME_MAX || at[length] != '"' ||
		    instance->config.image_count == MK_INSTANCE_IMAGES_MAX)
			return -EINVAL;
		memcpy(instance->image_name[instance->config.image_count++], at, length);
		at += length + 1;
		at += strspn(at, ", ");
	}
	return 0;
}

/* Notes which file it was, and what is the matter with it. */
static int refuse_file(struct instance *instance, const char *file, int err)
{
	snprintf(instance->problem, sizeof(instance->problem), "%s: %s", file, strerror(-err));
	return err;
}

static int read_text(struct instance *instance, const char *file, char *text, size_t size)
{
	int err = sysfs_read_text(text, size, "fs/multikernel/instances/%s/%s", instance->config.name,
				  file);

	return err ? refuse_file(instance, file, err) : 0;
}

static int read_number(struct instance *instance, const char *file, u64 *number)
{
	int err = sysfs_read_number(number, "fs/multikernel/instances/%s/%s", instance->config.name,
				    file);

	return err ? refuse_file(instance, file, err) : 0;
}

static int read_source(struct instance *instance)
{
	static const char file[] = "device_tree_source";
	char *source = malloc(MK_TREE_SIZE_MAX);
	int err;

	if (!source)
		return refuse_file(instance, file, -ENOMEM);
	err = read_text(instance, file, source, MK_TREE_SIZE_MAX);
	if (!err)
		err = read_all_cpus(instance, source);
	if (!err)
		err = read_memory_bytes(instance, find_value(source, "memory-bytes = <"));
	if (!err)
		err = read_image_names(instance, find_value(source, "image-names = "));
	free(source);
	return err && !*instance->problem ? refuse_file(instance, file, err) : err;
}

static int read_id(struct instance *instance)
{
	u64 id;
	int err = read_number(instance, "id", &id);

	if (!err && (!id || id > MK_ID_MAX))
		err = refuse_file(instance, "id", -EINVAL);
	if (!err)
		instance->config.id = id;
	return err;
}

/* They are empty where no kernel runs, and not there in an older module. */
static void read_use(struct instance *instance)
{
	const char *name = instance->config.name;
	unsigned long long busy, at;
	char text[64];

	if (sysfs_read_number(&instance->uptime, "fs/multikernel/instances/%s/uptime", name))
		instance->uptime = UPTIME_UNKNOWN;
	if (sysfs_read_number(&instance->memory_used, "fs/multikernel/instances/%s/memory_used", name))
		instance->memory_used = 0;
	if (!sysfs_read_text(text, sizeof(text), "fs/multikernel/instances/%s/cpu_time", name) &&
	    sscanf(text, "%llu %llu", &busy, &at) == 2) {
		instance->busy_ms = busy;
		instance->busy_at_ms = at;
	}
}

/* A newer module may know more states, and an older one no liveness. */
static int read_status(struct instance *instance)
{
	int err = read_text(instance, "status", instance->status, sizeof(instance->status));

	if (err)
		return err;
	if (instance_parse_state(instance->status, &instance->state))
		instance->state = MK_STATE_COUNT;
	if (sysfs_read_text(instance->liveness, sizeof(instance->liveness),
			    "fs/multikernel/instances/%s/liveness", instance->config.name))
		*instance->liveness = '\0';
	read_use(instance);
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
	struct mk_fdt fdt;
	int node, assigned, err;

	err = mk_fdt_open(&fdt, blob, size, NULL);
	if (err)
		return err;
	node = mk_fdt_child(&fdt, MK_FDT_ROOT, instance->config.name);
	if (node < 0)
		return -EINVAL;
	assigned = mk_fdt_child(&fdt, node, "assigned");
	return assigned < 0 ? 0 : read_assigned(instance, &fdt, assigned);
}

int instance_read_ranges(struct instance *instance)
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
	return err == -ENODEV ? -ENOENT : err;	/* an open file of one that went away */
}

static int read_files(struct instance *instance)
{
	int err = read_id(instance);

	if (!err)
		err = read_number(instance, "serial", &instance->serial);
	if (!err)
		err = read_number(instance, "generation", &instance->generation);
	if (!err)
		err = read_status(instance);
	if (!err)
		err = read_text(instance, "failure", instance->failure, sizeof(instance->failure));
	if (!err)
		err = read_source(instance);
	return err;
}

int instance_read(struct instance *instance, const char *name)
{
	int err;

	memset(instance, 0, sizeof(*instance));
	if (!instance_name_is_sane(name))
		return -ENOENT;
	strcpy(instance->config.name, name);
	err = read_files(instance);
	/* An open file of one that went away says ENODEV. */
	if (err && !sysfs_exists("fs/multikernel/instances/%s", name))
		return -ENOENT;
	return err == -ENOENT ? -ENODATA : err;
}

void instance_free(struct instance *instance)
{
	free(instance->cpus);
	free(instance->max_cpus);
	instance->cpus = NULL;
	instance->max_cpus = NULL;
}

/* The name of the instance with this id, for who typed that; false when there is none. */
static bool name_of_id(const char *word, char name[MK_NAME_MAX + 1])
{
	struct instances list;
	char *end;
	unsigned long id = strtoul(word, &end, 10);
	bool found = false;
	size_t i;

	if (*word < '0' || *word > '9' || *end || instances_read(&list))
		return false;
	for (i = 0; i < list.count && !found; i++) {
		found = list.instance[i].config.id == id;
		if (found)
			strcpy(name, list.instance[i].config.name);
	}
	instances_free(&list);
	return found;
}

static const char *name_of(const void *list, size_t row)
{
	return ((const struct instances *)list)->instance[row].config.name;
}

static int refuse_unknown(const char *word)
{
	struct instances list;
	int code;

	if (instances_read(&list))
		return cli_refuse("there is no instance \"%s\"", word);
	code = cli_refuse_unknown("there is no instance", word, name_of, &list, list.count);
	instances_free(&list);
	return code;
}

int instance_find(struct instance *instance, const char *word)
{
	char name[MK_NAME_MAX + 1];
	int err;

	memset(instance, 0, sizeof(*instance));
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	err = instance_read(instance, word);
	if (err == -ENOENT && name_of_id(word, name))
		err = instance_read(instance, name);
	if (err == -ENOENT)
		return refuse_unknown(word);
	if (err)
		return cli_refuse("instance \"%s\": cannot read its files: %s", word, instance->problem);
	return CLI_OK;
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
	if (err == -ENOENT || err == -ENOMEM) {
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
