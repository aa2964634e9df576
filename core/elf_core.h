/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's memory as an ELF core file, in the form of Linux's own crash dumps (/proc/vmcore),
 * which crash and gdb open: writing the headers of one, and finding the memory in one.
 *
 * Source: System V ABI, chapters 4 and 5 (ELF header, program header, note section); for what crash
 * dumps hold, crash_prepare_elf64_headers() and fs/proc/vmcore.c of Linux.
 */
#ifndef MK_CORE_ELF_CORE_H
#define MK_CORE_ELF_CORE_H

#include "logring.h"
#include "port.h"
#include "ranges.h"
#include "reason.h"

/* Program headers: the note, the kernel's image, and a segment for each range of an instance. */
#define MK_ELF_CORE_SEGMENTS_MAX (MK_INSTANCE_RANGES_MAX + 2)
#define MK_ELF_CORE_READ_MAX 128	/* of files that other programs have written */
#define MK_ELF_CORE_HEADERS_MAX 0x2000U	/* bytes: all of these and the largest note, in whole pages */

/**
 * struct mk_elf_core - what a core file is to hold
 * @memory:    physical ranges, at most MK_INSTANCE_RANGES_MAX
 * @map:       where the kernel has them in its own address space, from mk_log_find_map(); untrusted
 * @note:      text of its VMCOREINFO note, untrusted
 * @note_size: bytes of it, at most MK_PAGE_SIZE; 0: there is none
 */
struct mk_elf_core {
	const struct mk_ranges *memory;
	struct mk_log_map map;
	const char *note;
	u32 note_size;
};

/**
 * mk_elf_core_build - write all that comes before the memory
 * @core:   what it is to hold
 * @buffer: receives it, of MK_ELF_CORE_HEADERS_MAX bytes
 *
 * The ranges are to follow in their order and whole. The kernel's image gets a segment of its own,
 * which shows part of the same bytes again, unless it is not known or not in the ranges. Where the
 * direct map is not known the ranges have the virtual address 0. There are no registers: nobody
 * outside knows those of a kernel that runs.
 *
 * Context: any; pure.
 * Return: bytes written, whole pages: here the first range begins in the file.
 */
u32 mk_elf_core_build(const struct mk_elf_core *core, void *buffer);

/* One piece of memory in a core file: physical address, bytes, offset in the file. */
struct mk_elf_core_segment {
	u64 physical;
	u64 size;
	u64 offset;
};

/**
 * struct mk_elf_core_map - where in a core file the memory is
 * @memory:  physical ranges, sorted
 * @range:   they are kept here
 * @segment: @count pieces that make them up, no two of the same memory
 * @count:   see above
 * @missing: bytes that the program headers promise, and that lie beyond the file's end
 */
struct mk_elf_core_map {
	struct mk_ranges memory;
	struct mk_range range[MK_ELF_CORE_READ_MAX];
	struct mk_elf_core_segment segment[MK_ELF_CORE_READ_MAX];
	u32 count;
	u64 missing;
};

/**
 * mk_elf_core_parse - find the memory in a core file
 * @map:       filled in; about 7 KB; it points into itself, so it must not be copied
 * @start:     the file's first bytes, untrusted
 * @size:      how many: MK_ELF_CORE_HEADERS_MAX, or the whole of a file that is smaller
 * @file_size: bytes of the file
 * @why:       the sentence, when refused
 *
 * Of a file that is cut short there are the pages that are in it: its log is often wanted most.
 * Segments that are not made of whole pages are left out, and so are those whose memory a later one
 * holds too: the image's bytes are in the file once more, as part of a range.
 *
 * Context: any; pure.
 * Return: 0, or -EINVAL: not a 64-bit x86 core file, damaged, without any memory, or with too many
 * segments.
 */
int mk_elf_core_parse(struct mk_elf_core_map *map, const void *start, size_t size, u64 file_size,
		      struct mk_reason *why);

/* The offset in the file of these bytes; false when no segment holds all of them. */
bool mk_elf_core_find(const struct mk_elf_core_map *map, u64 physical, u64 size, u64 *offset);

#endif
