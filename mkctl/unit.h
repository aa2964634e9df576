/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked of systemd about its units, by systemctl(1). */
#ifndef MKCTL_UNIT_H
#define MKCTL_UNIT_H

#include "port.h"

/* Does systemd run here? */
bool unit_manager_runs(void);

/* Is this unit active? Also true where that cannot be asked. */
bool unit_is_active(const char *unit);

/* Has a unit started, without a wait for it; returns whether systemd takes the wish. */
bool unit_start(const char *unit);

/* Has systemd read the files of all units again, and run its generators. */
void unit_read_all(void);

/* Takes a unit away, if there is one of that name: it begins no more by itself, and the name is free again. */
void unit_stop(const char *unit);

#endif
