/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a spawn kernel's log out of its memory, from the host. */
#ifndef MK_MODULE_SPAWN_LOG_H
#define MK_MODULE_SPAWN_LOG_H

#include "reason.h"

struct instance;

enum spawn_log {
	SPAWN_LOG_NONE,		/* there is none: the kernel has not come halfway through its boot */
	SPAWN_LOG_PANIC,	/* a panic stands in it */
	SPAWN_LOG_PEACE,	/* no panic does; or it cannot be told, for want of memory, or because it is made to keep us busy */
};

/**
 * spawn_log_read - what the log of the kernel that ran there says of its end
 * @instance: its CPUs are stopped
 * @why:      receives a panic's first line
 *
 * Context: process; reads all of the instance's memory if need be, so it can take a while.
 */
enum spawn_log spawn_log_read(const struct instance *instance, struct mk_reason *why);

#endif
