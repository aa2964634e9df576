/* SPDX-License-Identifier: GPL-2.0-only */
/* The tree in a file of the operator's, as source or compiled. */
#ifndef MKCTL_TREE_FILE_H
#define MKCTL_TREE_FILE_H

#include "tree.h"

/**
 * struct tree_file - a tree that was read and checked
 * @path: as the operator called it
 * @blob: the DTB
 * @size: its total size, as its header states
 * @tree: what it says
 */
struct tree_file {
	const char *path;
	u8 *blob;
	size_t size;
	struct mk_tree *tree;
};

/**
 * tree_file_read - read a tree and check its own rules
 * @file: filled in; to be freed with tree_file_free(), also after a failure
 * @path: a .dtb (known by its magic number or its name), else source, which dtc compiles; may be a
 *        pipe, and "-" is standard input
 *
 * Return: CLI_OK, or CLI_REFUSED with the reason on stderr.
 */
int tree_file_read(struct tree_file *file, const char *path);
void tree_file_free(struct tree_file *file);

/* Say what is in it: "multikernel.dts: 2 instances, 3 CPUs, 1536 MB; 1 image, 512 MB". */
void tree_file_print(const struct tree_file *file);

#endif
