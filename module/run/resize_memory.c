// SPDX-License-Identifier: GPL-2.0-only
/*
 * How memory changes hands while a kernel runs. Its kernel is asked, by our module there, to use
 * memory that it was given, or to move what it has in some elsewhere and to forget it. Unlike a CPU,
 * memory cannot be made to stop: that a kernel has let go of it is its own word, as all is that keeps
 * it to its memory (doc/isolation.md).
 *
 * Memory that comes is the instance's before its kernel is told, and what leaves is the instance's
 * until its kernel has said that it is free. So whatever end the kernel takes in between, nothing is
 * lost, and the next kernel there has what the tree says. Memory that a kernel has begun to take,
 * without ever answering, stays the instance's: the kernel could use it at any time.
 *
 * It comes and goes in whole blocks as that kernel has them, which are no smaller than the pieces in
 * which it maps all of its memory (memory_block_size_bytes()).
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include "base.h"
#include "control_page.h"
#include "device/devices.h"
#include "instance/instance.h"
#include "instance/instance_files.h"
#include "instance/instance_memory.h"
#include "memory/pool.h"
#include "run/ask.h"
#include "run/pulse.h"
#include "run/resize.h"

#define ANSWER_SECONDS 30		/* for any piece of memory, and more for a large one */
#define SHRINK_SECONDS 60		/* for all pieces together; the same */
#define WHAT_SIZE 64			/* what shall change, with two numbers, in words */
#define BYTES_IN_A_SECOND (256ULL << 20)	/* are taken into use at least, or moved elsewhere */

static u32 patience(u64 bytes)
{
	return ANSWER_SECONDS + bytes / BYTES_IN_A_SECOND;
}

static int check_memory(struct instance *instance, u64 bytes, struct mk_reason *why)
{
	u64 have = instance->config.memory_bytes, block;

	if (bytes == have)
		return 0;
	block = mk_memory_block(instance->control);
	if (!block)
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": memory-bytes (0x%llx to 0x%llx) cannot change while it is active: its kernel does not take memory while it runs",
				 instance->config.name, have, bytes);
	if ((max(bytes, have) - min(bytes, have)) & (block - 1))
		return mk_refuse(why, -EINVAL,
				 "instance \"%s\": memory-bytes cannot change from 0x%llx to 0x%llx while it is active: its kernel takes memory in blocks of 0x%llx bytes",
				 instance->config.name, have, bytes, block);
	return 0;
}

int resize_check(struct instance *instance, u64 memory_bytes, struct mk_reason *why)
{
	u64 have = instance->config.memory_bytes;
	char what[WHAT_SIZE] = "cpus";
	int error;

	lockdep_assert_held(&change_lock);
	lockdep_assert_held(&multikernel_lock);
	if (memory_bytes != have)
		snprintf(what, sizeof(what), "memory-bytes (0x%llx to 0x%llx)", have, memory_bytes);
	error = ask_check(instance, what, why);
	return error ? error : check_memory(instance, memory_bytes, why);
}

int resize_reserve_memory(struct instance *instance, u64 bytes, int node, struct mk_ranges *spare,
			  struct mk_reason *why)
{
	u64 have = instance->config.memory_bytes, block = 0;
	int error;

	lockdep_assert_held(&change_lock);
	mutex_lock(&multikernel_lock);
	error = resize_check(instance, bytes, why);
	if (!error)
		block = mk_memory_block(instance->control);
	mutex_unlock(&multikernel_lock);
	if (error || bytes <= have)
		return error;
	error = pool_take_blocks(bytes - have, block, node, spare);
	if (error == -ENOSPC)
		return mk_refuse(why, error,
				 "instance \"%s\": of the pool's free memory 0x%llx bytes cannot be had in whole blocks of 0x%llx, as its kernel takes it while it runs",
				 instance->config.name, bytes - have, block);
	return error ? mk_refuse(why, error, "instance \"%s\": memory for it cannot be planned (error %d)",
				 instance->config.name, error) : 0;
}

static int refuse(const struct ask *ask, enum ask_outcome outcome, struct mk_reason *why)
{
	bool brings = ask->request.wish == MK_BRING_MEMORY;
	char what[64];

	snprintf(what, sizeof(what), "%s 0x%llx bytes of memory at 0x%llx",
		 brings ? "take" : "give back", ask->request.size, ask->request.start);
	return ask_refuse(ask, outcome, what, patience(ask->request.size), why);
}

static struct ask ask_of(struct instance *instance, enum mk_resize_wish wish,
			 const struct mk_range *range)
{
	return (struct ask){
		.instance = instance,
		.request = { .wish = wish, .start = range->start, .size = range->size },
	};
}

static void rename_memory(struct instance *instance)
{
	pool_forget_names(instance->names);
	instance->names = pool_name_ranges(&instance->memory, "instance", instance->config.name);
}

/* What its devices' drivers may name to the host follows. Context: under multikernel_lock. */
static int add_memory_to(struct instance *instance, const struct mk_range *range,
			 struct mk_reason *why)
{
	int error;

	lockdep_assert_held(&multikernel_lock);
	error = devices_check_memory(instance, range, why);
	if (error)
		return error;
	if (instance_add_memory(instance, range))
		return mk_refuse(why, -ENOSPC, "instance \"%s\": its memory would be in more than %u pieces",
				 instance->config.name, MK_INSTANCE_RANGES_MAX);
	devices_renew_memory(instance);
	return 0;
}

/* It can be: it was looked for by mk_ranges_last_block(), or has just come. Context: the same. */
static void remove_memory_of(struct instance *instance, const struct mk_range *range)
{
	lockdep_assert_held(&multikernel_lock);
	WARN_ON(instance_remove_memory(instance, range));
	devices_renew_memory(instance);
	pulse_renew(instance);
}

/* Where the kernel has ended meanwhile, nothing is asked: the next one there has the memory. */
static int hand_over(struct ask *ask, const struct mk_range *range, struct mk_reason *why)
{
	struct instance *instance = ask->instance;
	int error = 0;

	mutex_lock(&multikernel_lock);
	if (!ask_needs_nobody(instance))
		error = ask_check(instance, "memory-bytes", why);
	if (!error)
		error = add_memory_to(instance, range, why);
	if (!error && !ask_needs_nobody(instance))
		ask_begin(ask);
	mutex_unlock(&multikernel_lock);
	return error;
}

static void note_growth(const struct ask *ask, const struct mk_range *range)
{
	mutex_lock(&multikernel_lock);
	if (ask->request.sequence && ask_same_kernel_runs(ask))
		ask_write_handover(ask->instance);
	mutex_unlock(&multikernel_lock);
	rename_memory(ask->instance);
	pr_info("instance \"%s\": has 0x%llx bytes of memory at 0x%llx, too, now\n",
		ask->instance->config.name, range->size, range->start);
}

/*
 * Its kernel does not take the memory. If that kernel has ended since, the next one there has it.
 * Return: whether the instance has it no more.
 */
static bool undo_growth(struct ask *ask, const struct mk_range *range)
{
	bool gone;

	mutex_lock(&multikernel_lock);
	gone = ask_same_kernel_runs(ask);
	if (gone)
		remove_memory_of(ask->instance, range);
	mutex_unlock(&multikernel_lock);
	if (gone)
		instance_renew_memory_file(ask->instance);
	return gone;
}

/* @stays: the instance has it, whatever is returned. */
static int bring(struct instance *instance, const struct mk_range *range, bool *stays,
		 struct mk_reason *why)
{
	struct ask ask = ask_of(instance, MK_BRING_MEMORY, range);
	enum ask_outcome outcome = ASK_ENDED;
	int error;

	*stays = false;
	error = hand_over(&ask, range, why);
	if (error)
		return error;
	*stays = true;
	if (ask.request.sequence)
		outcome = ask_wait(&ask, patience(range->size));
	if (outcome == ASK_STUCK) {
		rename_memory(instance);
		return refuse(&ask, outcome, why);
	}
	if (outcome == ASK_WITHDRAWN || (outcome == ASK_ANSWERED && ask.error)) {
		*stays = !undo_growth(&ask, range);
		if (!*stays)
			return refuse(&ask, outcome, why);
	}
	note_growth(&ask, range);
	return 0;
}

static int grow(struct instance *instance, u64 bytes, struct mk_ranges *spare, struct mk_reason *why)
{
	struct mk_range range;
	int error = 0;
	bool stays;

	while (!error && spare->count && instance->config.memory_bytes < bytes) {
		range = spare->range[spare->count - 1];
		range.size = min(range.size, bytes - instance->config.memory_bytes);
		error = bring(instance, &range, &stays, why);
		if (stays)
			mk_ranges_remove(spare, range.start, range.size);
	}
	return error;
}

/* The kernel says that it does not use the memory any more, or has ended. */
static int take_back(struct ask *ask, enum ask_outcome outcome, const struct mk_range *range,
		     struct mk_reason *why)
{
	struct instance *instance = ask->instance;
	int error = 0;
	bool same;

	mutex_lock(&multikernel_lock);
	same = outcome == ASK_ANSWERED && ask_same_kernel_runs(ask);
	if (same || ask_needs_nobody(instance))
		remove_memory_of(instance, range);
	else
		error = refuse(ask, ASK_ENDED, why);
	if (same)
		ask_write_handover(instance);
	mutex_unlock(&multikernel_lock);
	return error;
}

/* @refused: its kernel says no, which is no reason not to ask it for other memory. */
static int give_back(struct instance *instance, const struct mk_range *range, bool *refused,
		     struct mk_reason *why)
{
	struct ask ask = ask_of(instance, MK_REMOVE_MEMORY, range);
	enum ask_outcome outcome;
	int error;

	error = ask_to_give_back(&ask, "memory-bytes", patience(range->size), &outcome, why);
	if (error)
		return error;
	*refused = outcome == ASK_ANSWERED && ask.error;
	if (*refused)
		return 0;
	if (outcome == ASK_WITHDRAWN || outcome == ASK_STUCK)
		return refuse(&ask, outcome, why);
	return take_back(&ask, outcome, range, why);
}

static u64 block_of(struct instance *instance)
{
	u64 block = 0;

	mutex_lock(&multikernel_lock);
	if (instance->control)
		block = mk_memory_block(instance->control);
	mutex_unlock(&multikernel_lock);
	return block;
}

/* From the top down, as long as there is time: a kernel takes long to find that a block does not move. */
static int take_blocks(struct instance *instance, u64 bytes, u64 block, struct mk_ranges *spare,
		       struct mk_reason *why)
{
	u64 wanted = instance->config.memory_bytes - bytes, below = ~0ULL;
	unsigned long deadline = jiffies + HZ * (SHRINK_SECONDS + wanted / BYTES_IN_A_SECOND);
	struct mk_range range;
	bool refused;
	int error;

	while (instance->config.memory_bytes > bytes && spare->count < spare->capacity &&
	       time_before(jiffies, deadline) &&
	       mk_ranges_last_block(&instance->memory, block, below, &instance->area, &range)) {
		below = range.start;
		error = give_back(instance, &range, &refused, why);
		if (error)
			return error;
		if (!refused)
			mk_ranges_add(spare, &range);
	}
	return 0;
}

/* Where no kernel runs any more that could say in what blocks, it is as good as any. */
static int shrink(struct instance *instance, u64 bytes, struct mk_ranges *spare, struct mk_reason *why)
{
	u64 have = instance->config.memory_bytes, block = block_of(instance), given;
	int error;

	error = take_blocks(instance, bytes, block ? block : MK_LARGE_PAGE_SIZE, spare, why);
	given = have - instance->config.memory_bytes;
	if (given) {
		instance_renew_memory_file(instance);
		rename_memory(instance);
		pr_info("instance \"%s\": has given back 0x%llx bytes of memory\n",
			instance->config.name, given);
	}
	if (error || instance->config.memory_bytes <= bytes)
		return error;
	return mk_refuse(why, -EBUSY,
			 "instance \"%s\": its kernel can give back 0x%llx of the 0x%llx bytes wanted, of what it got while it ran",
			 instance->config.name, given, have - bytes);
}

int resize_memory(struct instance *instance, u64 bytes, struct mk_ranges *spare,
		  struct mk_reason *why)
{
	lockdep_assert_held(&change_lock);
	if (instance->config.memory_bytes < bytes)
		return grow(instance, bytes, spare, why);
	return instance->config.memory_bytes > bytes ? shrink(instance, bytes, spare, why) : 0;
}
