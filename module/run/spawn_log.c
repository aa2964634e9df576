// SPDX-License-Identifier: GPL-2.0-only
/* What a spawn kernel's log says of its end. */
#include <linux/slab.h>

#include "instance/instance.h"
#include "instance/spawn_memory.h"
#include "logring.h"
#include "run/spawn_log.h"

static enum spawn_log read_end(const struct instance *instance, struct mk_log *log,
			       struct mk_log_panic *panic)
{
	struct spawn_memory memory = { .instance = instance };
	enum spawn_log end = SPAWN_LOG_PEACE;
	int error;

	spawn_memory_begin(&memory);
	error = mk_log_open(log, spawn_memory_read, &memory, &instance->memory);
	if (error == -ENOENT)
		end = SPAWN_LOG_NONE;
	else if (!error && !mk_log_find_panic(log, panic))
		end = SPAWN_LOG_PANIC;
	spawn_memory_close(&memory);
	return end;
}

enum spawn_log spawn_log_read(const struct instance *instance, struct mk_reason *why)
{
	struct mk_log_panic *panic = kzalloc(sizeof(*panic), GFP_KERNEL);
	struct mk_log *log = kvzalloc(sizeof(*log), GFP_KERNEL);
	enum spawn_log end = SPAWN_LOG_PEACE;

	if (log && panic)
		end = read_end(instance, log, panic);
	if (end == SPAWN_LOG_PANIC)
		mk_refuse(why, 0, "%s", panic->panic);
	kfree(panic);
	kvfree(log);
	return end;
}
