/* SPDX-License-Identifier: GPL-2.0-only */
/* Several trees made into one. */
#ifndef MKCTL_TREE_JOIN_H
#define MKCTL_TREE_JOIN_H

#include "tree_file.h"

/**
 * tree_join - make one tree of the images and instances of several
 * @joined: zeroed; filled in; to be freed with tree_file_free(), also after a failure. Its path is
 *          that of the last one
 * @files:  trees that were read, in the order in which their instances shall be
 * @count:  how many, 1 at least
 *
 * The whole has to keep the rules that each of them keeps: no name, id or CPU of an instance may be
 * there twice. An image that several have with the same size is one, which all of them share. What
 * the rules of the tree pass over is left out.
 *
 * Return: CLI_OK, or CLI_REFUSED with the reason on stderr.
 */
int tree_join(struct tree_file *joined, const struct tree_file *files, size_t count);

#endif
