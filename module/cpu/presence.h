/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that this kernel knows, and that are another's for the time being: offline, and not in its
 * mask of present CPUs, so that it can neither start them nor reach them by a broadcast.
 */
#ifndef MK_MODULE_PRESENCE_H
#define MK_MODULE_PRESENCE_H

#include <linux/cpumask.h>
#include <linux/types.h>

int presence_init(void);
void presence_exit(void);

/* The CPUs that have left. Context: any; it changes under the callers' locks. */
const struct cpumask *presence_left(void);

/**
 * presence_leave - take a CPU offline and out of the mask of present CPUs
 * @cpu: online, and present
 *
 * Nor can it be ejected from then on: the kernel refuses that.
 *
 * Context: process, one at a time; takes the CPU hotplug lock; waits up to 5 s while no CPU may come
 * or go.
 * Return: 0, or the error of the kernel's hotplug code, with nothing changed.
 */
int presence_leave(u32 cpu);

/**
 * presence_join - let a CPU be present again, and bring it online
 * @cpu: has left, or was added by ACPI
 *
 * Context: process, one at a time; takes the CPU hotplug lock, and waits as presence_leave() does.
 * Return: 0, or the error of the kernel's hotplug code: the CPU is present then, and offline, unless
 * someone else brings it online.
 */
int presence_join(u32 cpu);

/* May the CPU be ejected, and be taken offline by hand? Context: process, one at a time. */
void presence_set_ejectable(unsigned int cpu, bool ejectable);

/* One that did not come online is not present again. Context: process, one at a time. */
void presence_forget(u32 cpu);

#endif
