// SPDX-License-Identifier: GPL-2.0-only
/* An instance's memory as the host sees it: mapped, also for programs, and cleared. */
#include <linux/io.h>
#include <linux/mm.h>

#include "base.h"
#include "instance/instance.h"
#include "instance/instance_memory.h"
#include "memory/range_memory.h"

bool instance_find_memory(const struct instance *instance, u64 start, u64 size,
			  struct mk_range *range)
{
	const struct mk_range *found;
	unsigned int sequence;

	do {
		sequence = read_seqbegin(&instance->memory_lock);
		found = mk_ranges_find(&instance->memory, start, size);
		if (found)
			*range = *found;
	} while (read_seqretry(&instance->memory_lock, sequence));
	return found;
}

u64 instance_copy_memory(const struct instance *instance, struct mk_ranges *memory)
{
	unsigned int sequence;
	u64 bytes;

	do {
		sequence = read_seqbegin(&instance->memory_lock);
		memory->count = instance->memory.count;
		memcpy(memory->range, instance->range, sizeof(instance->range));
		bytes = instance->config.memory_bytes;
	} while (read_seqretry(&instance->memory_lock, sequence));
	return bytes;
}

int instance_add_memory(struct instance *instance, const struct mk_range *range)
{
	int error;

	lockdep_assert_held(&change_lock);
	write_seqlock(&instance->memory_lock);
	error = mk_ranges_add(&instance->memory, range);
	if (!error)
		instance->config.memory_bytes += range->size;
	write_sequnlock(&instance->memory_lock);
	return error;
}

int instance_remove_memory(struct instance *instance, const struct mk_range *range)
{
	int error;

	lockdep_assert_held(&change_lock);
	write_seqlock(&instance->memory_lock);
	error = mk_ranges_remove(&instance->memory, range->start, range->size);
	if (!error)
		instance->config.memory_bytes -= range->size;
	write_sequnlock(&instance->memory_lock);
	return error;
}

void *instance_map(const struct instance *instance, u64 physical, u64 size)
{
	struct mk_range range;

	if (!instance_find_memory(instance, physical, size, &range))
		return NULL;
	return range_map(&range, physical - range.start, size);
}

int instance_clear(const struct instance *instance)
{
	int error = 0;
	u32 i;

	for (i = 0; i < instance->memory.count && !error; i++)
		error = range_clear(&instance->memory.range[i], &instance->stop_asked);
	return error;
}

/**
 * struct user_mapping - pages of an area on their way into a page table
 * @area:  the area
 * @first: the page frame that is seen at its start
 */
struct user_mapping {
	const struct vm_area_struct *area;
	unsigned long first;
};

/* A page that another thread has mapped meanwhile is the same one. */
static int map_page(pte_t *entry, unsigned long address, void *argument)
{
	const struct user_mapping *mapping = argument;
	const struct vm_area_struct *area = mapping->area;
	unsigned long pfn = mapping->first + ((address - area->vm_start) >> PAGE_SHIFT);

	if (pte_none(ptep_get(entry)))
		set_pte_at(area->vm_mm, address, entry,
			   pte_mkspecial(pfn_pte(pfn, area->vm_page_prot)));
	return 0;
}

vm_fault_t instance_map_user(struct vm_area_struct *area, unsigned long address,
			     unsigned long bytes, unsigned long first)
{
	struct user_mapping mapping = { .area = area, .first = first };
	unsigned long piece = mk_align_down(address, bytes);
	unsigned long start = max(piece, area->vm_start);
	unsigned long end = min(piece + bytes, area->vm_end);
	int error = apply_to_page_range(area->vm_mm, start, end - start, map_page, &mapping);

	return error ? vmf_error(error) : VM_FAULT_NOPAGE;
}
