/* SPDX-License-Identifier: GPL-2.0-only */
/* Paths that somebody else has named, within a directory that is theirs. */
#ifndef AGENT_INSIDE_H
#define AGENT_INSIDE_H

#include "port.h"

/* Open a path as if the directory @root, which is open, were "/"; -1 and errno if it cannot be. */
int inside_open(int root, const char *path, u64 flags);

/*
 * Open what a directory has by that name in its own file system, and not what was mounted there; no
 * link is followed. -1 and errno if it cannot be.
 */
int inside_open_own(int directory, const char *name, u64 flags);

#endif
