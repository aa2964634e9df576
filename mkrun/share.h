/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One directory with all files of the host that a container has, so that one virtiofsd serves them.
 */
#ifndef MKRUN_SHARE_H
#define MKRUN_SHARE_H

#include "bundle.h"

/*
 * Put them together in @directory, which is made, in a mount namespace of this process's own:
 * nobody else sees them, and they go with it and its children. Returns an exit code, with a
 * sentence.
 */
int share_make(const struct bundle *bundle, const char *directory, char why[INSTANCE_WHY]);

#endif
