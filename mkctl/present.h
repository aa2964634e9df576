/* SPDX-License-Identifier: GPL-2.0-only */
/* The tree that is there now: read, changed, written as source or compiled, uploaded. */
#ifndef MKCTL_PRESENT_H
#define MKCTL_PRESENT_H

#include "tree.h"

/**
 * struct present - what is there now, as a plan wants it; about 240 KB, so never on a stack
 * @tree:  the instances, and the disk images
 * @state: of each (enum mk_state)
 */
struct present {
	struct mk_tree tree;
	u8 state[MK_INSTANCES_MAX];
};

/* Read it; returns an exit code, with what is wrong on stderr. */
int present_read(struct present *present);

/* The tree as source, to stdout. */
void tree_print_source(const struct mk_tree *tree);

/* The tree as a DTB, to be freed, and its size; NULL without memory. */
u8 *tree_compile(const struct mk_tree *tree, size_t *size);

/* Take an instance out of a tree: its place there. */
void tree_remove(struct mk_tree *tree, u32 index);

#define TREE_NONE (~0U)

/* The place of the instance of this name, or of this id; or TREE_NONE. */
u32 tree_find(const struct mk_tree *tree, const char *name);
u32 tree_find_id(const struct mk_tree *tree, u32 id);

#endif
