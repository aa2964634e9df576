/* SPDX-License-Identifier: GPL-2.0-only */
/* The module parameter pool=, for example "2G" or "512M,1G@0x100000000": what the text asks for. */
#ifndef MK_CORE_POOL_SPEC_H
#define MK_CORE_POOL_SPEC_H

#include "port.h"
#include "ranges.h"
#include "reason.h"

#define MK_POOL_REGIONS_MAX 16

/**
 * struct mk_pool_spec - a parsed pool= parameter
 * @running_bytes: memory to take from the running host: the sum of all entries without "@"; 0 for
 *                 none
 * @region:        regions kept from the host at boot (SIZE@ADDRESS), sorted, neighbours merged;
 *                 node is MK_ANY_NODE
 * @region_count:  how many
 */
struct mk_pool_spec {
	u64 running_bytes;
	struct mk_range region[MK_POOL_REGIONS_MAX];
	u32 region_count;
};

/**
 * mk_pool_spec_parse - read a pool= parameter
 * @spec: filled in
 * @text: NUL terminated; a trailing newline is allowed; "" and "0" ask for nothing
 * @why:  the sentence, when refused
 *
 * Numbers are decimal, 0x hexadecimal, with suffix K, M, G or T (either case). What @spec holds
 * after a failure must not be used.
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (not a number, not a multiple of 2 MB, overflow, overlap, too many).
 */
int mk_pool_spec_parse(struct mk_pool_spec *spec, const char *text, struct mk_reason *why);

#endif
