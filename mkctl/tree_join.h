/* SPDX-License-Identifier: GPL-2.0-only */
/* Several trees made into one. */
#ifndef MKCTL_TREE_JOIN_H
#define MKCTL_TREE_JOIN_H

#include "tree_file.h"

/**
 * tree_join - make one tree of the instances of several
 * @joined: filled in; to be freed with tree_file_free(), also after a failure. Its path is that of
 *          the last one
 * @files:  trees that were read, in the order in which their instances shall be
 * @count:  how many
 *
 * The whole has to keep the rules that each of them keeps: no name, id or CPU may be there twice.
 *
 * Return: CLI_OK, or CLI_REFUSED with the reason on stderr.
 */
int tree_join(struct tree_file *joined, const struct tree_file *files, size_t count);

#endif
