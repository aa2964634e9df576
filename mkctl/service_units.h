/* SPDX-License-Identifier: GPL-2.0-only */
/* What systemd is told of spawns. */
#ifndef MKCTL_SERVICE_UNITS_H
#define MKCTL_SERVICE_UNITS_H

/*
 * Write what systemd is to know of each spawn below @directory, in the manner of
 * systemd.generator(7); returns an exit code.
 */
int service_write_units(const char *directory);

#endif
