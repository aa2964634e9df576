/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 bzImage: what its setup header says of the kernel inside.
 *
 * Source: Documentation/arch/x86/boot.rst ("The Linux/x86 Boot Protocol"), "The Real-Mode Kernel
 * Header". The offsets below count from the beginning of the file and, since boot_params holds the
 * header at the same place, from the beginning of boot_params too.
 */
#ifndef MK_CORE_IMAGE_H
#define MK_CORE_IMAGE_H

#include "port.h"
#include "reason.h"

#define MK_SETUP_HEADER_START 0x1f1	/* setup_sects, its first field */
#define MK_SETUP_SECTS 0x1f1
#define MK_SETUP_SYSSIZE 0x1f4
#define MK_SETUP_BOOT_FLAG 0x1fe
#define MK_SETUP_JUMP_LENGTH 0x201	/* the header ends this many bytes after 0x202 */
#define MK_SETUP_MAGIC 0x202
#define MK_SETUP_VERSION 0x206
#define MK_SETUP_KERNEL_VERSION 0x20e
#define MK_SETUP_TYPE_OF_LOADER 0x210
#define MK_SETUP_RAMDISK_IMAGE 0x218
#define MK_SETUP_RAMDISK_SIZE 0x21c
#define MK_SETUP_CMD_LINE_PTR 0x228
#define MK_SETUP_KERNEL_ALIGNMENT 0x230
#define MK_SETUP_RELOCATABLE 0x234
#define MK_SETUP_XLOADFLAGS 0x236
#define MK_SETUP_CMDLINE_SIZE 0x238
#define MK_SETUP_SETUP_DATA 0x250
#define MK_SETUP_PREFERRED_ADDRESS 0x258
#define MK_SETUP_INIT_SIZE 0x260
#define MK_SETUP_HEADER_MINIMUM 0x264	/* end of the last field that we read */
#define MK_SETUP_HEADER_MAXIMUM 0x290	/* end of the room that boot_params has for the header */

#define MK_SETUP_SIZE_MAX (65 * 512)	/* boot sector and at most 64 setup sectors */
#define MK_IMAGE_ENTRY_64 0x200		/* the 64-bit entry, from the start of the protected-mode part */

/**
 * struct mk_image - a bootable x86-64 kernel image
 * @file_size:         bytes of the whole file
 * @preferred_address: a kernel loaded below it would move itself there, wherever that is; any value
 * @setup_size:        bytes ahead of the protected-mode part
 * @header_end:        where the setup header ends in the file
 * @init_size:         memory the kernel needs from its load address on, before it looks at the
 *                     memory map; bytes
 * @alignment:         of the load address; a power of two, at least 4 KB, at most 1 GB
 * @cmdline_size:      longest command line it takes, without the NUL
 * @version_major:     kernel version, 0.0 when the image does not name it in the usual way
 * @version_minor:     see above
 */
struct mk_image {
	u64 file_size;
	u64 preferred_address;
	u32 setup_size;
	u32 header_end;
	u32 init_size;
	u32 alignment;
	u32 cmdline_size;
	u16 version_major;
	u16 version_minor;
};

/**
 * mk_image_parse - check a bzImage by its header
 * @image:     filled in
 * @header:    the beginning of the file, untrusted
 * @size:      bytes in @header: MK_SETUP_SIZE_MAX, or all of a shorter file
 * @file_size: bytes in the file
 * @why:       the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0 or -ENOEXEC.
 */
int mk_image_parse(struct mk_image *image, const void *header, size_t size, u64 file_size,
		   struct mk_reason *why);

#define MK_RELEASE_MAX 64	/* __NEW_UTS_LEN of Linux */

/**
 * mk_image_release - the whole version of a kernel, as "uname -r" says it and its modules'
 * directory is named
 * @image:   from mk_image_parse() of @header
 * @header:  at least @image->setup_size bytes, untrusted
 * @release: receives it, NUL terminated; letters, digits and "+-._~" only, a digit first, so that
 *           it is a file name
 *
 * Context: any; pure.
 * Return: 0, or -ENOENT: the image does not name it in the usual way.
 */
int mk_image_release(const struct mk_image *image, const void *header,
		     char release[MK_RELEASE_MAX + 1]);

#endif
