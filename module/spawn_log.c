// SPDX-License-Identifier: GPL-2.0-only
/* What a spawn kernel's log says of its end. */
#include <linux/slab.h>

#include "instance.h"
#include "logring.h"
#include "spawn_log.h"
#include "spawn_memory.h"

bool spawn_log_panic(const struct instance *instance, struct mk_reason *why)
{
	struct spawn_memory memory = { .instance = instance };
	struct mk_log_panic *panic;
	struct mk_log *log;
	bool found = false;

	log = kvzalloc(sizeof(*log), GFP_KERNEL);
	panic = kzalloc(sizeof(*panic), GFP_KERNEL);
	spawn_memory_begin(&memory);
	if (log && panic && !mk_log_open(log, spawn_memory_read, &memory, &instance->memory))
		found = !mk_log_find_panic(log, panic) && panic->panic[0];
	if (found)
		mk_refuse(why, 0, "%s", panic->panic);
	spawn_memory_close(&memory);
	kfree(panic);
	kvfree(log);
	return found;
}
