// SPDX-License-Identifier: GPL-2.0-only
/* The bridge between an instance's memory and core/logring.c, which asks for it in small pieces. */
#include <linux/io.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "instance.h"
#include "logring.h"
#include "spawn_log.h"

#define PIECE (64ULL << 20)	/* mapped at a time, bytes */

/* The piece that is mapped now. */
struct window {
	const struct instance *instance;
	u64 start;
	u64 size;
	u8 *memory;
};

static int move_to(struct window *window, u64 physical)
{
	const struct mk_range *range = mk_ranges_find(&window->instance->memory, physical, 1);

	if (window->memory)
		memunmap(window->memory);
	window->memory = NULL;
	if (!range)
		return -ENXIO;
	window->start = max(range->start, mk_align_down(physical, PIECE));
	window->size = min(mk_range_end(range), mk_align_down(physical, PIECE) + PIECE) - window->start;
	window->memory = instance_map(window->instance, window->start, window->size);
	cond_resched();
	return window->memory ? 0 : -ENOMEM;
}

static int read(void *context, u64 physical, void *buffer, size_t size)
{
	struct window *window = context;
	int error;

	if (READ_ONCE(window->instance->stop_asked))
		return -ECANCELED;
	if (!window->memory || physical < window->start ||
	    physical - window->start + size > window->size) {
		error = move_to(window, physical);
		if (error || physical - window->start + size > window->size)
			return error ? error : -ENXIO;
	}
	memcpy(buffer, window->memory + (physical - window->start), size);
	return 0;
}

bool spawn_log_panic(const struct instance *instance, struct mk_reason *why)
{
	struct window window = { .instance = instance };
	struct mk_log_panic *panic;
	struct mk_log *log;
	bool found = false;

	log = kvzalloc(sizeof(*log), GFP_KERNEL);
	panic = kzalloc(sizeof(*panic), GFP_KERNEL);
	if (log && panic && !mk_log_open(log, read, &window, &instance->memory))
		found = !mk_log_find_panic(log, panic) && panic->panic[0];
	if (found)
		mk_refuse(why, 0, "%s", panic->panic);
	if (window.memory)
		memunmap(window.memory);
	kfree(panic);
	kvfree(log);
	return found;
}
