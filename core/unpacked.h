/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel unpacked ahead of its start. A bzImage carries the kernel compressed, and unpacks it at
 * each of its starts, which takes a good part of a boot. Here the same is done once: the unpacked
 * ELF image becomes the content of another bzImage, whose code at the entry (mkctl/entry) only has
 * to choose a place at random, as the kernel's own does, copy, and shift what holds addresses.
 *
 * Source: arch/x86/boot/compressed/ of Linux 6.1 to 7.3: misc.c (parse_elf(), handle_relocations()),
 * kaslr.c; arch/x86/tools/relocs.c for the order of the lists.
 */
#ifndef MK_CORE_UNPACKED_H
#define MK_CORE_UNPACKED_H

#include "image.h"
#include "port.h"
#include "reason.h"

/**
 * struct mk_packed - the compressed kernel in a bzImage
 * @offset: in the file, bytes
 * @size:   of the compressed stream by itself, bytes
 * @whole:  bytes that come of it
 * @format: index into mk_packed_formats
 */
struct mk_packed {
	u64 offset;
	u32 size;
	u32 whole;
	u32 format;
};

/** struct mk_packed_format - how a kernel can be compressed, and with what it is unpacked */
struct mk_packed_format {
	const char *magic;
	u8 length;
	u8 has_size_behind;	/* the kernel's build has put the size there, see quiet_cmd_*_with_size */
	const char *command;	/* called with -dc, reads from standard input */
	const char *package;	/* of Debian */
};

extern const struct mk_packed_format mk_packed_formats[];

/**
 * mk_packed_find - where a bzImage has its kernel
 * @packed:  filled in
 * @image:   from mk_image_parse() of @file
 * @file:    the whole file, @image->file_size bytes, untrusted
 * @why:     the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0, or -ENOEXEC: there is none, or its compression is not known here.
 */
int mk_packed_find(struct mk_packed *packed, const struct mk_image *image, const u8 *file,
		   struct mk_reason *why);

/**
 * struct mk_unpacked - what is put together
 * @image:      the bzImage it comes from
 * @file:       its bytes
 * @elf:        what was unpacked: the ELF image, and the lists of places behind it; untrusted
 * @elf_size:   bytes
 * @entry:      the code of mkctl/entry
 * @entry_size: bytes
 * @seed:       at random
 */
struct mk_unpacked {
	const struct mk_image *image;
	const u8 *file;
	const u8 *elf;
	u64 elf_size;
	const u8 *entry;
	u32 entry_size;
	u64 seed;
};

/**
 * mk_unpacked_size - how large the new bzImage gets
 * @unpacked: what it is made of
 * @why:      the sentence, when refused
 *
 * Context: any; pure.
 * Return: bytes, or -ENOEXEC: the ELF image is not a kernel as they are known here.
 */
s64 mk_unpacked_size(const struct mk_unpacked *unpacked, struct mk_reason *why);

/**
 * mk_unpacked_build - put it together
 * @unpacked: one of which mk_unpacked_size() told the size
 * @file:     receives that many bytes
 *
 * Context: any; pure.
 */
void mk_unpacked_build(const struct mk_unpacked *unpacked, u8 *file);

#endif
