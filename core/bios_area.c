// SPDX-License-Identifier: GPL-2.0-only
/* The firmware's areas below 1 MB, of which its memory map does not always tell. */
#include "bios_area.h"

#define START_MIN 0x20000	/* what is said to begin below this is not to be believed */
#define START_MAX 0x9f000	/* from here on it is the firmware's in any case */

u32 mk_bios_area_start(u16 ram_kb, u16 ebda_segment)
{
	u32 start = (u32)ram_kb << 10, ebda = (u32)ebda_segment << 4;

	if (start < START_MIN || start > START_MAX)
		start = START_MAX;
	return ebda >= START_MIN && ebda < start ? ebda : start;
}
