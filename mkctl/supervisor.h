/* SPDX-License-Identifier: GPL-2.0-only */
/* "mkctl service run": an instance's kernel as a service of systemd's. */
#ifndef MKCTL_SUPERVISOR_H
#define MKCTL_SUPERVISOR_H

#include "spawn_conf.h"

/*
 * Starts the kernel that @conf names, unless one runs there already, and stays with it: its log and
 * its console go to standard output. SIGTERM and SIGINT have it shut down.
 *
 * Returns CLI_OK when it has shut down, by whoever's wish, and CLI_REFUSED when it could not be
 * started, or has failed or gone.
 */
int supervise(const struct spawn_conf *conf);

#endif
