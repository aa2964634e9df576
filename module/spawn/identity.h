/* SPDX-License-Identifier: GPL-2.0-only */
/* The spawn role: a kernel that was started in an instance finds out which, and what it owns. */
#ifndef MK_MODULE_IDENTITY_H
#define MK_MODULE_IDENTITY_H

#include <linux/types.h>

/**
 * spawn_init - read the handover and show the instance
 *
 * What the handover says is compared with what this kernel has; a difference is told in the log and
 * in last_error.
 *
 * Context: process; the directories are there.
 * Return: 0, -EINVAL (handover or control page are not what they should be), -ENOMEM.
 */
int spawn_init(void);
void spawn_exit(void);

/**
 * spawn_has_cpu - note for this kernel's own directory that a CPU has come, or has gone
 * @cpu:     as the host numbers it
 * @apic_id: as the hardware numbers it
 * @has:     it has come
 *
 * Context: process; takes change_lock.
 */
void spawn_has_cpu(u32 cpu, u32 apic_id, bool has);

/* The same of memory; with its name in /proc/iomem. Context: under change_lock. */
void spawn_has_memory(u64 start, u64 size, bool has);

/* What /proc/iomem says of the instance's memory: forgotten, said. Context: under change_lock. */
void spawn_forget_names(void);
void spawn_name_memory(void);

#endif
