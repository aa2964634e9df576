/* SPDX-License-Identifier: GPL-2.0-only */
/* The beginning of a kernel image that is fine, for tests to change. cmocka.h comes before this. */
#ifndef MK_TESTS_IMAGE_HEADER_H
#define MK_TESTS_IMAGE_HEADER_H

#include <asm/bootparam.h>
#include <stdlib.h>

#include "image.h"

#define HEADER_SECTS 2
#define HEADER_SETUP_SIZE ((HEADER_SECTS + 1) * 512)
#define HEADER_VERSION_AT 0x400		/* in the file */
#define HEADER_END 0x26c		/* as kernels have it since protocol 2.15 */

static u8 header[MK_SETUP_SIZE_MAX + 512];	/* one sector more than any setup has */
static struct setup_header *const setup_header = (struct setup_header *)(header + 0x1f1);

/* What is ahead of the header and behind it must reach no spawn; a full byte is easily seen. */
static inline void make_header(void)
{
	memset(header, 0xff, sizeof(header));
	*setup_header = (struct setup_header){
		.setup_sects = HEADER_SECTS,
		.boot_flag = 0xaa55,
		.jump = 0xeb | (HEADER_END - 0x202) << 8,
		.header = 0x53726448,
		.version = 0x20f,
		.kernel_version = HEADER_VERSION_AT - 0x200,
		.kernel_alignment = 0x200000,
		.relocatable_kernel = 1,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G,
		.cmdline_size = 2047,
		.setup_data = 0x1234567887654321,
		.pref_address = 0x1000000,
		.init_size = 0x3f98000,
	};
	strcpy((char *)header + HEADER_VERSION_AT, "6.1.0-56-amd64 (root) #1 SMP");
}

/* From a block of exactly @size bytes, so that reading beyond its end is seen. */
static inline int parse_header(struct mk_image *image, size_t size, u64 file_size,
			       struct mk_reason *why)
{
	u8 *copy = malloc(size ? size : 1);
	int error;

	assert_non_null(copy);
	memcpy(copy, header, size);
	memset(image, 0xff, sizeof(*image));
	error = mk_image_parse(image, copy, size, file_size, why);
	free(copy);
	return error;
}

#endif
