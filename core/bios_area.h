/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the firmware's own data begins below 1 MB, by what it says in its data area. */
#ifndef MK_CORE_BIOS_AREA_H
#define MK_CORE_BIOS_AREA_H

#include "port.h"

#define MK_BIOS_EBDA_SEGMENT 0x40e	/* where the segment of its extended data area stands */
#define MK_BIOS_RAM_KB 0x413		/* where the KB of memory below its areas stand */

/**
 * mk_bios_area_start - from where on memory below 1 MB is the firmware's
 * @ram_kb:       what stands at MK_BIOS_RAM_KB
 * @ebda_segment: what stands at MK_BIOS_EBDA_SEGMENT
 *
 * The kernel keeps off that area by the same rule, whatever the firmware's memory map says of it
 * (arch/x86/kernel/ebda.c, reserve_bios_regions(), 6.1 to 7.3).
 *
 * Context: any; pure.
 * Return: a physical address from 128 KB to 636 KB; not page aligned.
 */
u32 mk_bios_area_start(u16 ram_kb, u16 ebda_segment);

#endif
