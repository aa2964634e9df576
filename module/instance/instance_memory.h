/* SPDX-License-Identifier: GPL-2.0-only */
/* An instance's memory, for the host to write and to read. */
#ifndef MK_MODULE_INSTANCE_MEMORY_H
#define MK_MODULE_INSTANCE_MEMORY_H

#include <linux/types.h>

struct instance;

/**
 * instance_map - make some of its memory visible to the host
 * @instance: whose
 * @physical: address of the first byte
 * @size:     how many
 *
 * Context: process.
 * Return: the address, to be unmapped with memunmap(), or NULL (not wholly in one range, or no
 * memory).
 */
void *instance_map(const struct instance *instance, u64 physical, u64 size);

/**
 * instance_clear - clear all of its memory
 * @instance: whose
 *
 * Context: process.
 * Return: 0, -ENOMEM, -ECANCELED (its @stop_asked was set), or -EINTR (the caller was killed): then
 * some of it is cleared.
 */
int instance_clear(const struct instance *instance);

#endif
