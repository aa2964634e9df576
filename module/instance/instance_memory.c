// SPDX-License-Identifier: GPL-2.0-only
/* An instance's memory as the host sees it: mapped, and cleared. */
#include <linux/io.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "instance/instance.h"
#include "instance/instance_memory.h"

#define MAP_PIECE (64ULL << 20)		/* mapped at a time, bytes */
#define CLEAR_PIECE (1ULL << 20)	/* cleared at a time, which must not keep others from the CPU for long */

void *instance_map(const struct instance *instance, u64 physical, u64 size)
{
	if (!mk_ranges_find(&instance->memory, physical, size))
		return NULL;
	return memremap(physical, size, MEMREMAP_WB);
}

static void clear(void *memory, u64 size)
{
	u64 done;

	for (done = 0; done < size; done += CLEAR_PIECE) {
		memset(memory + done, 0, min(size - done, CLEAR_PIECE));
		cond_resched();
	}
}

int instance_clear(const struct instance *instance)
{
	u32 i;

	for (i = 0; i < instance->memory.count; i++) {
		const struct mk_range *range = &instance->memory.range[i];
		u64 done, piece;

		for (done = 0; done < range->size; done += piece) {
			void *memory;

			piece = min(range->size - done, MAP_PIECE);
			memory = instance_map(instance, range->start + done, piece);
			if (!memory)
				return -ENOMEM;
			clear(memory, piece);
			memunmap(memory);
			if (READ_ONCE(instance->stop_asked))
				return -ECANCELED;
			if (fatal_signal_pending(current))
				return -EINTR;
		}
	}
	return 0;
}
