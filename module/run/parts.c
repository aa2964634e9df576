// SPDX-License-Identifier: GPL-2.0-only
/* The table of an instance's parts: begun in its order, undone in reverse. */
#include <linux/kernel.h>

#include "device/console_host.h"
#include "device/devices.h"
#include "instance/instance.h"
#include "run/parts.h"
#include "run/pulse.h"
#include "run/watch.h"

/**
 * struct instance_part - one of them; what it has no use for is NULL
 * @name:        as a refusal calls it
 * @add:         the instance was made
 * @remove:      it goes; nothing to do where @add was not called, or failed
 * @begin:       a kernel is about to start
 * @before_stop: its CPUs are about to be stopped; may be called again, and after a failure of @begin
 * @after_stop:  they have stopped; the same
 * @give_up:     a CPU does not stop
 * @rung:        a doorbell rang; hard interrupt
 */
struct instance_part {
	const char *name;
	int (*add)(struct instance *instance);
	void (*remove)(struct instance *instance);
	int (*begin)(struct instance *instance);
	void (*before_stop)(struct instance *instance);
	void (*after_stop)(struct instance *instance);
	void (*give_up)(struct instance *instance);
	void (*rung)(struct instance *instance);
};

static const struct instance_part parts[] = {
	{
		.name = "console", .add = console_add, .remove = console_remove,
		.begin = console_attach, .after_stop = console_detach, .rung = console_kick,
	},
	{
		.name = "devices", .add = devices_add, .remove = devices_remove,
		.begin = devices_begin, .before_stop = devices_before_stop,
		.after_stop = devices_after_stop, .give_up = devices_after_stop,
		.rung = devices_rung,
	},
	{
		.name = "pulse", .begin = pulse_begin, .before_stop = pulse_rest,
		.after_stop = pulse_end, .give_up = pulse_end,
	},
	{ .name = "watch", .begin = watch_begin, .before_stop = watch_end },
};

#define PART_COUNT ARRAY_SIZE(parts)

int parts_add(struct instance *instance, struct mk_reason *why)
{
	size_t i;
	int error;

	for (i = 0; i < PART_COUNT; i++) {
		error = parts[i].add ? parts[i].add(instance) : 0;
		if (error)
			return mk_refuse(why, error, "instance \"%s\": its %s cannot be made",
					 instance->config.name, parts[i].name);
	}
	return 0;
}

void parts_remove(struct instance *instance)
{
	size_t i = PART_COUNT;

	while (i--)
		if (parts[i].remove)
			parts[i].remove(instance);
}

static void before_stop(struct instance *instance, size_t count)
{
	while (count--)
		if (parts[count].before_stop)
			parts[count].before_stop(instance);
}

static void after_stop(struct instance *instance, size_t count)
{
	while (count--)
		if (parts[count].after_stop)
			parts[count].after_stop(instance);
}

int parts_begin(struct instance *instance, struct mk_reason *why)
{
	size_t i;
	int error;

	for (i = 0; i < PART_COUNT; i++) {
		error = parts[i].begin ? parts[i].begin(instance) : 0;
		if (error) {
			before_stop(instance, i);
			after_stop(instance, i);
			return mk_refuse(why, error, "instance \"%s\": its %s cannot begin (error %d)",
					 instance->config.name, parts[i].name, error);
		}
	}
	return 0;
}

void parts_before_stop(struct instance *instance)
{
	before_stop(instance, PART_COUNT);
}

void parts_after_stop(struct instance *instance)
{
	after_stop(instance, PART_COUNT);
}

void parts_give_up(struct instance *instance)
{
	size_t i = PART_COUNT;

	while (i--)
		if (parts[i].give_up)
			parts[i].give_up(instance);
}

void parts_rung(struct instance *instance)
{
	size_t i;

	for (i = 0; i < PART_COUNT; i++)
		if (parts[i].rung)
			parts[i].rung(instance);
}
