// SPDX-License-Identifier: GPL-2.0-only
/* How a range is chosen for the kernel, and another (or the same) for the initrd. */
#include "layout.h"
#include "command_line.h"

static void place_in(struct mk_layout *layout, const struct mk_range *range,
		     const struct mk_image *image)
{
	layout->boot = *range;
	layout->control = range->start;
	layout->acpi = layout->control + MK_PAGE_SIZE;
	layout->boot_params = layout->acpi + layout->acpi_size;
	layout->command_line = layout->boot_params + MK_PAGE_SIZE;
	layout->kernel = mk_align_up(layout->command_line + MK_COMMAND_LINE_MAX + image->setup_size,
				     image->alignment);
	layout->image = layout->kernel - image->setup_size;
	layout->kernel_end = layout->kernel + mk_align_up(image->init_size, MK_PAGE_SIZE);
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
		   const struct mk_image *image, u64 initrd_size, u64 acpi_size,
		   struct mk_reason *why)
{
	u64 total = mk_ranges_total(memory);
	bool kernel_fits = false;
	u32 i;

	memset(layout, 0, sizeof(*layout));
	layout->low_window = low_window;
	layout->acpi_size = mk_align_up(acpi_size, MK_PAGE_SIZE);
	layout->initrd_size = initrd_size;
	if (initrd_size > total)
		goto no_room_for_initrd;
	for (i = 0; i < memory->count; i++) {
		place_in(layout, &memory->range[i], image);
		if (layout->kernel_end > mk_range_end(&layout->boot))
			continue;
		kernel_fits = true;
		if (place_initrd(layout, memory))
			return 0;
	}
	if (kernel_fits)
		goto no_room_for_initrd;
	return mk_refuse(why, -ENOSPC,
			 "kernel image: needs 0x%x bytes in one piece at a border of 0x%x bytes, the instance has 0x%llx bytes in %u ranges",
			 image->init_size, image->alignment, (unsigned long long)total, memory->count);
no_room_for_initrd:
	return mk_refuse(why, -ENOSPC,
			 "initrd: its %llu bytes do not fit beside the kernel, the instance has 0x%llx bytes in %u ranges",
			 (unsigned long long)initrd_size, (unsigned long long)total, memory->count);
}
