/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where everything goes: the plan of an instance's memory and of its window below 1 MB before a kernel is
 * loaded. All addresses are physical, bytes.
 *
 * The boot range is the one range of the instance that holds the kernel:
 *
 *	start    shared area             control page, handover, console rings, device table;
 *	                                 reserved in the spawn's e820
 *	         ACPI tables             made for the spawn, ACPI data in its e820
 *	         boot_params, command line
 *	aligned  area of Kexec HandOver, where the kernel may know of that (kho.h)
 *	         setup sectors of the image (it is read as one file, straight into place)
 *	aligned  kernel, init_size bytes, not below the address it prefers
 *	...
 *	end      initrd (there, or at the end of any range that has room)
 *
 * The low window is real memory below 1 MB, one for each instance, which a stock kernel cannot do without:
 *
 *	page 0   the code that brings the boot CPU into long mode
 *	page 1.. page tables of that moment
 *	last     a page of plain memory that poses as the spawn's I/O APIC
 *
 * All but the last page is ordinary memory to the spawn, which keeps its own real-mode code there.
 */
#ifndef MK_CORE_LAYOUT_H
#define MK_CORE_LAYOUT_H

#include "image.h"
#include "port.h"
#include "ranges.h"
#include "reason.h"

/*
 * The real-mode code of kernels 6.1 to 7.2 takes 24 to 28 KB; the decompressor borrows the two last
 * pages of the window while the page tables of the launch are still in use.
 */
#define MK_LOW_WINDOW_PAGES 10
#define MK_LOW_WINDOW_SIZE (MK_LOW_WINDOW_PAGES * MK_PAGE_SIZE)
#define MK_LOW_TABLES_PAGE 1
#define MK_LOW_TABLES_PAGES 6
#define MK_LOW_IOAPIC_PAGE (MK_LOW_WINDOW_PAGES - 1)

/**
 * struct mk_layout - the plan
 * @low_window:   the window below 1 MB, MK_LOW_WINDOW_SIZE bytes
 * @boot:         the range of the instance that holds the kernel
 * @control:      the shared area, whose first page is the control page
 * @acpi:         ACPI tables, the RSDP first
 * @acpi_size:    room for them, whole pages
 * @boot_params:  one page
 * @command_line: right behind it
 * @kho:          area of Kexec HandOver, aligned to its size; 0 without one
 * @kho_size:     bytes, a power of two
 * @image:        where the image file begins
 * @kernel:       load address, aligned
 * @kernel_end:   @kernel + init_size
 * @initrd:       page aligned; 0 without one
 * @initrd_size:  bytes
 */
struct mk_layout {
	u64 low_window;
	struct mk_range boot;
	u64 control;
	u64 acpi;
	u64 acpi_size;
	u64 boot_params;
	u64 command_line;
	u64 kho;
	u64 kho_size;
	u64 image;
	u64 kernel;
	u64 kernel_end;
	u64 initrd;
	u64 initrd_size;
};

/**
 * struct mk_layout_sizes - what has to find room beside the kernel, bytes
 * @initrd: 0 without one
 * @shared: the shared area, whole pages
 * @acpi:   what the ACPI tables may take
 * @kho:    the area of Kexec HandOver, a power of two; 0 without one
 */
struct mk_layout_sizes {
	u64 initrd;
	u64 shared;
	u64 acpi;
	u64 kho;
};

/**
 * mk_layout_make - place a kernel in an instance
 * @layout:     filled in
 * @memory:     the instance's ranges
 * @low_window: its window below 1 MB
 * @image:      from mk_image_parse()
 * @sizes:      of all else
 * @why:        the sentence, when refused
 *
 * The kernel goes to the first range that it can be started in and that leaves room for the initrd,
 * as low as possible; the initrd to the end of the last range that has room for it.
 *
 * Context: any; pure.
 * Return: 0 or -ENOSPC.
 */
int mk_layout_make(struct mk_layout *layout, const struct mk_ranges *memory, u64 low_window,
		   const struct mk_image *image, const struct mk_layout_sizes *sizes,
		   struct mk_reason *why);

#endif
