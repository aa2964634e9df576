/* SPDX-License-Identifier: GPL-2.0-only */
/* The spawn role: a kernel that was started in an instance finds out which, and what it owns. */
#ifndef MK_MODULE_SPAWN_H
#define MK_MODULE_SPAWN_H

#include <linux/types.h>

struct mk_control;

/* Was this kernel started in an instance? Context: process. */
bool spawn_detect(void);

/**
 * spawn_init - read the handover and show the instance
 *
 * What the handover says is compared with what this kernel has; a difference is told in the log and
 * in last_error.
 *
 * Context: process; the directories are there.
 * Return: 0, -EINVAL (handover or control page are not what they should be), -ENOMEM.
 */
int spawn_init(void);
void spawn_exit(void);

/* Its console, in the shared area; undone by console_spawn_exit(). Context: process. */
int spawn_console_init(void);

/* The control page; there from spawn_init() to spawn_exit(). */
struct mk_control *spawn_control(void);

#endif
