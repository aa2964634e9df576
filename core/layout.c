// SPDX-License-Identifier: GPL-2.0-only
/* How a range is chosen for the kernel, and another (or the same) for the initrd. */
#include "layout.h"
#include "command_line.h"
#include "identity_map.h"

static u64 lower(u64 a, u64 b)
{
	return a < b ? a : b;
}

static u64 higher(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* False when the range cannot take it. Below the end of the identity map no sum can wrap around. */
static bool place_kernel(struct mk_layout *layout, const struct mk_range *range,
			 const struct mk_image *image, u64 shared_size)
{
	u64 end = lower(mk_range_end(range), MK_IDENTITY_MAP_END), setup;

	if (range->start >= end || shared_size > end - range->start ||
	    layout->acpi_size > end - range->start || image->preferred_address > end)
		return false;
	layout->boot = *range;
	layout->control = range->start;
	layout->acpi = layout->control + shared_size;
	layout->boot_params = layout->acpi + layout->acpi_size;
	layout->command_line = layout->boot_params + MK_PAGE_SIZE;
	setup = layout->command_line + MK_COMMAND_LINE_MAX;
	if (layout->kho_size) {
		layout->kho = mk_align_up(setup, layout->kho_size);
		setup = layout->kho + layout->kho_size;
	}
	layout->kernel = mk_align_up(higher(setup + image->setup_size, image->preferred_address),
				     image->alignment);
	layout->image = layout->kernel - image->setup_size;
	layout->kernel_end = layout->kernel + mk_align_up(image->init_size, MK_PAGE_SIZE);
	return layout->kernel_end <= end;
}

/*
 * The launch maps all from the start of the range to the end of the kernel, with the few tables of
 * the low window.
 */
static bool can_be_mapped(const struct mk_layout *layout)
{
	return mk_identity_map_pages(layout->control, layout->kernel_end) <= MK_LOW_TABLES_PAGES;
}

/* The initrd goes to the highest place: the kernel chooses its own among what is below. */
static bool place_initrd(struct mk_layout *layout, const struct mk_ranges *memory)
{
	u64 size = mk_align_up(layout->initrd_size, MK_PAGE_SIZE);
	u32 i = memory->count;

	if (!layout->initrd_size)
		return true;
	while (i--) {
		const struct mk_range *range = &memory->range[i];
		u64 used = range->start == layout->boot.start ? layout->kernel_end : range->start;

		if (mk_range_end(range) - used < size)
			continue;
		layout->initrd = mk_range_end(range) - size;
		return true;
	}
	return false;
}

int mk_layout_make(struct mk_layout *layout, const struct mk_ranges *memory, u64 low_window,
		   const struct mk_image *image, const struct mk_layout_sizes *sizes,
		   struct mk_reason *why)
{
	u64 total = mk_ranges_total(memory);
	bool kernel_fits = false, kernel_starts = false;
	u32 i;

	memset(layout, 0, sizeof(*layout));
	layout->low_window = low_window;
	layout->acpi_size = mk_align_up(sizes->acpi, MK_PAGE_SIZE);
	layout->kho_size = sizes->kho;
	layout->initrd_size = sizes->initrd;
	if (sizes->initrd > total)
		goto no_room_for_initrd;
	for (i = 0; i < memory->count; i++) {
		if (!place_kernel(layout, &memory->range[i], image, sizes->shared))
			continue;
		kernel_fits = true;
		if (!can_be_mapped(layout))
			continue;
		kernel_starts = true;
		if (place_initrd(layout, memory))
			return 0;
	}
	if (kernel_starts)
		goto no_room_for_initrd;
	if (kernel_fits)
		return mk_refuse(why, -ENOSPC,
				 "kernel image: its 0x%x bytes lie across more borders of 1 GB or 512 GB than the page tables of its start can map",
				 image->init_size);
	return mk_refuse(why, -ENOSPC,
			 "kernel image: needs 0x%x bytes in one piece at a border of 0x%x bytes, not below 0x%llx, the instance has 0x%llx bytes in %u ranges",
			 image->init_size, image->alignment,
			 (unsigned long long)image->preferred_address, (unsigned long long)total,
			 memory->count);
no_room_for_initrd:
	return mk_refuse(why, -ENOSPC,
			 "initrd: its %llu bytes do not fit beside the kernel, the instance has 0x%llx bytes in %u ranges",
			 (unsigned long long)sizes->initrd, (unsigned long long)total, memory->count);
}
