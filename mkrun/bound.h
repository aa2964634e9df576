/* SPDX-License-Identifier: GPL-2.0-only */
/* The bounds by which mkrun waits, which the build for tests can be told to make smaller. */
#ifndef MKRUN_BOUND_H
#define MKRUN_BOUND_H

#include <stdlib.h>

#include "port.h"

/* Milliseconds: @ms, or in the build for tests what that variable of the environment says. */
static inline u32 bound_ms(const char *variable, u32 ms)
{
#ifdef MKCTL_TEST
	if (getenv(variable))
		return strtoul(getenv(variable), NULL, 10);
#else
	(void)variable;
#endif
	return ms;
}

#endif
