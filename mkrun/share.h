/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One directory with all files of the host that the containers of a kernel have, so that one virtiofsd
 * serves them: a root for each container, and volumes, which are there once for all.
 */
#ifndef MKRUN_SHARE_H
#define MKRUN_SHARE_H

#include "bundle.h"

/**
 * struct share - the directory
 * @path:      of it
 * @namespace: the mount namespace that it is seen in; -1 for this process's own
 */
struct share {
	char path[CONTAINER_PATH];
	int namespace;
};

/*
 * Make it, in a mount namespace of this process's own: nobody else sees what will be there, and it goes
 * with this process and its children. Returns an exit code, with a sentence.
 */
int share_make(struct share *share, char why[INSTANCE_WHY]);

/*
 * Put a container's files there, for which this process stands, and say what they are called. The
 * same.
 */
int share_fill(const struct share *share, const struct bundle *bundle, struct bundle_names *names,
	       char why[INSTANCE_WHY]);

/* Take the root away again of the container for which that process stands or stood. Volumes stay. */
void share_empty(const struct share *share, pid_t pid);

#endif
