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

void spawn_memory_close(struct spawn_memory *memory)
{
	if (memory->mapped)
		memunmap(memory->mapped);
	memory->mapped = NULL;
}

static int move_to(struct spawn_memory *memory, u64 physical)
{
	struct mk_range range;

	spawn_memory_close(memory);
	if (!instance_find_memory(memory->instance, physical, 1, &range))
		return -ENXIO;
	if (!memory->moves)
		return -EDQUOT;
	memory->moves--;
	memory->start = max(range.start, mk_align_down(physical, PIECE));
	memory->size = min(mk_range_end(&range), mk_align_down(physical, PIECE) + PIECE) - memory->start;
	memory->mapped = instance_map(memory->instance, memory->start, memory->size);
	return memory->mapped ? 0 : -ENOMEM;
}

static bool has(const struct spawn_memory *memory, u64 physical, size_t size)
{
	return memory->mapped && physical >= memory->start && size <= memory->size &&
	       physical - memory->start <= memory->size - size;
}

int spawn_memory_read(void *context, u64 physical, void *buffer, size_t size)
{
	struct spawn_memory *memory = context;
	int error;

	if (READ_ONCE(memory->end) || READ_ONCE(memory->instance->stop_asked))
		return -ECANCELED;
	if (!memory->reads)
		return -EDQUOT;
	memory->reads--;
	cond_resched();
	if (!has(memory, physical, size)) {
		error = move_to(memory, physical);
		if (error)
			return error;
		if (!has(memory, physical, size))
			return -ENXIO;
	}
	/* Memory that breaks under the hand must not end the host. */
	return copy_mc_to_kernel(buffer, memory->mapped + (physical - memory->start), size) ? -EIO : 0;
}
