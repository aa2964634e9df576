// SPDX-License-Identifier: GPL-2.0-only
/* mkctl list: the instances as a table or as JSON. */
#include <getopt.h>
#include <stdlib.h>
#include <jansson.h>

#include "instances.h"
#include "mkctl.h"
#include "size.h"
#include "sysfs.h"

#define COLUMNS 5

/* One line of the table; all but the failure are padded to the widest of their column. */
struct row {
	char *cell[COLUMNS];
	const char *failure;
};

/* "2-3,1": in the order of the tree, since the first is the boot CPU; runs are drawn together. */
static char *cpus_text(const struct instance *instance)
{
	u32 i = 0, last, count = instance->config.cpu_count;
	size_t size = 24 * (size_t)count + 1;	/* two numbers and two signs each are less */
	char *text = calloc(1, size);
	size_t used = 0;

	while (text && i < count) {
		last = i;
		while (last + 1 < count && instance->cpus[last + 1] == instance->cpus[last] + 1)
			last++;
		used += snprintf(text + used, size - used, "%s%u", i ? "," : "", instance->cpus[i]);
		if (last > i)
			used += snprintf(text + used, size - used, "-%u", instance->cpus[last]);
		i = last + 1;
	}
	return text;
}

static void fill_row(struct row *row, const struct instance *instance)
{
	char id[16], size[SIZE_TEXT];

	snprintf(id, sizeof(id), "%u", instance->config.id);
	row->cell[0] = strdup(instance->config.name);
	row->cell[1] = strdup(id);
	row->cell[2] = strdup(instance->status);
	row->cell[3] = cpus_text(instance);
	row->cell[4] = strdup(size_text(size, instance->config.memory_bytes));
	row->failure = instance->failure;	/* of one that is active: that it is hung */
}

static void print_row(const struct row *row, const size_t width[COLUMNS])
{
	size_t i;

	for (i = 0; i + 1 < COLUMNS; i++)
		printf("%-*s  ", (int)width[i], row->cell[i]);
	if (*row->failure)
		printf("%-*s  %s\n", (int)width[i], row->cell[i], row->failure);
	else
		printf("%s\n", row->cell[i]);
}

static void print_rows(const struct row *rows, size_t count)
{
	size_t width[COLUMNS] = { 0 };
	size_t i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < COLUMNS; j++)
			if (strlen(rows[i].cell[j]) > width[j])
				width[j] = strlen(rows[i].cell[j]);
	for (i = 0; i < count; i++)
		print_row(&rows[i], width);
}

void instances_print(const struct instances *list)
{
	static const struct row title = { { "NAME", "ID", "STATUS", "CPUS", "MEMORY" }, "" };
	struct row *rows = calloc(list->count + 1, sizeof(*rows));
	size_t i, j;

	if (!rows)
		return;
	rows[0] = title;
	for (i = 0; i < list->count; i++)
		fill_row(&rows[i + 1], &list->instance[i]);
	print_rows(rows, list->count + 1);
	for (i = 1; i <= list->count; i++)
		for (j = 0; j < COLUMNS; j++)
			free(rows[i].cell[j]);
	free(rows);
}

static json_t *cpus_json(const struct instance *instance)
{
	json_t *cpus = json_array();
	u32 i;

	for (i = 0; i < instance->config.cpu_count; i++)
		json_array_append_new(cpus, json_integer(instance->cpus[i]));
	return cpus;
}

static int print_json(const struct instances *list)
{
	json_t *array = json_array();
	size_t i;
	int err;

	for (i = 0; i < list->count; i++) {
		const struct instance *instance = &list->instance[i];

		json_array_append_new(array, json_pack("{s:s, s:i, s:s, s:o, s:I, s:s}",
			"name", instance->config.name, "id", (int)instance->config.id,
			"status", instance->status, "cpus", cpus_json(instance),
			"memory_bytes", (json_int_t)instance->config.memory_bytes,
			"failure", instance->failure));
	}
	/* Out of memory shows as a missing element. */
	err = json_array_size(array) != list->count || json_dumpf(array, stdout, JSON_INDENT(2));
	json_decref(array);
	if (err)
		return mkctl_refuse("cannot write JSON");
	putchar('\n');
	return MKCTL_OK;
}

int mkctl_list(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
	struct instances list;
	bool json = false;
	int letter, err, code = MKCTL_OK;

	while ((letter = mkctl_next_option(argc, argv, ":", options)) != -1) {
		if (letter == '?')
			return MKCTL_USAGE;
		json = true;
	}
	if (argc != optind)
		return mkctl_usage("list takes no \"%s\"", argv[optind]);
	if (!sysfs_has_multikernel())
		return MKCTL_REFUSED;
	err = instances_read(&list);
	if (err)
		return mkctl_refuse("cannot read the instances: %s", strerror(-err));
	if (json)
		code = print_json(&list);
	else
		instances_print(&list);
	instances_free(&list);
	return code;
}
