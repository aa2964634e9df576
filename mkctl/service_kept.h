/* SPDX-License-Identifier: GPL-2.0-only */
/* Instances that the trees of /etc/multikernel do not have, and that cannot go all the same. */
#ifndef MKCTL_SERVICE_KEPT_H
#define MKCTL_SERVICE_KEPT_H

#include "tree_file.h"

/**
 * service_kept_read - the instances in which a kernel runs and that none of these trees has
 * @kept:  zeroed; filled in with a tree of them, as they are, and of their images; to be freed with
 *         tree_file_free(), also after a failure
 * @files: the trees
 * @count: how many
 *
 * Return: CLI_OK, or CLI_REFUSED with the reason on stderr.
 */
int service_kept_read(struct tree_file *kept, const struct tree_file *files, size_t count);

/* Say of each that it stays, now that these trees are applied; CLI_REFUSED if there is one. */
int service_kept_tell(const struct tree_file *files, size_t count);

#endif
