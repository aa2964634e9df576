/* SPDX-License-Identifier: GPL-2.0-only */
/* This machine as the kernel's plan sees it, put together from what /sys shows. */
#ifndef MKCTL_MACHINE_H
#define MKCTL_MACHINE_H

#include "plan.h"
#include "present.h"

/**
 * struct machine - facts, and what a plan makes of them; too large for a stack
 * @spawn:      this kernel is a spawn, which makes no instances
 * @present:    the instances
 * @cpu:        enum mk_cpu_status of each CPU
 * @pool_bytes: memory that instances have or can have
 * @windows:    how many more instances there is room for below 1 MB
 * @plan:       what would be done
 * @why:        or why not
 */
struct machine {
	bool spawn;
	struct present present;
	u8 cpu[MK_CPUS_MAX];
	u64 pool_bytes;
	u64 windows;
	struct mk_plan plan;
	struct mk_reason why;
};

/* The facts of now, to be freed; NULL when they cannot be read, which is said on stderr. */
struct machine *machine_read(void);

/**
 * machine_plan - would this machine take a tree, and what would it do
 * @machine: from machine_read(); its plan is filled in, or its why
 * @desired: from mk_tree_parse()
 *
 * Decides by the same code as the kernel. Only what the kernel alone knows (a CPU that did not stop,
 * a page that cannot move) can still make it refuse.
 *
 * Return: what mk_plan_make() returns, or -EPERM in a spawn.
 */
int machine_plan(struct machine *machine, const struct mk_tree *desired);

/* What would help against a refusal, on stderr: CPUs that are free, a pool that would do. */
void machine_advise(struct machine *machine, const struct mk_tree *desired);

/* The same where there are no facts yet, for a tree that the kernel has refused. */
void machine_advise_now(const struct mk_tree *desired);

/* CPUs that an instance could have, as a list to be freed; "" for none. */
char *machine_free_cpus(const struct machine *machine);

#endif
