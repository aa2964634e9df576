// SPDX-License-Identifier: GPL-2.0-only
/* What of the memory below 1 MB is nobody's, handed out in windows of a fixed size. */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "base.h"
#include "bios_area.h"
#include "layout.h"
#include "memory/low_memory.h"

#define LOW_START 0x10000	/* firmware scribbles over the first 64 KB; the kernel keeps off them too */
#define LOW_END 0xa0000		/* from here on video memory */
#define LOW_PAGES (LOW_END >> PAGE_SHIFT)

/*
 * The host's real-mode code ends with this word (arch/x86/realmode/rm/realmode.lds.S,
 * REALMODE_END_SIGNATURE in rm/header.S). It is 24 to 28 KB long; twice that ahead of the word is
 * left alone.
 */
#define REALMODE_SIGNATURE 0x65a22c82
#define REALMODE_SIZE 0x10000

static DECLARE_BITMAP(usable, LOW_PAGES);	/* and nobody's; change_lock */
static u32 windows;			/* that can be had of it; for readers without the lock */
static u64 park_page;

void *low_memory_map(u64 physical)
{
	return phys_to_virt(physical);
}

static bool page_has_signature(unsigned long pfn)
{
	const u32 *word = low_memory_map(PFN_PHYS(pfn));
	size_t i;

	for (i = 0; i < PAGE_SIZE / sizeof(*word); i++)
		if (word[i] == REALMODE_SIGNATURE)
			return true;
	return false;
}

static bool exclude_realmode_code(void)
{
	unsigned long pfn, first;
	bool found = false;

	for (pfn = 1; pfn < LOW_PAGES; pfn++) {
		if (!page_is_ram(pfn) || !page_has_signature(pfn))
			continue;
		first = pfn + 1 - min_t(unsigned long, pfn, REALMODE_SIZE >> PAGE_SHIFT);
		bitmap_clear(usable, first, pfn + 1 - first);
		found = true;
	}
	return found;
}

/* The firmware's map may call all of it RAM, but for what its data area says. */
static unsigned long first_firmware_page(void)
{
	u16 ram_kb = mk_get_le16(low_memory_map(MK_BIOS_RAM_KB));
	u16 ebda_segment = mk_get_le16(low_memory_map(MK_BIOS_EBDA_SEGMENT));

	return PFN_DOWN(mk_bios_area_start(ram_kb, ebda_segment));
}

static int take_pages(unsigned int count, u64 *physical)
{
	unsigned long pfn;
	unsigned int run = 0;

	/* Highest first: the lower half stays whole for kernels that look for it there. */
	for (pfn = LOW_PAGES; pfn--;) {
		run = test_bit(pfn, usable) ? run + 1 : 0;
		if (run == count) {
			bitmap_clear(usable, pfn, count);
			*physical = PFN_PHYS(pfn);
			return 0;
		}
	}
	return -ENOSPC;
}

/* A window is always taken from the top of what is in one piece, so no page between two is wasted. */
static void count_windows(void)
{
	unsigned long pfn, run = 0;
	u32 count = 0;

	for (pfn = 0; pfn < LOW_PAGES; pfn++) {
		run = test_bit(pfn, usable) ? run + 1 : 0;
		count += run && run % MK_LOW_WINDOW_PAGES == 0;
	}
	WRITE_ONCE(windows, count);
}

u32 low_memory_windows(void)
{
	return READ_ONCE(windows);
}

int low_memory_init(void)
{
	unsigned long pfn, end = first_firmware_page();
	int error;

	bitmap_zero(usable, LOW_PAGES);
	for (pfn = LOW_START >> PAGE_SHIFT; pfn < end; pfn++)
		if (page_is_ram(pfn))
			__set_bit(pfn, usable);
	if (!exclude_realmode_code()) {
		pr_err("the host's real-mode code was not found below 1 MB: nothing there is safe to use\n");
		return -ENODEV;
	}
	error = take_pages(1, &park_page);
	count_windows();
	return error;
}

void low_memory_exit(void)
{
	memset(low_memory_map(park_page), 0, PAGE_SIZE);
}

int low_memory_take(u64 *window)
{
	int error = take_pages(MK_LOW_WINDOW_PAGES, window);

	lockdep_assert_held(&change_lock);
	if (!error)
		low_memory_clear(*window);
	count_windows();
	return error;
}

void low_memory_clear(u64 window)
{
	memset(low_memory_map(window), 0, MK_LOW_WINDOW_SIZE);
}

void low_memory_give_back(u64 window)
{
	lockdep_assert_held(&change_lock);
	low_memory_clear(window);
	bitmap_set(usable, PFN_DOWN(window), MK_LOW_WINDOW_PAGES);
	count_windows();
}

u64 low_memory_park_page(void)
{
	lockdep_assert_held(&multikernel_lock);
	return park_page;
}
