// SPDX-License-Identifier: GPL-2.0-only
/* From an instance's name to its memory and its log. */
#include "spawn_log.h"

int spawn_log_open_memory(struct spawn_log *spawn, const char *name)
{
	int err;

	spawn->memory.fd = -1;
	err = instance_read(&spawn->instance, name);
	if (!err)
		err = instance_read_ranges(&spawn->instance);
	if (err)
		return err;
	spawn->ranges.range = spawn->instance.range;
	spawn->ranges.count = spawn->ranges.capacity = spawn->instance.range_count;
	return memory_open(&spawn->memory, name, &spawn->ranges);
}

int spawn_log_open(struct spawn_log *spawn, const char *name)
{
	int err = spawn_log_open_memory(spawn, name);

	if (!err) {
		err = mk_log_open(&spawn->log, memory_read, &spawn->memory, &spawn->ranges);
		if (err == -ENOENT)
			err = -EAGAIN;
	}
	return err;
}

void spawn_log_close(struct spawn_log *spawn)
{
	memory_close(&spawn->memory);
	instance_free(&spawn->instance);
}
