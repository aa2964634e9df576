/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interprocessor interrupts to CPUs of other kernels: INIT and SIPI stop and start a CPU whatever
 * it runs.
 */
#ifndef MK_MODULE_APIC_H
#define MK_MODULE_APIC_H

#include <linux/types.h>

/**
 * apic_send_init - send INIT: the CPU forgets what it ran and waits for a SIPI
 * @apic_id: which CPU; to one with the BSP flag, where INIT restarts the firmware, boot_cpu.c alone
 *           may send it, as it sends every INIT
 *
 * Context: any, also hard interrupts.
 */
void apic_send_init(u32 apic_id);

/**
 * apic_send_startup - send SIPI: a CPU that waits for it begins in real mode
 * @apic_id: which CPU
 * @page:    physical address where it begins, a page below 1 MB
 *
 * Context: any, also hard interrupts.
 */
void apic_send_startup(u32 apic_id, u64 page);

/*
 * Is x2APIC mode locked, so that no CPU can be taken back to xAPIC mode? The firmware decides for
 * all CPUs alike; asked of the one that this runs on. Context: any.
 */
bool apic_mode_is_locked(void);

/* Sends an ordinary interrupt to one CPU. Context: any. */
void apic_send_fixed(u32 apic_id, u32 vector);

/*
 * Is this the machine's boot CPU? Context: process, sends an IPI to @cpu. Return: 1, 0 or negative
 * errno.
 */
int apic_is_boot_cpu(unsigned int cpu);

/*
 * Clears the BSP flag of a CPU, and reads it back, there. Some keep it (QEMU's). Context: process,
 * sends an IPI to @cpu. Return: is it clear now?
 */
bool apic_clear_boot_flag(unsigned int cpu);

/* Sets it again. Context: as above. Return: 0 or negative errno. */
int apic_set_boot_flag(unsigned int cpu);

#endif
