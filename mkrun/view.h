/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What those see who join the mount namespace of the process that stands for a container, as
 * "podman cp" does to write where the container's files are: these, and nothing of the host.
 */
#ifndef MKRUN_VIEW_H
#define MKRUN_VIEW_H

#include "bundle.h"

/*
 * Make it; the container must have been made, with the places for its mounts. Returns an exit code, with
 * a sentence.
 */
int view_make(const struct bundle *bundle, char why[INSTANCE_WHY]);

/*
 * Go into it, and back to where the host's files have their names; either may be done twice. Files
 * that are open stay so.
 */
void view_enter(void);
void view_leave(void);

#endif
