/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that broke while the pool had it. The host's kernel cannot note that by itself: what has
 * left it has no struct page to be marked (mm/memory-failure.c calls it outside its control).
 */
#ifndef MK_MODULE_BROKEN_H
#define MK_MODULE_BROKEN_H

#include <linux/types.h>

#include "ranges.h"

#define BROKEN_RANGES_MAX 64	/* that are remembered; machines with more of them are replaced */

/**
 * broken_init - listen to the machine checks that this kernel handles
 * @news: called for each page of physical memory that broke, whoever has it; process context, under
 *        change_lock
 *
 * Context: process. Return: 0.
 */
int broken_init(void (*news)(u64 page));
void broken_exit(void);

/**
 * broken_add - remember a page
 * @page: its physical address
 *
 * For good: broken memory does not mend.
 *
 * Context: under change_lock.
 * Return: 0; -EEXIST: it was known; -ENOSPC: no more can be remembered.
 */
int broken_add(u64 page);

/* How much of [start, start + size) is broken, bytes. Context: any. */
u64 broken_bytes(u64 start, u64 size);

/* The first broken page of some memory; false when there is none. Context: any. */
bool broken_find(const struct mk_ranges *memory, u64 *page);

/**
 * broken_cut - take what is broken out of a set
 * @set: where from; with room for BROKEN_RANGES_MAX more ranges
 *
 * Context: under change_lock.
 */
void broken_cut(struct mk_ranges *set);

#endif
