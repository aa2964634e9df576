/* SPDX-License-Identifier: GPL-2.0-only */
/* An instance's memory, for the host to write and to read. */
#ifndef MK_MODULE_INSTANCE_MEMORY_H
#define MK_MODULE_INSTANCE_MEMORY_H

#include <linux/mm_types.h>

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

/**
 * instance_map_user - map pages for a program, for the fault handler of a VM_PFNMAP area
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
