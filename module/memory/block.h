/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory blocks of this kernel, host or spawn: brought online, by the files that there are for it. */
#ifndef MK_MODULE_BLOCK_H
#define MK_MODULE_BLOCK_H

#include <linux/jiffies.h>
#include <linux/types.h>

struct vfsmount;

#define BLOCK_BYTES_IN_A_SECOND (256ULL << 20)	/* are moved elsewhere at least, where they move */

/* How long one may take to go offline, jiffies: one that does not move must not use up all time. */
static inline unsigned long block_patience(u64 size)
{
	return HZ + HZ * size / BLOCK_BYTES_IN_A_SECOND;
}

/**
 * block_files_mount - the files of memory blocks, and of the firmware's map
 *
 * Context: process.
 * Return: sysfs, to be let go of with block_files_unmount(), or an error pointer.
 */
struct vfsmount *block_files_mount(void);
void block_files_unmount(struct vfsmount *mount);

/**
 * block_bring_online - bring a block online that was added
 * @start:   its physical address
 * @size:    bytes
 * @movable: it shall be of the zone that holds movable memory only
 *
 * Context: process, under change_lock; takes the memory hotplug locks.
 * Return: 0, also where it is online already and cannot change its zone; or why not.
 */
int block_bring_online(u64 start, u64 size, bool movable);

#endif
