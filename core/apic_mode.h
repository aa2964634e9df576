/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In which mode a spawn's local APICs run, and which CPUs and kernels that leaves out.
 *
 * A host with interrupt remapping runs its CPUs in x2APIC mode, and INIT does not leave it. A spawn
 * has no remapping, so its kernel takes its CPUs back to xAPIC mode, where an APIC id has eight
 * bits (arch/x86/kernel/apic/apic.c: setup_nox2apic(), x2apic_disable(), x2apic_setup()).
 */
#ifndef MK_CORE_APIC_MODE_H
#define MK_CORE_APIC_MODE_H

#include "port.h"
#include "reason.h"

#define MK_XAPIC_ID_MAX 254	/* 255 reaches all CPUs (Intel SDM volume 3, "Local APIC ID") */

/**
 * struct mk_apic_mode - what the decision is made of
 * @cpus:          the instance's CPUs as the host numbers them
 * @apic_ids:      the same CPUs as the hardware does
 * @cpu_count:     how many
 * @locked:        the hardware does not leave x2APIC mode (IA32_XAPIC_DISABLE_STATUS,
 *                 LEGACY_XAPIC_DISABLED)
 * @version_major: of the spawn kernel, 0 when not known
 * @version_minor: see above
 */
struct mk_apic_mode {
	const u32 *cpus;
	const u32 *apic_ids;
	u32 cpu_count;
	bool locked;
	u32 version_major;
	u32 version_minor;
};

/**
 * mk_apic_mode_check - can this kernel run on these CPUs
 * @mode: the facts
 * @why:  the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0 or -EOPNOTSUPP.
 */
int mk_apic_mode_check(const struct mk_apic_mode *mode, struct mk_reason *why);

#endif
