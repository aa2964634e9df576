/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the host, with what is mounted below them or without, taken hold of in one mount
 * namespace and put into another.
 */
#ifndef MKRUN_TREE_H
#define MKRUN_TREE_H

#include "port.h"

/*
 * Take hold of a directory or a file. What the host mounts or unmounts below it later is seen, and not
 * the other way round. Returns a descriptor, or -1 and errno.
 */
int tree_open(const char *source, bool read_only, bool recursive);

/* Put it onto a file of @directory, or with "" onto what that is. Returns 0, or -1 and errno. */
int tree_put(int tree, int directory, const char *name);

#endif
