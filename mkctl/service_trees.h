/* SPDX-License-Identifier: GPL-2.0-only */
/* The trees of /etc/multikernel. */
#ifndef MKCTL_SERVICE_TREES_H
#define MKCTL_SERVICE_TREES_H

/* Make the trees of /etc/multikernel the machine's; returns an exit code. */
int service_apply_trees(void);

#endif
