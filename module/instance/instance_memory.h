/* SPDX-License-Identifier: GPL-2.0-only */
/* An instance's memory, for the host to write and to read. */
#ifndef MK_MODULE_INSTANCE_MEMORY_H
#define MK_MODULE_INSTANCE_MEMORY_H

#include <linux/mm_types.h>

struct instance;
struct mk_range;
struct mk_ranges;

/**
 * instance_find_memory - which of its ranges holds all of this
 * @instance: whose
 * @start:    physical address
 * @size:     bytes
 * @range:    receives a copy
 *
 * Context: any. The memory may leave the instance as soon as it returns; whoever uses it then is
 * waited for before others have it (run/resize_memory.c).
 * Return: false when none does.
 */
bool instance_find_memory(const struct instance *instance, u64 start, u64 size,
			  struct mk_range *range);

/* All of its ranges, with room for MK_INSTANCE_RANGES_MAX, and their sum. Context: any. */
u64 instance_copy_memory(const struct instance *instance, struct mk_ranges *memory);

/**
 * instance_add_memory - more memory, for a kernel that runs
 * @instance: whose
 * @range:    which
 *
 * Context: under change_lock and multikernel_lock; in a spawn under the first.
 * Return: 0 or -ENOSPC (it has too many ranges).
 */
int instance_add_memory(struct instance *instance, const struct mk_range *range);

/* The other way round: all of @range is in one of its ranges. Context: the same. Return: the same. */
int instance_remove_memory(struct instance *instance, const struct mk_range *range);

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

/**
 * instance_map_user - map pages for a program, for the fault handler of a VM_PFNMAP or VM_MIXEDMAP area
 * @area:    of the fault
 * @address: of the fault
 * @bytes:   how much is mapped at most, a power of two: what of the area is within @bytes around it
 * @first:   number of the page frame that is to be seen at the start of @area
 *
 * The entries are written as i915 does it (remap_io_mapping()) and not by vmf_insert_pfn(), which
 * would ask the table of memory types, where memory that the host has given up is not, and map it
 * uncached.
 *
 * Context: process, as the fault handler.
 * Return: what the fault handler is to return.
 */
vm_fault_t instance_map_user(struct vm_area_struct *area, unsigned long address,
			     unsigned long bytes, unsigned long first);

#endif
