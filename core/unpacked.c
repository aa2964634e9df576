// SPDX-License-Identifier: GPL-2.0-only
/* A kernel unpacked ahead of its start: found in its bzImage, and put into another. */
#include "unpacked.h"

#include "../include/unpacked_kernel.h"

/* Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"; from the beginning of the file. */
#define SETUP_PAYLOAD_OFFSET 0x248	/* from the protected-mode part */
#define SETUP_PAYLOAD_LENGTH 0x24c
#define SETUP_HANDOVER_OFFSET 0x264	/* of UEFI's entry, which the new file does not have */
#define SYSSIZE_UNIT 16
#define SIZE_BEHIND 4			/* bytes */

/* What is unpacked is at most so large: the kernel's own bound for where it is linked. */
#define WHOLE_MAX (1U << 30)

/* "Executable and Linking Format", version 1.2, and its x86-64 supplement. */
#define ELF_MAGIC "\177ELF\2\1\1"	/* 64 bits, little endian, version 1 */
#define ELF_MAGIC_SIZE 7
#define ELF_HEADER_SIZE 64
#define ELF_MACHINE_AT 18
#define ELF_MACHINE_X86_64 62
#define ELF_ENTRY_AT 24
#define ELF_PROGRAMS_AT 32
#define ELF_SECTIONS_AT 40
#define ELF_PROGRAM_COUNT_AT 56
#define ELF_SECTION_SIZE_AT 58
#define ELF_SECTION_COUNT_AT 60
#define PROGRAM_SIZE 56
#define PROGRAM_OFFSET_AT 8
#define PROGRAM_PHYSICAL_AT 24
#define PROGRAM_FILE_SIZE_AT 32
#define PROGRAM_MEMORY_SIZE_AT 40
#define PROGRAM_LOAD 1
#define PROGRAMS_MAX 64

const struct mk_packed_format mk_packed_formats[] = {
	{ "\x1f\x8b", 2, false, "gzip", "gzip" },
	{ "\xfd" "7zXZ", 5, true, "xz", "xz-utils" },
	{ "\x28\xb5\x2f\xfd", 4, true, "zstd", "zstd" },
	{ "\x02\x21\x4c\x18", 4, true, "lz4", "lz4" },
	{ "BZh", 3, true, "bzip2", "bzip2" },
};

int mk_packed_find(struct mk_packed *packed, const struct mk_image *image, const u8 *file,
		   struct mk_reason *why)
{
	u32 length = mk_get_le32(file + SETUP_PAYLOAD_LENGTH);
	u64 offset = (u64)image->setup_size + mk_get_le32(file + SETUP_PAYLOAD_OFFSET);
	const struct mk_packed_format *format;

	if (length <= SIZE_BEHIND || offset + length > image->file_size)
		return mk_refuse(why, -ENOEXEC, "kernel image: it says of no packed kernel inside");
	packed->offset = offset;
	packed->whole = mk_get_le32(file + offset + length - SIZE_BEHIND);
	if (packed->whole > WHOLE_MAX)
		return mk_refuse(why, -ENOEXEC, "kernel image: it says that its kernel unpacked has 0x%x bytes",
				 packed->whole);
	for (packed->format = 0; packed->format < ARRAY_SIZE(mk_packed_formats); packed->format++) {
		format = &mk_packed_formats[packed->format];
		if (length < format->length || memcmp(file + offset, format->magic, format->length))
			continue;
		packed->size = length - (format->has_size_behind ? SIZE_BEHIND : 0);
		return 0;
	}
	return mk_refuse(why, -ENOEXEC, "kernel image: how it is packed is not known here");
}

/* A part of the ELF image that goes to memory. */
struct segment {
	u64 offset, physical, file_size, memory_size;
};

/* What is known of the ELF image once it has been looked through. */
struct elf {
	u64 linked;		/* the lowest physical address */
	u64 image_end;		/* behind the last byte that comes from the file; physical */
	u64 memory_end;
	u64 entry;
	u64 end;		/* where it ends and the lists begin, in what was unpacked */
	u32 program_count;
	u32 words, inverse_words, long_words;
};

static u64 programs(const struct mk_unpacked *unpacked)
{
	return mk_get_le64(unpacked->elf + ELF_PROGRAMS_AT);
}

/* False for what does not go to memory. */
static bool read_segment(const struct mk_unpacked *unpacked, u32 index, struct segment *segment)
{
	const u8 *program = unpacked->elf + programs(unpacked) + index * PROGRAM_SIZE;

	segment->offset = mk_get_le64(program + PROGRAM_OFFSET_AT);
	segment->physical = mk_get_le64(program + PROGRAM_PHYSICAL_AT);
	segment->file_size = mk_get_le64(program + PROGRAM_FILE_SIZE_AT);
	segment->memory_size = mk_get_le64(program + PROGRAM_MEMORY_SIZE_AT);
	return mk_get_le32(program) == PROGRAM_LOAD && segment->memory_size;
}

static int refuse_elf(struct mk_reason *why, const char *what)
{
	return mk_refuse(why, -ENOEXEC, "kernel image: unpacked, %s", what);
}

static u64 larger(u64 one, u64 other)
{
	return one > other ? one : other;
}

static int add_segment(const struct mk_unpacked *unpacked, struct elf *elf, const struct segment *segment,
		       struct mk_reason *why)
{
	if (segment->file_size > segment->memory_size || segment->memory_size > WHOLE_MAX ||
	    segment->physical > WHOLE_MAX || segment->offset > unpacked->elf_size ||
	    segment->file_size > unpacked->elf_size - segment->offset)
		return refuse_elf(why, "a part of it does not lie in the file or in memory");
	if (segment->physical < elf->linked)
		elf->linked = segment->physical;
	elf->image_end = larger(elf->image_end, segment->physical + segment->file_size);
	elf->memory_end = larger(elf->memory_end, segment->physical + segment->memory_size);
	elf->end = larger(elf->end, segment->offset + segment->file_size);
	return 0;
}

static int read_segments(const struct mk_unpacked *unpacked, struct elf *elf, struct mk_reason *why)
{
	struct segment segment;
	int error = 0;
	u32 i;

	for (i = 0; i < elf->program_count && !error; i++)
		if (read_segment(unpacked, i, &segment))
			error = add_segment(unpacked, elf, &segment, why);
	return error;
}

static int read_header(const struct mk_unpacked *unpacked, struct elf *elf, struct mk_reason *why)
{
	const u8 *header = unpacked->elf;
	u64 sections;

	if (unpacked->elf_size < ELF_HEADER_SIZE || memcmp(header, ELF_MAGIC, ELF_MAGIC_SIZE) ||
	    mk_get_le16(header + ELF_MACHINE_AT) != ELF_MACHINE_X86_64)
		return refuse_elf(why, "it is no ELF image for x86-64");
	elf->program_count = mk_get_le16(header + ELF_PROGRAM_COUNT_AT);
	if (!elf->program_count || elf->program_count > PROGRAMS_MAX ||
	    programs(unpacked) > unpacked->elf_size ||
	    elf->program_count * PROGRAM_SIZE > unpacked->elf_size - programs(unpacked))
		return refuse_elf(why, "its table of parts does not lie in it");
	sections = mk_get_le64(header + ELF_SECTIONS_AT);
	if (sections > unpacked->elf_size)
		return refuse_elf(why, "its table of sections does not lie in it");
	elf->end = sections + (u64)mk_get_le16(header + ELF_SECTION_COUNT_AT) *
			      mk_get_le16(header + ELF_SECTION_SIZE_AT);
	elf->entry = mk_get_le64(header + ELF_ENTRY_AT);
	elf->linked = ~0ULL;
	return 0;
}

/* Reads one list backwards from *position, where its last place is, to the zero ahead of it. */
static int count_places(const struct mk_unpacked *unpacked, struct elf *elf, u64 *position, u32 width,
			u32 *count, struct mk_reason *why)
{
	u64 size = elf->image_end - elf->linked, place;
	u32 low;

	for (*count = 0;; ++*count) {
		if (*position < elf->end + sizeof(low))
			return refuse_elf(why, "a list of places that hold addresses has no beginning");
		*position -= sizeof(low);
		low = mk_get_le32(unpacked->elf + *position);
		if (!low)
			return 0;
		/* Sign-extended: all of the kernel lies in the last 2 GB. */
		place = (u32)(low - (u32)UNPACKED_VIRTUAL_BASE) - elf->linked;
		if (size < width || place > size - width)
			return refuse_elf(why, "a place that holds an address does not lie in it");
	}
}

/*
 * Each list has a zero ahead of it; from the end: words, inverse words, long words. Inverse words
 * came of how per-CPU data were linked, and newer kernels have two lists only. A kernel that cannot
 * be moved has none.
 */
static int read_lists(const struct mk_unpacked *unpacked, struct elf *elf, struct mk_reason *why)
{
	u64 position = unpacked->elf_size;
	int error;

	if (position < elf->end || (position - elf->end) % sizeof(u32))
		return refuse_elf(why, "what lies behind the ELF image is no list");
	if (position == elf->end)
		return 0;
	error = count_places(unpacked, elf, &position, sizeof(u32), &elf->words, why);
	if (!error)
		error = count_places(unpacked, elf, &position, sizeof(u64), &elf->inverse_words, why);
	if (error || position == elf->end) {
		elf->long_words = elf->inverse_words;
		elf->inverse_words = 0;
		return error;
	}
	error = count_places(unpacked, elf, &position, sizeof(u64), &elf->long_words, why);
	if (!error && position != elf->end)
		return refuse_elf(why, "it has more lists of places than are known here");
	return error;
}

static int read_elf(const struct mk_unpacked *unpacked, struct elf *elf, struct mk_reason *why)
{
	int error;

	memset(elf, 0, sizeof(*elf));
	error = read_header(unpacked, elf, why);
	if (!error)
		error = read_segments(unpacked, elf, why);
	if (error)
		return error;
	if (elf->image_end <= elf->linked || elf->end > unpacked->elf_size ||
	    elf->entry < elf->linked || elf->entry >= elf->image_end)
		return refuse_elf(why, "its entry does not lie in it");
	return read_lists(unpacked, elf, why);
}

/* The new file: setup part, entry code, this structure, the kernel's bytes, the lists. */
static void plan(const struct mk_unpacked *unpacked, const struct elf *elf, struct unpacked_kernel *kernel)
{
	u32 places = elf->words + elf->inverse_words + elf->long_words;

	*kernel = (struct unpacked_kernel){
		.here = mk_align_up(MK_IMAGE_ENTRY_64 + unpacked->entry_size, SYSSIZE_UNIT),
		.image_size = mk_align_up(elf->image_end - elf->linked, sizeof(u64)),
		.memory_size = mk_align_up(elf->memory_end - elf->linked, MK_PAGE_SIZE),
		.alignment = unpacked->image->alignment,
		.linked = elf->linked,
		.entry = elf->entry - elf->linked,
		.seed = unpacked->seed,
		.words = elf->words,
		.inverse_words = elf->inverse_words,
		.long_words = elf->long_words,
	};
	kernel->image = mk_align_up(kernel->here + sizeof(*kernel), MK_PAGE_SIZE);
	kernel->lists = kernel->image + kernel->image_size;
	kernel->size = mk_align_up(kernel->lists + places * sizeof(u32), SYSSIZE_UNIT);
}

s64 mk_unpacked_size(const struct mk_unpacked *unpacked, struct mk_reason *why)
{
	struct unpacked_kernel kernel;
	struct elf elf;
	int error;

	error = read_elf(unpacked, &elf, why);
	if (error)
		return error;
	plan(unpacked, &elf, &kernel);
	return unpacked->image->setup_size + kernel.size;
}

/* Behind what is loaded there must be room for the kernel, at least. */
static void write_setup(const struct mk_unpacked *unpacked, const struct unpacked_kernel *kernel, u8 *file)
{
	memcpy(file, unpacked->file, unpacked->image->setup_size);
	mk_put_le32(file + MK_SETUP_SYSSIZE, kernel->size / SYSSIZE_UNIT);
	mk_put_le32(file + MK_SETUP_INIT_SIZE,
		    mk_align_up(kernel->size, kernel->alignment) + kernel->memory_size);
	mk_put_le32(file + SETUP_PAYLOAD_OFFSET, 0);
	mk_put_le32(file + SETUP_PAYLOAD_LENGTH, 0);
	if (unpacked->image->header_end >= SETUP_HANDOVER_OFFSET + sizeof(u32))
		mk_put_le32(file + SETUP_HANDOVER_OFFSET, 0);
}

static void write_image(const struct mk_unpacked *unpacked, const struct elf *elf, u8 *to)
{
	struct segment segment;
	u32 i;

	for (i = 0; i < elf->program_count; i++)
		if (read_segment(unpacked, i, &segment))
			memcpy(to + (segment.physical - elf->linked), unpacked->elf + segment.offset,
			       segment.file_size);
}

/* Copies one list whose last place lies ahead of *position, and leaves the zero ahead of it out. */
static u8 *write_list(const struct mk_unpacked *unpacked, u64 *position, u32 count, u8 *to)
{
	u64 size = (u64)count * sizeof(u32);

	*position -= size;
	memcpy(to, unpacked->elf + *position, size);
	*position -= sizeof(u32);
	return to + size;
}

static void write_lists(const struct mk_unpacked *unpacked, const struct elf *elf, u8 *to)
{
	u64 position = unpacked->elf_size;

	if (position == elf->end)
		return;
	to = write_list(unpacked, &position, elf->words, to);
	/* Where a kernel has two lists only, the next is the last already. */
	if (position - elf->long_words * sizeof(u32) - sizeof(u32) != elf->end)
		to = write_list(unpacked, &position, elf->inverse_words, to);
	write_list(unpacked, &position, elf->long_words, to);
}

void mk_unpacked_build(const struct mk_unpacked *unpacked, u8 *file)
{
	struct unpacked_kernel kernel;
	struct elf elf;
	u8 *load;

	if (read_elf(unpacked, &elf, NULL))
		return;
	plan(unpacked, &elf, &kernel);
	load = file + unpacked->image->setup_size;
	memset(load, 0, kernel.size);
	write_setup(unpacked, &kernel, file);
	memcpy(load + MK_IMAGE_ENTRY_64, unpacked->entry, unpacked->entry_size);
	memcpy(load + kernel.here, &kernel, sizeof(kernel));
	write_image(unpacked, &elf, load + kernel.image);
	write_lists(unpacked, &elf, load + kernel.lists);
}
