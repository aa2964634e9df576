/* SPDX-License-Identifier: GPL-2.0-only */
/* Instances: what they are, the list of them, and their directories. */
#ifndef MK_MODULE_INSTANCE_H
#define MK_MODULE_INSTANCE_H

#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "describe.h"
#include "liveness.h"
#include "pace.h"
#include "ranges.h"
#include "reason.h"
#include "shared.h"
#include "state.h"
#include "tree.h"

struct attribute_group;
struct console_line;
struct devices;
struct disk_image;
struct file;
struct mk_control;
struct pool_names;
struct pulse;

/**
 * struct kernel_source - what a kernel is loaded from
 * @kernel:       bzImage
 * @initrd:       or NULL
 * @command_line: the user's words
 * @unsafe:       they win over those that a spawn needs, and none is refused
 */
struct kernel_source {
	struct file *kernel;
	struct file *initrd;
	char *command_line;
	bool unsafe;
};

/**
 * struct cpu_time - how busy a kernel was, by its own word
 * @busy_ms: how long its CPUs were not idle, all together, milliseconds
 * @at_ms:   for how long it had run by then, milliseconds; 0: it does not tell
 */
struct cpu_time {
	u64 busy_ms;
	u64 at_ms;
};

/**
 * struct instance - a named share of the machine, and the kernel that runs there
 * @kobject:      its directory under instances/; owns the structure's life
 * @list:         in @instances; changed under change_lock and multikernel_lock
 * @upload_list:  in the list of those that come or of those that go with an upload under way, which
 *                no kernel is loaded into; changed under multikernel_lock while it is in @instances
 * @config:       name, id, memory; fixed once made, as are the next six, but for CPUs and memory. What
 *                the places in @config.image mean only the tree knew that it was made of
 * @images:       its @config.image_count disk images, in its order; it holds a reference to each
 * @cpus:         its CPUs as the host numbers them, the boot CPU first. They change while a kernel
 *                runs (instance_add_cpu()), under change_lock and multikernel_lock, and not while one
 *                is loading; whoever holds neither lock sees each CPU that stays, and no others than
 *                come or go at that moment
 * @apic_ids:     the same CPUs as the hardware numbers them
 * @max_cpus:     the CPUs that it may have, or NULL
 * @memory:       its physical ranges. They change as @cpus do (instance_add_memory()); whoever holds
 *                none of these locks asks instance_find_memory() or instance_copy_memory()
 * @range:        the array of @memory
 * @memory_lock:  guards @memory and its size in @config against those
 * @low_window:   its window below 1 MB; an upload that would make it anew can exchange it
 * @names:        its lines in /proc/iomem
 * @state:        written under multikernel_lock, read anywhere
 * @failure_lock: guards @failure and @cpu_time, which are more than a word
 * @failure:      why it is, or was last, failed
 * @lost:         a CPU of it did not stop: it can neither change nor go nor start; multikernel_lock
 * @serial:       no other instance has had it since the module was loaded; fixed once made
 * @dirty:        its memory has been written since it was cleared; the loader's while loading
 * @generation:   counts its loads: tells one kernel from the next; written under
 *                multikernel_lock, read anywhere
 * @pace:         of its reboots; the loader's while loading, else under multikernel_lock
 * @started_at:   when its kernel was started, as ktime_get_seconds(); written as @pace, read anywhere
 * @asked:        sequence of the last request to its kernel for CPUs or memory
 *                (core/resize_request.h); multikernel_lock, or the loader's while loading
 * @asked_in_vain: that request was withdrawn; the same
 * @stop_asked:   someone waits for a load, or for the reading of its log, to end; written under
 *                multikernel_lock, read anywhere
 * @source:       what its kernel was loaded from, to be loaded again when it reboots; the loader's
 *                while loading, else under multikernel_lock
 * @shared:       what stands where in the shared area; the loader's while loading
 * @area:         where the shared area and the ACPI tables are; the same
 * @control:      where the host sees the shared area while a kernel runs, the control page first;
 *                see @shared
 * @log_is_read:  @ending reads the log in its memory, which must stay where it is, even if it is
 *                stopped meanwhile; written under multikernel_lock, read anywhere
 * @ending:       finds out why its kernel wants a reset, and loads it again
 * @console:      its terminal line in the host; NULL before it has one
 * @devices:      its virtio devices; NULL before it has room for them
 * @watch_list:   in the watch's list while a kernel runs; the watch's lock
 * @event:        what the watch saw (enum mk_event), 0 for nothing; the watch's lock
 * @pulse:        what is known of its kernel's life; NULL while none runs. multikernel_lock, or the
 *                loader's while loading
 * @liveness:     what is known of its kernel's life; written by the pulse, read anywhere
 * @silence:      seconds since its last sign; the same
 * @cpu_time:     what its kernel says of its CPUs; written by the pulse
 * @memory_used:  bytes of its memory in use, by the same word, or 0; written by the pulse, read anywhere
 */
struct instance {
	struct kobject kobject;
	struct list_head list;
	struct list_head upload_list;
	struct mk_instance_config config;
	struct disk_image *images[MK_INSTANCE_IMAGES_MAX];
	u32 *cpus;
	u32 *apic_ids;
	u32 *max_cpus;
	struct mk_ranges memory;
	struct mk_range range[MK_INSTANCE_RANGES_MAX];
	seqlock_t memory_lock;
	u64 low_window;
	struct pool_names *names;

	enum mk_state state;
	spinlock_t failure_lock;
	struct mk_reason failure;
	bool lost;
	u64 serial;
	bool dirty;
	u32 generation;
	struct mk_pace pace;
	time64_t started_at;
	u32 asked;
	bool asked_in_vain;
	bool stop_asked;
	struct kernel_source source;
	struct mk_shared shared;
	struct mk_range area;
	struct mk_control *control;
	bool log_is_read;
	struct work_struct ending;
	struct console_line *console;
	struct devices *devices;

	struct list_head watch_list;
	int event;
	struct pulse *pulse;
	enum mk_liveness liveness;
	u64 silence;
	struct cpu_time cpu_time;
	u64 memory_used;
};

extern struct list_head instances;	/* in the order they were made; locks: see base.h */

/**
 * instances_init - make the directory of all instances
 * @root:   where
 * @groups: the files of each instance
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int instances_init(struct kobject *root, const struct attribute_group **groups);
void instances_exit(void);

/**
 * instance_new - make an instance that is in no list, has no directory and no resources: "empty"
 * @config: what the tree says of it
 * @tree:   the tree that @config is of
 *
 * Context: process.
 * Return: the instance, to be let go with kobject_put(), or NULL for want of memory.
 */
struct instance *instance_new(const struct mk_instance_config *config, const struct mk_tree *tree);

/**
 * instance_add_cpu - one CPU more, for a kernel that runs
 * @instance: has fewer than mk_most_cpus()
 * @cpu:      as the host numbers it
 * @apic_id:  as the hardware numbers it
 *
 * Context: under change_lock and multikernel_lock; in a spawn under the first.
 */
void instance_add_cpu(struct instance *instance, u32 cpu, u32 apic_id);

/**
 * instance_remove_cpu - one CPU less
 * @instance: has it, and not as its first
 * @cpu:      as the host numbers it
 *
 * The last one takes its place. After synchronize_rcu() no one sends it anything on behalf of the
 * instance.
 *
 * Context: as instance_add_cpu().
 */
void instance_remove_cpu(struct instance *instance, u32 cpu);

static inline u32 instance_cpu_count(const struct instance *instance)
{
	return smp_load_acquire(&instance->config.cpu_count);
}

/* Gives it the next of its images. Context: before it is in any list. */
void instance_add_image(struct instance *instance, struct disk_image *image);

/**
 * instance_describe - all there is to tell of it, for core/describe
 * @instance:    whose
 * @description: filled in
 * @places:      MK_INSTANCE_IMAGES_MAX of them, which the description then names
 *
 * Context: any.
 */
void instance_describe(const struct instance *instance, struct mk_description *description,
		       struct mk_image_place *places);

/* Makes its directory, or takes it away; files that are open then fail. Context: process. */
int instance_show(struct instance *instance);
void instance_hide(struct instance *instance);

/* By id; NULL when there is none. Context: under multikernel_lock. */
struct instance *instance_find(u32 id);

/**
 * instance_decide - put an event to the state table
 * @instance: whose
 * @event:    what happened or is asked for
 * @failure:  the reason, when the next state is "failed"; NULL leaves the last one
 *
 * Wakes those who poll the status.
 *
 * Context: under multikernel_lock.
 * Return: 0, -EBUSY or -EINVAL, with nothing changed.
 */
int instance_decide(struct instance *instance, enum mk_event event, const struct mk_reason *failure);

#endif
