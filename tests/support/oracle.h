/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second opinion on device trees, for tests: the rules of core/fdt.h and doc/interface.md once
 * more, written with libfdt and sharing no code with core.
 */
#ifndef MK_TESTS_ORACLE_H
#define MK_TESTS_ORACLE_H

#include "fdt.h"
#include "tree.h"

/**
 * oracle_accepts_fdt - should mk_fdt_open() accept this
 * @blob: anything
 * @size: bytes in @blob
 *
 * Return: libfdt accepts it, and none of the reasons listed in oracle.c speaks against it.
 */
bool oracle_accepts_fdt(const void *blob, size_t size);

/**
 * oracle_compare - does libfdt see in a tree what our reader sees
 * @fdt:  opened from @blob
 * @blob: a tree that oracle_accepts_fdt()
 * @size: bytes in @blob
 *
 * Return: NULL, or what differs first.
 */
const char *oracle_compare(const struct mk_fdt *fdt, const void *blob, size_t size);

/**
 * oracle_tree - what should mk_tree_parse() say
 * @tree: filled in
 * @blob: anything
 * @size: bytes in @blob
 *
 * Return: 0, -EINVAL, -EFBIG.
 */
int oracle_tree(struct mk_tree *tree, const void *blob, size_t size);

/* Do two trees say the same, field by field? */
bool oracle_same_tree(const struct mk_tree *a, const struct mk_tree *b);

#endif
