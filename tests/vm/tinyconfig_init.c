// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first process of a kernel that is next to nothing (tinyconfig.t): it has no log and no terminal, so it ends in a
 * way that the host can tell from others: a moment later, by a power-off.
 */
#include <sys/reboot.h>
#include <unistd.h>

#define MOMENT 3	/* seconds; the host has time to look */

int main(void)
{
	sleep(MOMENT);
	reboot(RB_POWER_OFF);
	return 1;
}
