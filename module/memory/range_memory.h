/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of the pool, for the host to write and to read. */
#ifndef MK_MODULE_RANGE_MEMORY_H
#define MK_MODULE_RANGE_MEMORY_H

#include <linux/types.h>

#include "ranges.h"

/**
 * range_map - make some of a range visible to the host
 * @range:  which; of the pool
 * @offset: of the first byte in it
 * @size:   how many
 *
 * Context: process.
 * Return: the address, to be unmapped with memunmap(), or NULL (not wholly in the range, or no
 * memory).
 */
void *range_map(const struct mk_range *range, u64 offset, u64 size);

/**
 * range_clear - clear all of a range
 * @range: which
 * @stop:  looked at again and again: true ends it; NULL: nothing but a kill does
 *
 * Context: process.
 * Return: 0, -ENOMEM, -ECANCELED (@stop), or -EINTR (the caller was killed): then some of it is
 * cleared.
 */
int range_clear(const struct mk_range *range, const bool *stop);

#endif
