// SPDX-License-Identifier: GPL-2.0-only
/* mkctl devices: the virtio devices of an instance, as a table or as JSON. */
#include <linux/virtio_ids.h>
#include <stdlib.h>

#include "device_table.h"
#include "instances.h"
#include "json.h"
#include "mkctl.h"
#include "sysfs.h"
#include "table.h"

#define WORD_SIZE 32

static bool json;

/**
 * struct shown - a line of the instance's file "devices"
 * @slot:   in the device table
 * @name:   by the operator
 * @id:     kind, as virtio counts them
 * @step:   how far the driver has come
 * @served: "served" or "unserved"
 * @kicks:  times that the spawn has called the engine
 * @calls:  times that the engine has called the spawn
 */
struct shown {
	u32 slot;
	char name[MK_DEVICE_NAME];
	u32 id;
	char step[WORD_SIZE];
	char served[WORD_SIZE];
	unsigned long long kicks;
	unsigned long long calls;
};

static bool read_line(const char *line, struct shown *device)
{
	return sscanf(line, "%u %31s %u %31s %31s %llu %llu", &device->slot, device->name,
		      &device->id, device->step, device->served, &device->kicks,
		      &device->calls) == 7;
}

/* As mkio names them. */
static const char *kind(const struct shown *device, char number[WORD_SIZE])
{
	switch (device->id) {
	case VIRTIO_ID_NET:
		return "net";
	case VIRTIO_ID_BLOCK:
		return "disk";
	case VIRTIO_ID_VSOCK:
		return "vsock";
	case VIRTIO_ID_FS:
		return "share";
	}
	snprintf(number, WORD_SIZE, "virtio-%u", device->id);
	return number;
}

static void add_row(struct cli_table *table, const struct shown *device)
{
	bool served = !strcmp(device->served, "served");
	char number[WORD_SIZE];

	cli_table_add(table, CLI_PLAIN, "%s", device->name);
	cli_table_add(table, CLI_PLAIN, "%s", kind(device, number));
	cli_table_add(table, CLI_PLAIN, "%s", device->step);
	cli_table_add(table, served ? CLI_GREEN : CLI_YELLOW, "%s", device->served);
	cli_table_add(table, CLI_PLAIN, "%llu", device->kicks);
	cli_table_add(table, CLI_PLAIN, "%llu", device->calls);
}

static json_t *object(const struct shown *device)
{
	char number[WORD_SIZE];

	return json_pack("{s:s, s:s, s:i, s:s, s:b, s:I, s:I}", "name", device->name, "kind",
			 kind(device, number), "slot", (int)device->slot, "driver", device->step,
			 "served", !strcmp(device->served, "served"), "kicks",
			 (json_int_t)device->kicks, "calls", (json_int_t)device->calls);
}

/* The lines into @device; returns how many, or -1 where one makes no sense. */
static int read_lines(char *text, struct shown device[MK_DEVICE_SLOTS])
{
	int count = 0;
	char *line;

	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (count == MK_DEVICE_SLOTS || !read_line(line, &device[count++]))
			return -1;
	return count;
}

static void print_table(const struct shown *device, int count)
{
	static const char *const titles[] = {
		"DEVICE", "KIND", "DRIVER", "ENGINE", "KICKS", "CALLS", NULL
	};
	struct cli_table table;
	int i;

	cli_table_begin(&table, titles);
	for (i = 0; i < count; i++)
		add_row(&table, &device[i]);
	cli_table_print(&table);
}

static int print(const char *name, char *text)
{
	struct shown device[MK_DEVICE_SLOTS];
	int i, count = read_lines(text, device);
	json_t *all;

	if (count < 0)
		return cli_refuse("instance \"%s\": its file \"devices\" makes no sense", name);
	if (!json) {
		print_table(device, count);
		return CLI_OK;
	}
	all = json_array();
	for (i = 0; i < count; i++)
		json_array_append_new(all, object(&device[i]));
	return cli_json_print(all);
}

static int devices(int count, char **operand)
{
	char text[SYSFS_TEXT_SIZE];
	struct instance instance;
	int code = instance_find(&instance, operand[0]), err;

	(void)count;
	if (!code) {
		err = sysfs_read_text(text, sizeof(text), "fs/multikernel/instances/%s/devices",
				      instance.config.name);
		code = err ? cli_refuse("%s: cannot read its devices: %s", instance.config.name,
					strerror(-err)) : print(instance.config.name, text);
	}
	instance_free(&instance);
	return code;
}

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, NULL, "an array of objects", &json },
	{ 0 }
};

const struct cli_command mkctl_devices = {
	.name = "devices",
	.operands = "NAME",
	.summary = "show the devices of an instance",
	.help =
"One line for each device that mkio(8) serves, or has served, to instance NAME: its name, its\n"
"kind, what the driver there has done, whether someone serves it, and how often each side has\n"
"called the other.\n",
	.options = options,
	.run = devices,
};
