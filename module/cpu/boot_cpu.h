/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU 0 as an instance's, and every INIT that the module sends: here it is decided whether a CPU may
 * get one, since INIT restarts the firmware on a CPU that has the BSP flag. Nobody else calls
 * apic_send_init().
 */
#ifndef MK_MODULE_BOOT_CPU_H
#define MK_MODULE_BOOT_CPU_H

#include <linux/types.h>

struct mk_reason;

/* Has the operator allowed that CPU 0 goes (cpu0=1)? */
bool boot_cpu_may_go(void);

/**
 * boot_cpu_prepare - find a way for CPU 0 to go, just before it is taken offline
 * @why: the sentence, when refused
 *
 * Its BSP flag may be clear from here on, until boot_cpu_restore().
 *
 * Context: process, under change_lock; CPU 0 is online. Return: 0 or -EBUSY.
 */
int boot_cpu_prepare(struct mk_reason *why);

/* CPU 0 is online in the host again, or still: it gets back its flag. Context: as above. */
void boot_cpu_restore(void);

/* Is CPU 0 on its way out, or away? Context: under change_lock. */
bool boot_cpu_is_away(void);

/* Has this CPU kept the BSP flag, so that a spawn there sees it? Context: any. */
bool boot_cpu_has_flag(u32 apic_id);

/**
 * boot_cpu_send_init - INIT to a CPU that is to wait for a SIPI
 * @apic_id: which
 *
 * Context: any, also hard interrupts.
 * Return: false, and nothing is sent, for a CPU that has the BSP flag: it goes by boot_cpu_call().
 */
bool boot_cpu_send_init(u32 apic_id);

/**
 * boot_cpu_call - call a CPU that has the BSP flag to a page, by INIT and the warm-reset vector
 * @apic_id: CPU 0's, which boot_cpu_has_flag()
 * @page:    physical, below 1 MB
 * @mark:    what the CPU writes there when it has arrived ...
 * @wanted:  ... and the value
 *
 * Context: process; takes the CPU hotplug lock for reading; sleeps up to a second.
 * Return: 0, or -ETIMEDOUT: it did not arrive, and nothing is known of it.
 */
int boot_cpu_call(u32 apic_id, u64 page, const u32 *mark, u32 wanted);

#endif
