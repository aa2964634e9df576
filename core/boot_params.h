/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * boot_params ("the zero page") and its memory map: what a spawn kernel is told at its entry.
 *
 * Source: Documentation/arch/x86/zero-page.rst, boot.rst; struct boot_params in
 * arch/x86/include/uapi/asm/bootparam.h.
 */
#ifndef MK_CORE_BOOT_PARAMS_H
#define MK_CORE_BOOT_PARAMS_H

#include "image.h"
#include "layout.h"
#include "port.h"
#include "ranges.h"

/**
 * mk_boot_params_build - fill in the zero page
 * @page:         MK_PAGE_SIZE bytes
 * @header:       the beginning of the image file
 * @image:        from mk_image_parse() of that header
 * @layout:       where everything is
 * @memory:       the instance's ranges
 *
 * The memory map holds the instance's memory and its low window, and nothing else: for the spawn
 * the rest of the machine does not exist.
 *
 * Context: any; pure.
 * Return: 0, or -ENOSPC when the map has no room (more ranges than MK_INSTANCE_RANGES_MAX).
 */
int mk_boot_params_build(void *page, const void *header, const struct mk_image *image,
			 const struct mk_layout *layout, const struct mk_ranges *memory);

#define MK_SEED_BYTES 32
#define MK_SEED_SIZE (16 + MK_SEED_BYTES)	/* with its header, struct setup_data */

/*
 * Bytes of what the memory map calls ACPI data, in whole pages: the tables, and the seed at the end.
 * So much of an instance's memory is not its kernel's RAM, beside the shared area; both sides reckon
 * with it. The arguments are those of mk_acpi_size(). Context: any; pure.
 */
u64 mk_acpi_data_size(u32 cpu_count, u32 later_count);

/**
 * mk_boot_params_add_seed - give a kernel something random to begin with
 * @page:    as mk_boot_params_build() has made it
 * @place:   MK_SEED_SIZE bytes, 8-aligned. Not in what the memory map calls RAM: the kernel would
 *           split that entry here, in the midst of a page (e820__reserve_setup_data())
 * @address: where the spawn has them
 * @seed:    MK_SEED_BYTES random bytes
 *
 * The kernel takes them into its random number generator before anything else can ask that, and
 * overwrites them (SETUP_RNG_SEED in arch/x86/kernel/setup.c). One that does not know the type passes
 * over it.
 *
 * Context: any; pure.
 */
void mk_boot_params_add_seed(void *page, void *place, u64 address, const u8 seed[MK_SEED_BYTES]);

#endif
