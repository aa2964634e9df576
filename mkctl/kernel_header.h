/* SPDX-License-Identifier: GPL-2.0-only */
/* The header of a kernel image, read from its file. */
#ifndef MKCTL_KERNEL_HEADER_H
#define MKCTL_KERNEL_HEADER_H

#include "image.h"

/**
 * struct kernel_header - what stands there; some 32 KB, so never on a stack
 * @image: what it says
 * @bytes: as they are
 */
struct kernel_header {
	struct mk_image image;
	u8 bytes[MK_SETUP_SIZE_MAX];
};

/**
 * kernel_header_read - read and judge it
 * @header: receives it
 * @file:   open; where it is read and written next stays
 * @why:    the sentence, when it is none; NULL if it is not wanted
 *
 * Return: 0, or a negative errno.
 */
int kernel_header_read(struct kernel_header *header, int file, struct mk_reason *why);

#endif
