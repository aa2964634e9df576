/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting a kernel on a CPU that the host has given up, and making sure that a CPU has stopped. */
#ifndef MK_MODULE_LAUNCH_H
#define MK_MODULE_LAUNCH_H

#include <linux/types.h>

/*
 * Prepares the page where stopped CPUs rest. Context: under multikernel_lock; memory below 1 MB is set
 * up, no CPU is taken.
 */
void launch_init(void);

/**
 * launch_kernel - start a kernel on a stopped CPU
 * @apic_id:     the CPU
 * @window:      the instance's window below 1 MB (physical): receives the launch page and the page
 *               tables
 * @kernel:      physical range of the kernel to be mapped at its entry: from the boot range's start
 *               ...
 * @kernel_end:  ... to the end of the kernel
 * @entry:       physical address of the 64-bit entry
 * @boot_params: physical address of the zero page; mapped too when it lies in the range above
 *
 * Context: process; sleeps up to a second.
 * Return: 0 when the CPU has left the launch page for the kernel, -ETIMEDOUT when it did not,
 * -ENOSPC when the page tables have no room.
 */
int launch_kernel(u32 apic_id, u64 window, u64 kernel, u64 kernel_end, u64 entry, u64 boot_params);

/**
 * launch_halt - stop CPUs at once, without making sure
 * @apic_ids: which
 * @count:    how many
 *
 * One that has the BSP flag is passed over: launch_stop() stops it (boot_cpu.c).
 *
 * Context: any, also hard interrupts.
 */
void launch_halt(const u32 *apic_ids, u32 count);

/**
 * launch_stop - stop CPUs, and make sure: each must come to a page of ours when called there
 *
 * There it stays, halted, with machine checks on, until it is called elsewhere.
 *
 * @apic_ids: which
 * @count:    how many
 * @lost:     receives the index of the first CPU that did not stop
 *
 * Context: process, under multikernel_lock (the page they are called to is shared); sleeps.
 * Return: 0, or -ETIMEDOUT: that CPU still runs something, and nothing that it can reach may be
 * given to others.
 */
int launch_stop(const u32 *apic_ids, u32 count, u32 *lost);

#endif
