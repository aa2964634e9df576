// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's signal for a parent's end (prctl(2)). */
#include <sys/prctl.h>
#include <unistd.h>

#include "parent.h"

/* It comes for an end from then on, and not for one before. */
bool parent_end_with(pid_t parent, int number)
{
	return !prctl(PR_SET_PDEATHSIG, number) && getppid() == parent;
}
