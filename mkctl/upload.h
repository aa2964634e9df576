/* SPDX-License-Identifier: GPL-2.0-only */
/* A tree handed to the module. */
#ifndef MKCTL_UPLOAD_H
#define MKCTL_UPLOAD_H

#include "tree.h"

/**
 * upload - make the instances what a tree says, all or nothing
 * @what: whose tree it is, for messages
 * @blob: the DTB
 * @size: its bytes
 * @tree: what it says, for advice when it is refused
 *
 * Return: an exit code, with the reason on stderr.
 */
int upload(const char *what, const u8 *blob, size_t size, const struct mk_tree *tree);

#endif
