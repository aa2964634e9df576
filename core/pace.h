/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How soon a kernel that reboots is loaded again. Each load clears memory and reads files, so one
 * that reboots over and over must not keep the host busy with nothing else.
 */
#ifndef MK_CORE_PACE_H
#define MK_CORE_PACE_H

#include "port.h"

#define MK_PACE_EARLY 60	/* seconds: a kernel that ran so long reboots for a reason of its own */
#define MK_PACE_PAUSE_MAX 16	/* seconds */

/* Reboots in a row, each early. All zero when a user has a kernel loaded, or asks it to reboot. */
struct mk_pace {
	u32 early;
};

/**
 * mk_pace_next - a kernel has rebooted
 * @pace: of its instance
 * @ran:  seconds that it ran
 *
 * Context: any; pure.
 * Return: seconds to wait before it is loaded again: none for one that ran MK_PACE_EARLY, and for
 * the first early reboot in a row; then 1, 2, 4 and so on up to MK_PACE_PAUSE_MAX.
 */
u32 mk_pace_next(struct mk_pace *pace, u64 ran);

#endif
