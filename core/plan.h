/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan: the desired tree held against what is there now. It decides for every instance whether
 * it is kept, created, made anew or destroyed, or refuses the whole upload with a reason.
 */
#ifndef MK_CORE_PLAN_H
#define MK_CORE_PLAN_H

#include "port.h"
#include "reason.h"
#include "state.h"
#include "tree.h"

/* What the host knows of one CPU id. */
enum mk_cpu_status {
	MK_CPU_ABSENT,		/* no such CPU */
	MK_CPU_ONLINE,		/* runs the host kernel */
	MK_CPU_OFFLINE,		/* offline in the host, held by nobody */
	MK_CPU_BOOT,		/* the host's boot CPU, which it cannot give up */
	MK_CPU_HELD,		/* held by an instance of the present tree */
	MK_CPU_LOST,		/* did not stop when told to; nobody may have it */
};

/**
 * struct mk_machine - the facts a plan needs
 * @cpu:        status of CPU 0, 1, ...
 * @cpu_count:  entries in @cpu
 * @pool_bytes: memory in the pool that can be had: free, or held by an image or by an instance that
 *              is not lost
 * @windows:    windows below 1 MB that no instance has; each instance takes one
 */
struct mk_machine {
	const u8 *cpu;
	u32 cpu_count;
	u64 pool_bytes;
	u32 windows;
};

/**
 * struct mk_present - what is there now
 * @tree:  the instances with their present configuration
 * @state: state of each (enum mk_state)
 * @lost:  non-zero for an instance with a CPU that did not stop: it can neither change nor go; may
 *         be NULL
 */
struct mk_present {
	const struct mk_tree *tree;
	const u8 *state;
	const u8 *lost;
};

enum mk_action {
	MK_KEEP,	/* unchanged: leave it alone */
	MK_CREATE,	/* new name */
	MK_REMAKE,	/* same name, other id, CPUs, cpus-max, memory or images: destroy, then create */
	MK_RESIZE,	/* its kernel runs, and gets or gives back memory, or of the CPUs that it may have */
};

/* It is not made anew, and what it holds stays with it. */
static inline bool mk_action_keeps(u8 action)
{
	return action == MK_KEEP || action == MK_RESIZE;
}

#define MK_NO_INSTANCE (~0U)

/**
 * struct mk_plan - what to do; about 25 KB, so never on a stack
 * @action:        enum mk_action for each desired instance
 * @present:       for each desired instance its index in the present tree, or MK_NO_INSTANCE
 * @destroy:       for each present instance: it goes away (true also for those made anew)
 * @image_action:  enum mk_action for each desired image
 * @image_destroy: for each present image, as @destroy
 */
struct mk_plan {
	u8 action[MK_INSTANCES_MAX];
	u32 present[MK_INSTANCES_MAX];
	bool destroy[MK_INSTANCES_MAX];
	u8 image_action[MK_DISK_IMAGES_MAX];
	bool image_destroy[MK_DISK_IMAGES_MAX];
};

/**
 * mk_plan_make - decide what an upload does
 * @plan:    filled in
 * @desired: the uploaded tree, from mk_tree_parse()
 * @present: what is there now
 * @machine: what the host has
 * @why:     the sentence, when refused
 *
 * The CPUs of an instance that goes away or is made anew are free for others in the same upload.
 * Instances are compared by name; the order of CPUs counts, since the first is the boot CPU. With
 * cpus-max the first one's place counts alone, and the others may change while a kernel runs, as
 * may the size of the memory. An instance that is kept is left alone whatever its CPUs and its
 * memory look like. Images are compared by name as well, and an instance of which one is made anew
 * is made anew itself: so an image that goes is named by no instance that stays. Checked in this
 * order: unknown CPUs, instances that cannot go, CPUs that cannot be had, memory, windows below 1
 * MB. What @plan holds after a failure must not be used.
 *
 * Context: any; pure.
 * Return: 0, -ENXIO (no such CPU), -EBUSY (boot CPU, offline, held or lost CPU; a running or lost
 * instance would change or go), -ENOSPC (pool too small, no window left).
 */
int mk_plan_make(struct mk_plan *plan, const struct mk_tree *desired, const struct mk_present *present,
		 const struct mk_machine *machine, struct mk_reason *why);

#endif
