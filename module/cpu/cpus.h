/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs on their way out of the host kernel and back. */
#ifndef MK_MODULE_CPUS_H
#define MK_MODULE_CPUS_H

#include <linux/types.h>

struct mk_reason;

int cpus_init(void);
void cpus_exit(void);

/* Fills in enum mk_cpu_status for CPU 0 to count - 1. Context: under change_lock. */
void cpus_describe(u8 *status, u32 count);

/* Has it left the host? Context: under change_lock. */
bool cpus_is_taken(u32 cpu);

/**
 * cpus_take - take a CPU out of the host kernel and stop it
 * @cpu: as the host numbers it
 * @why: the sentence, when refused
 *
 * The CPU also leaves the mask of present CPUs: the host can neither bring it online nor reach it
 * by a broadcast. Nor can it be ejected: the kernel refuses that.
 *
 * Context: process, under change_lock; takes the CPU hotplug lock, then multikernel_lock; sleeps
 * some 50 ms, and up to 5 s while the kernel lets no CPU come or go.
 * Return: 0, -EBUSY (the host cannot give it up), -ETIMEDOUT (it did not stop; the host has it
 * back).
 */
int cpus_take(u32 cpu, struct mk_reason *why);

/**
 * cpus_give_back - bring a CPU back into the host kernel
 * @cpu: taken earlier, and known to be stopped
 *
 * Context: process, under change_lock; takes the CPU hotplug lock, and waits as cpus_take() does.
 * Return: 0, or the error of the host's hotplug code (told in the log): the CPU is then offline in
 * the host, and rests where it is.
 */
int cpus_give_back(u32 cpu);

/*
 * CPU 0, if it was given back and did not come, is called once more. An operator could not do so: a kernel
 * that registered it as one that stays has no file "online" for it (drivers/base/core.c, device_add()).
 * Context: as above.
 */
void cpus_recall_boot_cpu(void);

/*
 * Calls all CPUs that are taken to where stopped CPUs rest; what becomes of one that does not come
 * is seen when it is started or given back. No kernel runs. Context: process, under change_lock and
 * multikernel_lock.
 */
void cpus_park(void);

/*
 * CPUs that are taken, or could not come back, leave the memory below 1 MB, of which the next kernel
 * takes what it likes: they wait for a SIPI from here on. For a host that goes down, after
 * run_stop_all(). Context: any.
 */
void cpus_leave_park(void);

/*
 * CPU 0 comes back, and gets its BSP flag, so that whatever comes next begins on it, as on every
 * machine: firmware after a reset, or a kernel by kexec, which would send it INIT. For a host that goes
 * down, when all kernels are known to be stopped. Context: process. Return: is it the host's?
 */
bool cpus_return_boot_cpu(void);

/* APIC id of a possible CPU; does not change while it is taken. */
u32 cpus_apic_id(u32 cpu);

#endif
