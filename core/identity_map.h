/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page tables a spawn kernel is entered with: an identity map of what the 64-bit boot protocol
 * asks for (kernel, boot_params, command line) and of the page the launch code runs on. The kernel
 * replaces them with its own at once.
 *
 * Source: Intel SDM volume 3, "4-Level Paging"; boot.rst, "64-bit Boot Protocol".
 */
#ifndef MK_CORE_IDENTITY_MAP_H
#define MK_CORE_IDENTITY_MAP_H

#include "port.h"

#define MK_IDENTITY_MAP_END (1ULL << 47)	/* of what four levels reach with equal addresses */

/**
 * struct mk_identity_map - tables under construction
 * @pages:    zeroed memory for the tables, page aligned
 * @physical: its address as the CPU will see it; the first page is the root
 * @count:    pages there are
 * @used:     pages in use; 1 at the beginning, for the root
 */
struct mk_identity_map {
	u8 *pages;
	u64 physical;
	u32 count;
	u32 used;
};

/**
 * mk_identity_map_add - map the 2 MB pages that hold a range
 * @map:   where to
 * @start: physical address
 * @end:   the first address behind the range
 *
 * Context: any; pure.
 * Return: 0, -ENOSPC (not enough pages for tables), -EINVAL (beyond what four levels reach).
 */
int mk_identity_map_add(struct mk_identity_map *map, u64 start, u64 end);

/*
 * Pages for the tables that map [start, end), which is not empty, and anything in the first GB
 * beside it.
 */
u64 mk_identity_map_pages(u64 start, u64 end);

#endif
