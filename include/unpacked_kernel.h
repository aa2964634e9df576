/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies in front of a kernel that was unpacked ahead of its start (core/unpacked.c), for the
 * code at its entry (mkctl/entry) that puts it into its place. Both are parts of one file, made and
 * read on one machine: native byte order.
 */
#ifndef UNPACKED_KERNEL_H
#define UNPACKED_KERNEL_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/* What an unpacked kernel is linked for: arch/x86/include/asm/page_64_types.h. */
#define UNPACKED_VIRTUAL_BASE 0xffffffff80000000ULL	/* __START_KERNEL_map */
#define UNPACKED_VIRTUAL_SPAN (1ULL << 30)		/* KERNEL_IMAGE_SIZE where the kernel can be moved */

/**
 * struct unpacked_kernel - a kernel as it shall lie in memory, and what changes when it is moved
 * @here:           of this structure, from the load address; bytes
 * @size:           of all that was loaded, from the load address; bytes
 * @image:          where the kernel's bytes begin, from the load address; page-aligned
 * @image_size:     how many there are; bytes, a multiple of 8
 * @memory_size:    how much memory the kernel takes in its place; bytes
 * @alignment:      of its place, and of each step of its virtual address; bytes
 * @linked:         the physical address that it is linked for, and the lowest that it can have
 * @entry:          of its first instruction, from the beginning of its place; bytes
 * @seed:           at random, anew for each file
 * @lists:          where the places that hold virtual addresses are listed, from the load address:
 *                  four bytes each, the lower half of the virtual address of the place itself
 * @words:          places of four bytes to which the shift is added: the first in the list
 * @inverse_words:  places of four bytes from which it is taken: the next
 * @long_words:     places of eight bytes to which it is added: the last
 * @unused:         0
 */
struct unpacked_kernel {
	uint64_t here;
	uint64_t size;
	uint64_t image;
	uint64_t image_size;
	uint64_t memory_size;
	uint64_t alignment;
	uint64_t linked;
	uint64_t entry;
	uint64_t seed;
	uint64_t lists;
	uint32_t words;
	uint32_t inverse_words;
	uint32_t long_words;
	uint32_t unused;
};

#endif
