/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a spawn kernel's log out of its memory, from the host. */
#ifndef MK_MODULE_SPAWN_LOG_H
#define MK_MODULE_SPAWN_LOG_H

#include "reason.h"

struct instance;

/**
 * spawn_log_panic - did the kernel that ran there panic
 * @instance: its CPUs are stopped
 * @why:      receives the panic's first line
 *
 * Context: process; reads all of the instance's memory if need be, so it can take a while.
 * Return: true when a panic stands in the log.
 */
bool spawn_log_panic(const struct instance *instance, struct mk_reason *why);

#endif
