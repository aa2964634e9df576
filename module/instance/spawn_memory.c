// SPDX-License-Identifier: GPL-2.0-only
/* The bridge between an instance's memory and core/logring.c, which asks for it in small pieces. */
#include <linux/io.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "instance/instance.h"
#include "instance/instance_memory.h"
#include "instance/spawn_memory.h"

#define PIECE (64ULL << 20)	/* mapped at a time, bytes */
#define READS_MORE (4ULL << 20)	/* beside one for each page */
#define MOVES_MORE (64ULL << 10)	/* beside two for each piece */

void spawn_memory_begin(struct spawn_memory *memory)
{
	u64 bytes = READ_ONCE(memory->instance->config.memory_bytes);

	memory->reads = bytes / MK_PAGE_SIZE + READS_MORE;
	memory->moves = 2 * (bytes / PIECE) + MOVES_MORE;
}

static void close_window(struct spawn_window *window)
{
	if (window->mapped)
		memunmap(window->mapped);
	memset(window, 0, sizeof(*window));
}

void spawn_memory_close(struct spawn_memory *memory)
{
	int i;

	for (i = 0; i < SPAWN_WINDOWS; i++)
		close_window(&memory->window[i]);
}

static bool has(const struct spawn_window *window, u64 physical, size_t size)
{
	return window->mapped && physical >= window->start && size <= window->size &&
	       physical - window->start <= window->size - size;
}

/* One that has it; else the one that was not used for the longest time. */
static struct spawn_window *choose(struct spawn_memory *memory, u64 physical, size_t size)
{
	struct spawn_window *oldest = memory->window;
	int i;

	for (i = 0; i < SPAWN_WINDOWS; i++) {
		if (has(&memory->window[i], physical, size))
			return &memory->window[i];
		if (memory->window[i].used < oldest->used)
			oldest = &memory->window[i];
	}
	return oldest;
}

static int move_to(struct spawn_memory *memory, struct spawn_window *window, u64 physical)
{
	struct mk_range range;

	close_window(window);
	if (!instance_find_memory(memory->instance, physical, 1, &range))
		return -ENXIO;
	if (!memory->moves)
		return -EDQUOT;
	memory->moves--;
	window->start = max(range.start, mk_align_down(physical, PIECE));
	window->size = min(mk_range_end(&range), mk_align_down(physical, PIECE) + PIECE) - window->start;
	window->mapped = instance_map(memory->instance, window->start, window->size);
	return window->mapped ? 0 : -ENOMEM;
}

int spawn_memory_read(void *context, u64 physical, void *buffer, size_t size)
{
	struct spawn_memory *memory = context;
	struct spawn_window *window;
	int error;

	if (READ_ONCE(memory->end) || READ_ONCE(memory->instance->stop_asked))
		return -ECANCELED;
	if (!memory->reads)
		return -EDQUOT;
	memory->reads--;
	cond_resched();
	window = choose(memory, physical, size);
	if (!has(window, physical, size)) {
		error = move_to(memory, window, physical);
		if (error)
			return error;
		if (!has(window, physical, size))
			return -ENXIO;
	}
	window->used = ++memory->uses;
	/* Memory that breaks under the hand must not end the host. */
	return copy_mc_to_kernel(buffer, window->mapped + (physical - window->start), size) ? -EIO : 0;
}
