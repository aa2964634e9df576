/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kexec HandOver (KHO): how a kernel learns from the one before it, early in its boot, which memory is
 * taken, and finds what is in there. To a spawn kernel that knows of it, its host is that one; what it
 * finds is the handover, as the subtree "multikernel".
 *
 * All of it is an area in the boot range, which is the spawn's RAM:
 *
 *	page 0	the setup_data node that boot_params names, the list of scratch areas
 *	page 1	the root tree: its compatible list, the map, and the subtree's address
 *	page 2	the handover
 *	...
 *	map	which pages are preserved: the root tree's and the handover's
 *
 * Scratch is the memory that the kernel takes for itself until it has read the map; later that takes
 * movable pages only.
 *
 * Seen in 7.3: include/linux/kho/abi/kexec_handover.h, kernel/liveupdate/kexec_handover.c,
 * kho_populate(), arch/x86/kernel/setup.c, add_kho(); struct kho_data of
 * arch/x86/include/uapi/asm/setup_data.h. Numbers are in the machine's byte order there.
 */
#ifndef MK_CORE_KHO_H
#define MK_CORE_KHO_H

#include "image.h"
#include "layout.h"
#include "port.h"
#include "ranges.h"
#include "reason.h"

#define MK_KHO_SUBTREE "multikernel"	/* by this name a kernel finds the handover */
#define MK_KHO_SCRATCH_MAX 8
#define MK_KHO_SCRATCH_ALIGN 0x400000ULL	/* the largest free block of the kernel's page allocator */

/* What the map of preserved pages looks like. */
enum mk_kho_format {
	MK_KHO_NONE,	/* nothing is handed over in this way */
	MK_KHO_BITMAPS,	/* 6.16 to 7.0 */
	MK_KHO_RADIX,	/* from 7.1 on */
};

/**
 * struct mk_kho - what a kernel is handed over by KHO
 * @format:        which map; MK_KHO_NONE: no node is written, nothing else counts
 * @area:          from the layout, physical
 * @size:          bytes of it
 * @scratch:       areas, in no order
 * @scratch_count: how many
 */
struct mk_kho {
	enum mk_kho_format format;
	u64 area;
	u64 size;
	struct mk_range scratch[MK_KHO_SCRATCH_MAX];
	u32 scratch_count;
};

/**
 * mk_kho_format - what a kernel may understand
 * @image: from mk_image_parse(): only its version counts. Whether KHO is built in, an image does not
 *         tell; where it is not, the kernel says in its log that it passes over the node
 * @words: the user's command line
 *
 * None with kho=off; and none with mem=, memmap= and crashkernel=, since scratch becomes RAM whatever
 * the first two say, and the third would be taken out of it.
 *
 * Context: any; pure.
 * Return: the format, or MK_KHO_NONE.
 */
enum mk_kho_format mk_kho_format(const struct mk_image *image, const char *words);

/**
 * mk_kho_size - bytes of an area
 * @handover_size: bytes that the handover may have
 *
 * A power of two, to which the area is aligned: so one leaf of the map, 128 MB, has all its pages.
 *
 * Context: any; pure.
 * Return: bytes.
 */
u64 mk_kho_size(u64 handover_size);

/**
 * mk_kho_choose_scratch - say which memory the kernel boots in
 * @kho:       @kho->format is set; all else is filled in
 * @layout:    where everything is, with an area for KHO
 * @memory:    the instance's ranges
 * @init_size: of the image
 * @cpu_count: the most that it may have while it runs
 * @why:       the sentence, when there is not enough
 *
 * Too little would be a panic ahead of any console; all of the memory would leave none for the kernel
 * itself. The first area is where the kernel is loaded, so that it can still place itself at random.
 *
 * Context: any; pure.
 * Return: 0, or -ENOSPC: the instance is too small, or in too many pieces; @kho->format is then
 * MK_KHO_NONE.
 */
int mk_kho_choose_scratch(struct mk_kho *kho, const struct mk_layout *layout,
			  const struct mk_ranges *memory, u32 init_size, u32 cpu_count,
			  struct mk_reason *why);

/**
 * mk_kho_write - write the area
 * @kho:      from mk_kho_choose_scratch(), with a format
 * @place:    where the area is seen, @kho->size bytes
 * @handover: from mk_handover_write()
 * @size:     bytes of it
 *
 * Context: any; pure.
 * Return: 0, or -ENOSPC: the handover is larger than the area was made for.
 */
int mk_kho_write(const struct mk_kho *kho, void *place, const void *handover, u32 size);

#endif
