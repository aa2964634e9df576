// SPDX-License-Identifier: GPL-2.0-only
/* The pause before a kernel that reboots is loaded again. */
#include "pace.h"

u32 mk_pace_next(struct mk_pace *pace, u64 ran)
{
	u32 pause;

	if (ran >= MK_PACE_EARLY) {
		pace->early = 0;
		return 0;
	}
	pause = (1U << pace->early) / 2;
	if (pause >= MK_PACE_PAUSE_MAX)
		return MK_PACE_PAUSE_MAX;
	pace->early++;
	return pause;
}
