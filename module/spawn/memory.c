// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a spawn kernel takes memory that the host has given to it, and gives some back: by its own
 * memory hotplug, which needs nothing said at boot. (Seen in 6.1, 6.12, 7.3: without an SRAT all of
 * it is of node 0, and add_pages() moves the end of memory. add_memory() is exported, and so is
 * offline_and_remove_memory().)
 *
 * It comes as movable memory: only that can be given back at any time. What a kernel had at its boot
 * is not, and stays. The pages' descriptions are in memory that was there before, 2 MB for 128.
 *
 * Not by add_memory_driver_managed(), as drivers do it: the name that it takes for /proc/iomem would
 * have to outlive this module.
 */
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>

#include "base.h"
#include "compat.h"
#include "control_page.h"
#include "memory/block.h"
#include "memory/host_ram.h"
#include "memory/patience.h"
#include "spawn/area.h"
#include "spawn/identity.h"
#include "spawn/memory.h"

#define MOVE_PATIENCE (10 * HZ)	/* for memory that does not move; the host waits longer */
#define TERABYTE_SHIFT 40
#define MB_SHIFT 20

/*
 * A kernel whose direct map begins at a random address leaves room for so much behind the memory that
 * it has at boot, rounded up to terabytes, and older ones do not look whether it is enough
 * (arch/x86/mm/kaslr.c, kernel_randomize_memory()). The shared area is in that memory.
 */
static bool can_be_mapped(u64 end)
{
	u64 boot_terabytes = (area_start() >> TERABYTE_SHIFT) + 1;

	return end <= (boot_terabytes + MK_MEMORY_PADDING_TB) << TERABYTE_SHIFT;
}

static bool is_in_blocks(u64 start, u64 size)
{
	return size && start + size > start && !((start | size) & (memory_block_size_bytes() - 1));
}

static int remove_bounded(u64 start, u64 size)
{
	int error;

	patience_begin(MOVE_PATIENCE + block_patience(size));
	error = offline_and_remove_memory(start, size);
	patience_end();
	return error;
}

/*
 * For want of memory a kernel stops in the midst of a block, warns of it, and does not take the block
 * a second time (Seen in 6.1, 6.12: __add_pages() undoes nothing), so that is looked for before.
 */
static int add_block(u64 start, u64 block)
{
	int error;

	if (!host_ram_can_describe(block))
		return -ENOMEM;
	error = add_memory(first_online_node, start, block, MHP_NONE);
	if (error)
		return error;
	error = block_bring_online(start, block, true);
	return error && !remove_bounded(start, block) ? error : 0;
}

/* Memory that can be neither used whole nor removed is used as far as it goes. */
static int add(u64 start, u64 size)
{
	u64 block = memory_block_size_bytes(), done = 0;
	int error = 0;

	if (!is_in_blocks(start, size))
		return -EINVAL;
	if (!can_be_mapped(start + size))
		return -ERANGE;
	while (done < size && !error) {
		error = add_block(start + done, block);
		done += error ? 0 : block;
	}
	if (error && done && remove_bounded(start, done))
		return 0;
	return error;
}

int spawn_memory_bring(u64 start, u64 size)
{
	int error;

	mutex_lock(&change_lock);
	error = add(start, size);
	if (!error)
		spawn_has_memory(start, size, true);
	mutex_unlock(&change_lock);
	if (error)
		pr_warn("memory at 0x%llx, %llu MB, that the host gives cannot be used, error %d\n", start,
			size >> MB_SHIFT, error);
	return error;
}

static bool is_online(u64 start)
{
	return pfn_to_online_page(PHYS_PFN(start));
}

/* Nobody has any of it: it could not be brought online. */
static bool is_unused(u64 start, u64 size)
{
	u64 block = memory_block_size_bytes(), done;

	for (done = 0; done < size; done += block)
		if (is_online(start + done))
			return false;
	return true;
}

static bool is_movable(u64 start, u64 size)
{
	u64 block = memory_block_size_bytes(), done;

	for (done = 0; done < size; done += block)
		if (is_online(start + done) && !host_ram_is_movable(start + done))
			return false;
	return true;
}

/*
 * What is left available must be enough to go on with, and to describe the pages of what may come
 * again, also at once, when an upload is undone.
 */
static int may_go(u64 start, u64 size)
{
	if (!is_in_blocks(start, size))
		return -EBUSY;
	if (is_unused(start, size))
		return 0;
	if (!is_movable(start, size))
		return -EBUSY;
	return host_ram_can_spare_place(start, size) ? 0 : -ENOMEM;
}

/*
 * Its names in /proc/iomem must not be there when the kernel's own entry goes, or is split. Where it
 * went, spawn_has_memory() names what is left.
 */
static int remove(u64 start, u64 size)
{
	int error = may_go(start, size);

	if (error)
		return error;
	spawn_forget_names();
	error = remove_bounded(start, size);
	if (error)
		spawn_name_memory();
	return error;
}

int spawn_memory_give_back(u64 start, u64 size)
{
	int error;

	mutex_lock(&change_lock);
	error = remove(start, size);
	if (!error)
		spawn_has_memory(start, size, false);
	mutex_unlock(&change_lock);
	return error;
}

void spawn_memory_init(void)
{
	WRITE_ONCE(spawn_control()->memory_block, memory_block_size_bytes() >> MB_SHIFT);
}

void spawn_memory_exit(void)
{
	WRITE_ONCE(spawn_control()->memory_block, 0);
}
