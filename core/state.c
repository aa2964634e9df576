// SPDX-License-Identifier: GPL-2.0-only
/* The life of an instance: the table that decides every pair of state and event. */
#include "state.h"

/* Verdicts beside a following state. */
enum {
	BUSY = -EBUSY,		/* a load or a running kernel is in the way */
	NEVER = -EINVAL,	/* cannot happen here: a mistake of the caller */
};

/*
 * Power-off, reboot and crash are what the watch sees, and it looks at active instances only: what
 * a kernel does while it is still loading is seen once it is active. A stop asked for during a load
 * waits for the load's end, which is bounded. A CPU can be lost at any time, also while it is being
 * reserved or given back.
 */
static const int next_state[MK_EVENT_COUNT][MK_STATE_COUNT] = {
	/* in state:		    empty        ready        loading      active       failed */
	[MK_RESOURCES_RESERVED]	= { MK_READY,    NEVER,       NEVER,       NEVER,       NEVER },
	[MK_LOAD_BEGINS]	= { NEVER,       MK_LOADING,  BUSY,        BUSY,        MK_LOADING },
	[MK_LOAD_REFUSED]	= { NEVER,       NEVER,       MK_READY,    NEVER,       NEVER },
	[MK_RELOAD_REFUSED]	= { NEVER,       NEVER,       MK_FAILED,   NEVER,       NEVER },
	[MK_LOAD_DONE]		= { NEVER,       NEVER,       MK_ACTIVE,   NEVER,       NEVER },
	[MK_START_FAILED]	= { NEVER,       NEVER,       MK_FAILED,   NEVER,       NEVER },
	[MK_STOPPED]		= { NEVER,       MK_READY,    BUSY,        MK_READY,    MK_READY },
	[MK_POWERED_OFF]	= { NEVER,       NEVER,       NEVER,       MK_READY,    NEVER },
	[MK_REBOOTS]		= { NEVER,       NEVER,       NEVER,       MK_LOADING,  NEVER },
	[MK_CRASHED]		= { NEVER,       NEVER,       NEVER,       MK_FAILED,   NEVER },
	[MK_CPU_SILENT]		= { MK_FAILED,   MK_FAILED,   MK_FAILED,   MK_FAILED,   MK_FAILED },
	[MK_DESTROY]		= { MK_EMPTY,    MK_READY,    BUSY,        BUSY,        MK_FAILED },
};

const char *mk_state_name(enum mk_state state)
{
	static const char *const names[MK_STATE_COUNT] = {
		[MK_EMPTY] = "empty",
		[MK_READY] = "ready",
		[MK_LOADING] = "loading",
		[MK_ACTIVE] = "active",
		[MK_FAILED] = "failed",
	};

	if ((unsigned int)state >= MK_STATE_COUNT)
		return "unknown";
	return names[state];
}

int mk_state_next(enum mk_state state, enum mk_event event)
{
	if ((unsigned int)state >= MK_STATE_COUNT || (unsigned int)event >= MK_EVENT_COUNT)
		return -EINVAL;
	return next_state[event][state];
}
