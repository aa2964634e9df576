// SPDX-License-Identifier: GPL-2.0-only
/* How a block of memory that was added comes into use: its file is written, as by a user. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/sched/signal.h>

#include "base.h"
#include "kernel_files.h"
#include "memory/block.h"
#include "memory/host_ram.h"
#include "memory/patience.h"

#define STATE_TIMEOUT (30 * HZ)			/* for others' changes of CPUs and memory */
#define SYSFS_NAME_SIZE 64

/*
 * Memory blocks and the firmware's map have no exported interface but their files.
 *
 * Whoever wants the pool changed may be in the midst of a write to sysfs. lockdep takes the locks
 * of that file for those of the files here, and is kept out: no one waits for himself. Each open
 * file has a mutex of its own, and no one waits for a reference to its entry (fs/kernfs/file.c,
 * fs/kernfs/dir.c); what writers share of the file system is kept from them only by a freeze, which
 * sysfs does not have (fs/ioctl.c, ioctl_fsfreeze()). What lockdep misses of memory hotplug here,
 * it sees in add_memory() and offline_and_remove_memory(), which take the same locks.
 */
struct vfsmount *block_files_mount(void)
{
	struct vfsmount *mount = kernel_files_mount("sysfs");

	if (!IS_ERR(mount))
		lockdep_off();
	return mount;
}

void block_files_unmount(struct vfsmount *mount)
{
	lockdep_on();
	kern_unmount(mount);
}

/*
 * While someone else changes the machine's CPUs or memory, the file sleeps a little and then wants
 * the system call begun anew (drivers/base/core.c, lock_device_hotplug_sysfs()), for which it sets
 * the flag of a pending signal.
 */
static ssize_t write_state(struct file *file, const char *state)
{
	struct sighand_struct *signals = rcu_dereference_raw(current->sighand);
	unsigned long deadline = jiffies + STATE_TIMEOUT;
	loff_t position = 0;
	ssize_t written;

	while ((written = kernel_write(file, state, strlen(state), &position)) == -ERESTARTNOINTR) {
		spin_lock_irq(&signals->siglock);
		recalc_sigpending();
		spin_unlock_irq(&signals->siglock);
		if (time_after(jiffies, deadline))
			return -EBUSY;
	}
	return written;
}

static int write_block_state(u64 start, const char *state)
{
	struct vfsmount *mount = block_files_mount();
	struct file *file;
	ssize_t written;
	char name[SYSFS_NAME_SIZE];

	if (IS_ERR(mount))
		return PTR_ERR(mount);
	snprintf(name, sizeof(name), "devices/system/memory/memory%llu/state",
		 start / memory_block_size_bytes());
	file = kernel_files_open(mount, name, O_WRONLY);
	if (IS_ERR(file)) {
		written = PTR_ERR(file);
		goto unmount;
	}
	written = write_state(file, state);
	fput(file);
unmount:
	block_files_unmount(mount);
	return written < 0 ? written : 0;
}

/*
 * A kernel can be set to bring added memory online by itself, and then chooses the zone by what is
 * there already: when it chose another than is wanted, the block is taken once more.
 */
static int bring_online(u64 start, u64 size, bool movable)
{
	int error;

	if (pfn_to_online_page(PHYS_PFN(start))) {
		if (host_ram_is_movable(start) == movable)
			return 0;
		patience_begin(block_patience(size));
		error = write_block_state(start, "offline");
		patience_end();
		if (error)
			return 0;	/* in use by now: this kernel has its memory all the same */
	}
	return write_block_state(start, movable ? "online_movable" : "online_kernel");
}

/* So can user space, by a rule of udev's, which may be faster: then the file refuses a second time. */
int block_bring_online(u64 start, u64 size, bool movable)
{
	int error;

	lockdep_assert_held(&change_lock);
	error = bring_online(start, size, movable);
	return error && pfn_to_online_page(PHYS_PFN(start)) ? bring_online(start, size, movable) : error;
}
