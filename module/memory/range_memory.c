// SPDX-License-Identifier: GPL-2.0-only
/* A range of the pool as the host sees it: mapped, and cleared. */
#include <linux/io.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "memory/range_memory.h"

#define MAP_PIECE (64ULL << 20)		/* mapped at a time, bytes */
#define CLEAR_PIECE (64ULL << 10)	/* cleared at a time, which must not keep others from the CPU for long */

void *range_map(const struct mk_range *range, u64 offset, u64 size)
{
	if (offset > range->size || size > range->size - offset)
		return NULL;
	return memremap(range->start + offset, size, MEMREMAP_WB);
}

static void clear(void *memory, u64 size)
{
	u64 done;

	for (done = 0; done < size; done += CLEAR_PIECE) {
		memset(memory + done, 0, min(size - done, CLEAR_PIECE));
		cond_resched();
	}
}

int range_clear(const struct mk_range *range, const bool *stop)
{
	u64 done, piece;

	for (done = 0; done < range->size; done += piece) {
		void *memory;

		piece = min(range->size - done, MAP_PIECE);
		memory = range_map(range, done, piece);
		if (!memory)
			return -ENOMEM;
		clear(memory, piece);
		memunmap(memory);
		if (stop && READ_ONCE(*stop))
			return -ECANCELED;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}
