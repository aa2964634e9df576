/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A spawn's memory as files that programs map. Such a file has all addresses at which the spawn may
 * ever have memory, so that a mapping need not change with it: where it has none, or has none any
 * more, whoever looks sees a page of nobody.
 */
#ifndef MK_MODULE_MEMORY_FILE_H
#define MK_MODULE_MEMORY_FILE_H

#include <linux/types.h>

struct file;
struct memory_file;
struct mk_range;
struct mk_ranges;

/**
 * memory_file_new - make a file
 * @whole: the addresses that it has: the first is at the file's offset 0
 * @shown: what of them is to be seen, in MK_DEVICE_REGIONS_MAX ranges at most
 * @file:  receives the file, to be installed, or let go with fput(); left as it is after an error
 *
 * Context: process.
 * Return: what memory_file_show() wants, to be given back by memory_file_put(); or an error
 * pointer.
 */
struct memory_file *memory_file_new(const struct mk_range *whole, const struct mk_ranges *shown,
				    struct file **file);

/* Has anyone the file open, or mapped? Context: any. */
bool memory_file_in_use(const struct memory_file *memory);

/* Could some memory ever be seen through it? Context: any. */
bool memory_file_has(const struct memory_file *memory, const struct mk_range *range);

/**
 * memory_file_show - change what is to be seen
 * @memory: the file
 * @shown:  as memory_file_new() has it, or NULL: nothing any more
 *
 * Afterwards no CPU can reach anything else through it, and none will. Nothing else can: memory in an
 * area that is VM_IO cannot be pinned (mm/gup.c), and VFIO takes it from none that is not VM_PFNMAP. What
 * is seen before and after is seen all the time.
 *
 * Context: process; may sleep.
 */
void memory_file_show(struct memory_file *memory, const struct mk_ranges *shown);

/* Context: process. */
void memory_file_put(struct memory_file *memory);

#endif
