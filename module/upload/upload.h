/* SPDX-License-Identifier: GPL-2.0-only */
/* The one way to make, change and remove instances: a device tree. */
#ifndef MK_MODULE_UPLOAD_H
#define MK_MODULE_UPLOAD_H

#include <linux/fs.h>

/**
 * upload_write - take a piece of a device tree; the last one makes the tree true
 * @file:   who writes; another writer at offset 0 starts afresh
 * @piece:  the bytes
 * @offset: where in the tree
 * @size:   how many
 *
 * Context: process; takes change_lock when the tree is whole.
 * Return: @size, or the errno of the interface's table with nothing changed.
 */
ssize_t upload_write(struct file *file, const void *piece, loff_t offset, size_t size);

/* Forgets a tree that was never finished. */
void upload_exit(void);

#endif
