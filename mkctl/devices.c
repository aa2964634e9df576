// SPDX-License-Identifier: GPL-2.0-only
/* mkctl devices: the virtio devices of an instance, as a table or as JSON. */
#include "device_list.h"
#include "instances.h"
#include "json.h"
#include "mkctl.h"
#include "table.h"

static bool json;

static void add_bytes(struct cli_table *table, const struct device *device, u64 bytes)
{
	if (device->bytes_known)
		cli_table_add(table, CLI_PLAIN, "%llu", (unsigned long long)bytes);
	else
		cli_table_add(table, CLI_PLAIN, "-");
}

static void add_row(struct cli_table *table, const struct device *device)
{
	char number[DEVICE_WORD];

	cli_table_add(table, CLI_PLAIN, "%s", device->name);
	cli_table_add(table, CLI_PLAIN, "%s", device_kind(device, number));
	cli_table_add(table, CLI_PLAIN, "%s", device->step);
	cli_table_add(table, device->served ? CLI_GREEN : CLI_YELLOW, "%s",
		      device->served ? "served" : "unserved");
	cli_table_add(table, CLI_PLAIN, "%s", *device->engine ? device->engine : "-");
	cli_table_add(table, CLI_PLAIN, "%llu", device->kicks);
	cli_table_add(table, CLI_PLAIN, "%llu", device->calls);
	add_bytes(table, device, device->sent);
	add_bytes(table, device, device->received);
	cli_table_add(table, CLI_PLAIN, "%s", *device->from ? device->from : "-");
}

static json_t *bytes(const struct device *device, u64 number)
{
	return device->bytes_known ? json_integer(number) : json_null();
}

static json_t *object(const struct device *device)
{
	char number[DEVICE_WORD];

	return json_pack("{s:s, s:s, s:i, s:s, s:b, s:s?, s:s?, s:I, s:I, s:o, s:o}", "name", device->name,
			 "kind", device_kind(device, number), "slot", (int)device->slot, "driver",
			 device->step, "served", device->served, "engine",
			 *device->engine ? device->engine : NULL, "from",
			 *device->from ? device->from : NULL, "kicks",
			 (json_int_t)device->kicks, "calls", (json_int_t)device->calls, "sent_bytes",
			 bytes(device, device->sent), "received_bytes",
			 bytes(device, device->received));
}

static void print_table(const struct devices *list)
{
	static const char *const titles[] = {
		"DEVICE", "KIND", "DRIVER", "STATE", "ENGINE", "KICKS", "CALLS", "SENT", "RECEIVED", "FROM",
		NULL
	};
	struct cli_table table;
	u32 i;

	cli_table_begin(&table, titles);
	for (i = 0; i < list->count; i++)
		add_row(&table, &list->device[i]);
	cli_table_print(&table);
}

static int print(const struct devices *list)
{
	json_t *all;
	u32 i;

	if (!json) {
		print_table(list);
		return CLI_OK;
	}
	all = json_array();
	for (i = 0; i < list->count; i++)
		json_array_append_new(all, object(&list->device[i]));
	return cli_json_print(all);
}

static int devices(int count, char **operand)
{
	struct instance instance;
	struct devices list;
	int code = instance_find(&instance, operand[0]);

	(void)count;
	if (!code)
		code = devices_read(&list, instance.config.name);
	if (!code) {
		devices_ask(&list, instance.config.name);
		code = print(&list);
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
"kind, what the driver there has done, whether someone serves it, by which engine, how often each\n"
"side has called the other, the bytes that the instance has sent and received, or written and read,\n"
"where they are known, and from which image, bridge, interface or directory it is served.\n",
	.options = options,
	.seldom = true,
	.run = devices,
};
