// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which APIC ids, and which mode that cannot be left, a kernel without interrupt remapping can do
 * with.
 */
#include "apic_mode.h"

/*
 * Where x2APIC mode is locked, 6.1 forgets that it is in that mode, while the hardware stays there:
 * its local APIC is dead. 6.12 goes on in that mode, with physical ids (x2apic_disable() of both).
 * Those between were not looked at, and nobody maintains them.
 */
#define LOCKED_SINCE_MAJOR 6
#define LOCKED_SINCE_MINOR 12

static bool knows_lock(const struct mk_apic_mode *mode)
{
	if (mode->version_major != LOCKED_SINCE_MAJOR)
		return mode->version_major > LOCKED_SINCE_MAJOR;
	return mode->version_minor >= LOCKED_SINCE_MINOR;
}

int mk_apic_mode_check(const struct mk_apic_mode *mode, struct mk_reason *why)
{
	u32 i;

	/*
	 * Also where the mode is locked: a boot CPU with such an id panics before it sees the lock.
	 */
	for (i = 0; i < mode->cpu_count; i++)
		if (mode->apic_ids[i] > MK_XAPIC_ID_MAX)
			return mk_refuse(why, -EOPNOTSUPP,
					 "cpu %u has APIC id %u; a spawn kernel, which has no interrupt remapping, can use ids up to %u",
					 mode->cpus[i], mode->apic_ids[i], MK_XAPIC_ID_MAX);
	if (mode->locked && !knows_lock(mode))
		return mk_refuse(why, -EOPNOTSUPP,
				 "kernel image: version %u.%u; the CPUs of this machine are locked in x2APIC mode, which kernels before %u.%u cannot do without interrupt remapping",
				 mode->version_major, mode->version_minor, LOCKED_SINCE_MAJOR,
				 LOCKED_SINCE_MINOR);
	return 0;
}
