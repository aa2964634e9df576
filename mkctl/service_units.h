/* SPDX-License-Identifier: GPL-2.0-only */
/* What systemd is told of spawns. */
#ifndef MKCTL_SERVICE_UNITS_H
#define MKCTL_SERVICE_UNITS_H

#include "spawn_conf.h"

/*
 * Write what systemd is to know of each spawn below @directory, in the manner of
 * systemd.generator(7); returns an exit code.
 */
int service_write_units(const char *directory);

/* Does systemd know by now what this file says? */
bool service_unit_is_told(const struct spawn_conf *conf);

/* How many spawns multikernel.service wants, by what systemd knows. */
size_t service_units_told(void);

#endif
