/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool: memory that the host has given up for instances. */
#ifndef MK_MODULE_POOL_H
#define MK_MODULE_POOL_H

#include <linux/types.h>

#include "ranges.h"
#include "reason.h"

/**
 * pool_set - make the pool what a pool= parameter asks for
 * @text: the parameter
 * @why:  the sentence, when refused
 *
 * All or nothing: what could be had of a pool that could not be had whole is given back.
 *
 * Context: process, under change_lock; takes the memory hotplug locks; can take a minute and more.
 * Return: 0, -EINVAL (the text), -EBUSY (in use, or a region that is not kept from the host),
 * -ENOMEM (the host cannot give that much), -EINTR (a signal came).
 */
int pool_set(const char *text, struct mk_reason *why);

/* Gives everything back to the host. No instance or image holds any. Context: under change_lock. */
void pool_empty(void);

/* Bytes there are, and bytes that neither instances nor images hold. Context: any. */
u64 pool_bytes(void);
u64 pool_free_bytes(void);

/**
 * pool_break - a page of memory has broken
 * @page: its physical address
 *
 * From now on no instance gets it. One that has it keeps it.
 *
 * Context: under change_lock.
 * Return: whether it is the pool's, and that was not known.
 */
bool pool_break(u64 page);

/**
 * pool_copy_free - a copy of the free memory, to plan with
 * @copy: receives it; its array is the caller's, to be freed with kvfree()
 * @more: how many ranges may be added to it or taken out of it
 *
 * To what is added, broken_cut() is for the caller.
 *
 * Context: under change_lock.
 * Return: 0 or -ENOMEM.
 */
int pool_copy_free(struct mk_ranges *copy, u32 more);

/* From the lowest address of the pool to its highest; nothing when it is empty. Context: any. */
void pool_extent(struct mk_range *range);

/* Makes a plan true; its array is the pool's from here on. Context: under change_lock. */
void pool_replace_free(struct mk_ranges *plan);

/**
 * pool_take_blocks - take memory for a kernel that runs
 * @bytes: a multiple of @block
 * @block: in what it takes it, a power of two
 * @node:  preferred NUMA node
 * @taken: receives the ranges; empty, with room for MK_INSTANCE_RANGES_MAX
 *
 * Context: under change_lock.
 * Return: 0, to be undone by pool_return() of each; -ENOSPC or -EINVAL (mk_ranges_take_blocks()),
 * -ENOMEM.
 */
int pool_take_blocks(u64 bytes, u64 block, int node, struct mk_ranges *taken);

/**
 * pool_make_room - have places for ranges that come back
 * @more: how many, until the free memory is next replaced
 *
 * Context: under change_lock.
 * Return: 0 or -ENOMEM.
 */
int pool_make_room(u32 more);

/* Memory that an instance had is free again. Context: under change_lock; there is a place for it. */
void pool_return(const struct mk_range *range);

/*
 * Names the memory of an instance or an image (@kind) in /proc/iomem, or forgets the names.
 * Context: under change_lock.
 */
struct pool_names;
struct pool_names *pool_name_ranges(const struct mk_ranges *ranges, const char *kind,
				    const char *name);
void pool_forget_names(struct pool_names *names);

#endif
