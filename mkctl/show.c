// SPDX-License-Identifier: GPL-2.0-only
/* mkctl show: all that is known of one instance. */
#include <stdlib.h>

#include "cpu_list.h"
#include "instance_view.h"
#include "json.h"
#include "mkctl.h"
#include "size.h"

static bool json;

static void line(const char *key, enum cli_colour colour, const char *value)
{
	if (*value)
		printf("%-11s %s%s%s\n", key, cli_colour_begin(colour), value, cli_colour_end(colour));
}

static void print_ranges(const struct instance *instance)
{
	const char *key = "At";
	char size[SIZE_TEXT];
	u32 i;

	for (i = 0; i < instance->range_count; i++, key = "")
		printf("%-11s 0x%llx-0x%llx (%s)\n", key, (unsigned long long)instance->range[i].start,
		       (unsigned long long)mk_range_end(&instance->range[i]) - 1,
		       size_text(size, instance->range[i].size));
}

/* Where its kernel tells: of all its CPUs together, since it began. */
static void print_busy(const struct instance *instance)
{
	if (instance->busy_at_ms)
		printf("%-11s %.1f s of CPU time in %.1f s\n", "Busy", instance->busy_ms / 1000.0,
		       instance->busy_at_ms / 1000.0);
}

/* By its kernel's word as well. */
static void print_memory(const struct instance *instance)
{
	char size[SIZE_TEXT], used[SIZE_TEXT];

	size_text(size, instance->config.memory_bytes);
	if (instance->memory_used)
		printf("%-11s %s, %s in use\n", "Memory", size, instance_used_text(used, instance));
	else
		line("Memory", CLI_PLAIN, size);
}

static void print(const struct instance *instance)
{
	char *cpus = cpu_list_text(instance->cpus, instance->config.cpu_count);
	char text[SIZE_TEXT];

	line("Name", CLI_BOLD, instance->config.name);
	snprintf(text, sizeof(text), "%u", instance->config.id);
	line("Id", CLI_PLAIN, text);
	line("Status", instance_colour(instance), instance->status);
	line("Failure", CLI_RED, instance->failure);
	line("Liveness", CLI_PLAIN, instance->liveness);
	if (instance->uptime != UPTIME_UNKNOWN)
		line("Uptime", CLI_PLAIN, instance_uptime_text(text, instance));
	print_busy(instance);
	line("CPUs", CLI_PLAIN, cpus ? cpus : "?");
	print_memory(instance);
	print_ranges(instance);
	snprintf(text, sizeof(text), "/dev/mktty%u", instance->config.id);
	line("Console", CLI_PLAIN, text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)instance->generation);
	line("Loads", CLI_PLAIN, text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)instance->serial);
	line("Serial", CLI_PLAIN, text);
	free(cpus);
}

static json_t *ranges_json(const struct instance *instance)
{
	json_t *array = json_array();
	u32 i;

	for (i = 0; i < instance->range_count; i++)
		json_array_append_new(array, json_pack("{s:I, s:I}",
			"start", (json_int_t)instance->range[i].start,
			"bytes", (json_int_t)instance->range[i].size));
	return array;
}

static int show(int count, char **operand)
{
	struct instance instance;
	json_t *object;
	int code = instance_find(&instance, operand[0]);

	(void)count;
	if (!code) {
		instance_read_ranges(&instance);	/* for root to know; else there are none */
		if (json) {
			object = instance_json(&instance);
			json_object_set_new(object, "memory_ranges", ranges_json(&instance));
			code = cli_json_print(object);
		} else {
			print(&instance);
		}
	}
	instance_free(&instance);
	return code;
}

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, NULL, "an object", &json },
	{ 0 }
};

const struct cli_command mkctl_show = {
	.name = "show",
	.operands = "NAME",
	.summary = "show all that is known of an instance",
	.help =
"As \"mkctl list\", and also how it does, where its memory is (for root), and how often a kernel was\n"
"loaded there.\n",
	.options = options,
	.run = show,
};
