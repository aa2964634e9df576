// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl metrics: OpenMetrics, in the part of it that node_exporter's textfile collector reads as
 * well: gauges only. Names and labels need no escapes, by the rules of the tree.
 */
#include <stdlib.h>

#include "device_list.h"
#include "instances.h"
#include "mkctl.h"
#include "spawn_log.h"
#include "sysfs.h"

#define ERROR_LEVEL 3		/* syslog(2): this and below are errors and worse */

static bool logs;

static void begin(const char *name, const char *help)
{
	printf("# HELP multikernel_%s %s\n# TYPE multikernel_%s gauge\n", name, help, name);
}

static void put(const char *name, const struct instance *instance, u64 value)
{
	printf("multikernel_%s{name=\"%s\"} %llu\n", name, instance->config.name,
	       (unsigned long long)value);
}

static u64 cpus_of(const struct instance *instance)
{
	return instance->config.cpu_count;
}

static u64 memory_of(const struct instance *instance)
{
	return instance->config.memory_bytes;
}

static u64 loads_of(const struct instance *instance)
{
	return instance->generation;
}

/* An active instance has a failure text for this reason only. */
static u64 is_hung(const struct instance *instance)
{
	return instance->state == MK_ACTIVE && *instance->failure;
}

static u64 has_serial(const struct instance *instance)
{
	return instance->serial;
}

/* All of each instance that is one number. */
static const struct {
	const char *name;
	const char *help;
	u64 (*value)(const struct instance *instance);
} gauges[] = {
	{ "instance_cpus", "CPUs of the instance.", cpus_of },
	{ "instance_memory_bytes", "Memory of the instance.", memory_of },
	{ "instance_loads", "How often a kernel was loaded there, reboots included.", loads_of },
	{ "instance_hung", "1 if its kernel shows no sign of life though it must.", is_hung },
	{ "instance_serial", "A number that no other instance has had.", has_serial },
};

static void print_states(const struct instances *list)
{
	size_t i;
	int state;

	begin("instance_state", "1 for the state that the instance is in.");
	for (i = 0; i < list->count; i++)
		for (state = MK_READY; state < MK_STATE_COUNT && !*list->instance[i].problem; state++)
			printf("multikernel_instance_state{name=\"%s\",state=\"%s\"} %d\n",
			       list->instance[i].config.name, mk_state_name(state),
			       (int)list->instance[i].state == state);
}

static int print_pool(void)
{
	u64 bytes, free_bytes;

	if (sysfs_read_number(&bytes, "fs/multikernel/pool/memory_bytes") ||
	    sysfs_read_number(&free_bytes, "fs/multikernel/pool/memory_free_bytes"))
		return cli_refuse("cannot read the pool");
	begin("pool_memory_bytes", "Memory that the host has given up for instances.");
	printf("multikernel_pool_memory_bytes %llu\n", (unsigned long long)bytes);
	begin("pool_memory_free_bytes", "Memory of the pool that no instance holds.");
	printf("multikernel_pool_memory_free_bytes %llu\n", (unsigned long long)free_bytes);
	return CLI_OK;
}

/* How many messages of this kind are in the log now; false where there is none to be read. */
static bool count_errors(const struct instance *instance, u64 *errors)
{
	static struct mk_log_record record;
	static struct spawn_log spawn;
	u64 cursor = 0;
	int err = spawn_log_open(&spawn, instance->config.name);

	*errors = 0;
	while (!err && mk_log_next(&spawn.log, &cursor, &record) == 1 && !record.open)
		*errors += record.level <= ERROR_LEVEL;
	spawn_log_close(&spawn);
	return !err;
}

/* Of those whose kernels tell. */
static void print_memory_used(const struct instances *list)
{
	size_t i;

	begin("instance_memory_used_bytes", "Memory that its kernel has in use, by its own word.");
	for (i = 0; i < list->count; i++)
		if (!*list->instance[i].problem && list->instance[i].memory_used)
			put("instance_memory_used_bytes", &list->instance[i], list->instance[i].memory_used);
}

static void print_logs(const struct instances *list)
{
	u64 errors;
	size_t i;

	begin("instance_log_errors", "Messages of level error or worse in its kernel's log now.");
	for (i = 0; i < list->count; i++)
		if (!*list->instance[i].problem && count_errors(&list->instance[i], &errors))
			put("instance_log_errors", &list->instance[i], errors);
}

static u64 is_served(const struct device *device)
{
	return device->served;
}

static u64 is_running(const struct device *device)
{
	return !strcmp(device->step, "running");
}

static u64 kicks_of(const struct device *device)
{
	return device->kicks;
}

static u64 calls_of(const struct device *device)
{
	return device->calls;
}

/* All of each device. Counters begin anew with each instance, so that they are gauges as well. */
static const struct {
	const char *name;
	const char *help;
	u64 (*value)(const struct device *device);
} device_gauges[] = {
	{ "device_served", "1 if someone serves the device.", is_served },
	{ "device_running", "1 if a driver there has set it up.", is_running },
	{ "device_kicks", "How often the instance's kernel has called the engine.", kicks_of },
	{ "device_calls", "How often the engine has called the instance's kernel.", calls_of },
};

static void print_device(size_t gauge, const char *instance, const struct device *device)
{
	char number[DEVICE_WORD];

	printf("multikernel_%s{name=\"%s\",device=\"%s\",kind=\"%s\"} %llu\n",
	       device_gauges[gauge].name, instance, device->name, device_kind(device, number),
	       (unsigned long long)device_gauges[gauge].value(device));
}

static void print_devices(const struct instances *list)
{
	struct devices *devices = calloc(list->count, sizeof(*devices));
	size_t gauge, i;
	u32 j;

	for (i = 0; devices && i < list->count; i++)
		if (*list->instance[i].problem || devices_read(&devices[i], list->instance[i].config.name))
			devices[i].count = 0;
	for (gauge = 0; gauge < ARRAY_SIZE(device_gauges); gauge++) {
		begin(device_gauges[gauge].name, device_gauges[gauge].help);
		for (i = 0; devices && i < list->count; i++)
			for (j = 0; j < devices[i].count; j++)
				print_device(gauge, list->instance[i].config.name, &devices[i].device[j]);
	}
	free(devices);
}

static void print(const struct instances *list)
{
	size_t i, j;

	begin("instances", "How many instances there are.");
	printf("multikernel_instances %zu\n", list->count);
	print_states(list);
	print_memory_used(list);
	for (i = 0; i < ARRAY_SIZE(gauges); i++) {
		begin(gauges[i].name, gauges[i].help);
		for (j = 0; j < list->count; j++) {
			const struct instance *instance = &list->instance[j];

			if (!*instance->problem)
				put(gauges[i].name, instance, gauges[i].value(instance));
		}
	}
	print_devices(list);
	if (logs)
		print_logs(list);
	puts("# EOF");
}

static int metrics(int count, char **operand)
{
	struct instances list;
	int err, code;

	(void)count;
	(void)operand;
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	err = instances_read(&list);
	if (err)
		return cli_refuse("cannot read the instances: %s", strerror(-err));
	code = print_pool();
	if (!code)
		print(&list);
	if (instances_refuse_problems(&list))
		code = CLI_REFUSED;
	instances_free(&list);
	return code;
}

static const struct cli_option options[] = {
	{ "logs", 0, CLI_FLAG, NULL, "count errors in the kernels' logs, too, which goes through their memory", &logs },
	{ 0 }
};

const struct cli_command mkctl_metrics = {
	.name = "metrics",
	.operands = "",
	.summary = "print figures for Prometheus",
	.help =
"Pool, instances and devices as OpenMetrics text, for a socket unit or node_exporter's textfile collector.\n",
	.options = options,
	.seldom = true,
	.run = metrics,
};
