/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that come to this spawn kernel, and leave it, while it runs. */
#ifndef MK_MODULE_SPAWN_CPUS_H
#define MK_MODULE_SPAWN_CPUS_H

#include <linux/types.h>

int spawn_cpus_init(void);
void spawn_cpus_exit(void);

/**
 * spawn_cpu_bring - start a CPU that the host has given
 * @cpu:     as the host numbers it
 * @apic_id: as the hardware numbers it
 *
 * Context: process, one at a time; takes the CPU hotplug lock.
 * Return: 0, or why not: it is offline then.
 */
int spawn_cpu_bring(u32 cpu, u32 apic_id);

/* Take it offline, for good. Context: the same. Return: 0, or why not. */
int spawn_cpu_give_back(u32 cpu, u32 apic_id);

#endif
