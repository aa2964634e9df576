/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A spawn's memory as files that programs map, until it is taken away: whoever has a mapping then
 * sees a page of nobody.
 */
#ifndef MK_MODULE_MEMORY_FILE_H
#define MK_MODULE_MEMORY_FILE_H

#include <linux/types.h>

struct file;
struct memory_file;
struct mk_range;

/**
 * memory_file_new - make a file of a range
 * @range: whose first byte is at the file's offset 0
 * @file:  receives the file, to be installed, or let go with fput(); left as it is after an error
 *
 * Context: process.
 * Return: what memory_file_revoke() wants, to be given back by memory_file_put(); or an error
 * pointer.
 */
struct memory_file *memory_file_new(const struct mk_range *range, struct file **file);

/* Has anyone the file open, or mapped? Context: any. */
bool memory_file_in_use(const struct memory_file *memory);

/**
 * memory_file_revoke - take the memory away
 * @memory: the file
 *
 * Afterwards no CPU can reach the range through it, and none will. Nothing else can: memory without
 * struct page, or in an area that is VM_PFNMAP, cannot be pinned (mm/gup.c).
 *
 * Context: process; may sleep.
 */
void memory_file_revoke(struct memory_file *memory);

/* Context: process. */
void memory_file_put(struct memory_file *memory);

#endif
