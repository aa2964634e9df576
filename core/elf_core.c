// SPDX-License-Identifier: GPL-2.0-only
/* ELF core files: the headers written, then the headers read. */
#include "elf_core.h"

/* The ELF header: offsets of its fields, and what they hold here. */
enum {
	EHDR_CLASS = 4,
	EHDR_DATA = 5,
	EHDR_IDENT_VERSION = 6,
	EHDR_TYPE = 16,
	EHDR_MACHINE = 18,
	EHDR_VERSION = 20,
	EHDR_PHOFF = 32,
	EHDR_EHSIZE = 52,
	EHDR_PHENTSIZE = 54,
	EHDR_PHNUM = 56,
	EHDR_SIZE = 64,
};

#define ELF_MAGIC "\177ELF"
#define ELF_MAGIC_SIZE 4
#define CLASS_64 2
#define LITTLE_ENDIAN_DATA 1
#define VERSION_CURRENT 1
#define TYPE_CORE 4
#define MACHINE_X86_64 62

/* A program header. */
enum {
	PHDR_TYPE = 0,
	PHDR_FLAGS = 4,
	PHDR_OFFSET = 8,
	PHDR_VADDR = 16,
	PHDR_PADDR = 24,
	PHDR_FILESZ = 32,
	PHDR_MEMSZ = 40,
	PHDR_ALIGN = 48,
	PHDR_SIZE = 56,
};

#define TYPE_LOAD 1
#define TYPE_NOTE 4
#define FLAGS_RWX 7

/* A note: three words, then name and text, each padded to a multiple of four. */
#define NOTE_NAME "VMCOREINFO"
#define NOTE_NAME_OFFSET 12
#define NOTE_TEXT_OFFSET 24
#define NOTE_ALIGNMENT 4

/*
 * struct writer - headers under construction
 * @buffer: where they go
 * @count:  program headers so far
 */
struct writer {
	u8 *buffer;
	u32 count;
};

struct segment {
	u32 type;
	u64 offset;
	u64 virtual;
	u64 physical;
	u64 size;
};

/*
 * The alignment stays 0, which says "none": by this crash tells the dumps of Linux from a format
 * that it read before there were any (its netdump.c).
 */
static void add_segment(struct writer *writer, const struct segment *segment)
{
	u8 *phdr = writer->buffer + EHDR_SIZE + writer->count++ * PHDR_SIZE;

	mk_put_le32(phdr + PHDR_TYPE, segment->type);
	mk_put_le32(phdr + PHDR_FLAGS, segment->type == TYPE_LOAD ? FLAGS_RWX : 0);
	mk_put_le64(phdr + PHDR_OFFSET, segment->offset);
	mk_put_le64(phdr + PHDR_VADDR, segment->virtual);
	mk_put_le64(phdr + PHDR_PADDR, segment->physical);
	mk_put_le64(phdr + PHDR_FILESZ, segment->size);
	mk_put_le64(phdr + PHDR_MEMSZ, segment->size);
}

static u32 note_bytes(const struct mk_elf_core *core)
{
	return core->note_size ? NOTE_TEXT_OFFSET + mk_align_up(core->note_size, NOTE_ALIGNMENT) : 0;
}

/* Behind the room for all program headers. */
static u32 note_offset(const struct mk_elf_core *core)
{
	return EHDR_SIZE + (core->memory->count + 2) * PHDR_SIZE;
}

static void add_note(struct writer *writer, const struct mk_elf_core *core)
{
	const struct segment segment = {
		.type = TYPE_NOTE, .offset = note_offset(core), .size = note_bytes(core),
	};
	u8 *note = writer->buffer + segment.offset;

	mk_put_le32(note, sizeof(NOTE_NAME));
	mk_put_le32(note + 4, core->note_size);
	memcpy(note + NOTE_NAME_OFFSET, NOTE_NAME, sizeof(NOTE_NAME));
	memcpy(note + NOTE_TEXT_OFFSET, core->note, core->note_size);
	add_segment(writer, &segment);
}

/* As much of the image as lies in the range where it begins, the first of which is at @offset. */
static void add_image(struct writer *writer, const struct mk_elf_core *core, u64 offset)
{
	const struct mk_log_map *map = &core->map;
	struct segment segment = { .type = TYPE_LOAD };
	u32 i;

	for (i = 0; i < core->memory->count; i++) {
		const struct mk_range *range = &core->memory->range[i];
		u64 into = map->image_physical - range->start;

		if (map->image_physical >= range->start && into < range->size) {
			segment.offset = offset + into;
			segment.virtual = map->image;
			segment.physical = map->image_physical;
			segment.size = range->size - into;
			if (segment.size > map->image_size)
				segment.size = map->image_size;
			if (segment.size)
				add_segment(writer, &segment);
			return;
		}
		offset += range->size;
	}
}

static void add_ranges(struct writer *writer, const struct mk_elf_core *core, u64 offset)
{
	u32 i;

	for (i = 0; i < core->memory->count; i++) {
		const struct mk_range *range = &core->memory->range[i];
		u64 direct_map = core->map.direct_map;
		const struct segment segment = {
			.type = TYPE_LOAD,
			.offset = offset,
			.virtual = direct_map ? direct_map + range->start : 0,
			.physical = range->start,
			.size = range->size,
		};

		add_segment(writer, &segment);
		offset += range->size;
	}
}

u32 mk_elf_core_build(const struct mk_elf_core *core, void *buffer)
{
	struct writer writer = { buffer, 0 };
	u32 size = mk_align_up(note_offset(core) + note_bytes(core), MK_PAGE_SIZE);
	u8 *ehdr = buffer;

	memset(buffer, 0, size);
	if (core->note_size)
		add_note(&writer, core);
	add_image(&writer, core, size);
	add_ranges(&writer, core, size);
	memcpy(ehdr, ELF_MAGIC, ELF_MAGIC_SIZE);
	ehdr[EHDR_CLASS] = CLASS_64;
	ehdr[EHDR_DATA] = LITTLE_ENDIAN_DATA;
	ehdr[EHDR_IDENT_VERSION] = VERSION_CURRENT;
	mk_put_le16(ehdr + EHDR_TYPE, TYPE_CORE);
	mk_put_le16(ehdr + EHDR_MACHINE, MACHINE_X86_64);
	mk_put_le32(ehdr + EHDR_VERSION, VERSION_CURRENT);
	mk_put_le64(ehdr + EHDR_PHOFF, EHDR_SIZE);
	mk_put_le16(ehdr + EHDR_EHSIZE, EHDR_SIZE);
	mk_put_le16(ehdr + EHDR_PHENTSIZE, PHDR_SIZE);
	mk_put_le16(ehdr + EHDR_PHNUM, writer.count);
	return size;
}

/* Is it such a file, and are all its program headers among the bytes at hand? */
static int check_header(const u8 *ehdr, size_t size, struct mk_reason *why)
{
	u64 offset;
	u32 count;

	if (size < EHDR_SIZE || memcmp(ehdr, ELF_MAGIC, ELF_MAGIC_SIZE))
		return mk_refuse(why, -EINVAL, "it is not an ELF file");
	if (ehdr[EHDR_CLASS] != CLASS_64 || ehdr[EHDR_DATA] != LITTLE_ENDIAN_DATA ||
	    mk_get_le16(ehdr + EHDR_TYPE) != TYPE_CORE ||
	    mk_get_le16(ehdr + EHDR_MACHINE) != MACHINE_X86_64)
		return mk_refuse(why, -EINVAL, "it is not a core file of an x86-64 machine");
	count = mk_get_le16(ehdr + EHDR_PHNUM);
	if (count > MK_ELF_CORE_READ_MAX)
		return mk_refuse(why, -EINVAL, "it has %u segments, more than %u", count,
				 MK_ELF_CORE_READ_MAX);
	offset = mk_get_le64(ehdr + EHDR_PHOFF);
	if (mk_get_le16(ehdr + EHDR_PHENTSIZE) != PHDR_SIZE || offset > size ||
	    count * PHDR_SIZE > size - offset)
		return mk_refuse(why, -EINVAL, "its program headers are damaged");
	return 0;
}

/* What of a segment is in the file, in whole pages. */
static u64 bytes_there(const struct mk_elf_core_segment *segment, u64 file_size)
{
	u64 left = segment->offset < file_size ? file_size - segment->offset : 0;

	return segment->size <= left ? segment->size : mk_align_down(left, MK_PAGE_SIZE);
}

static void take_segment(struct mk_elf_core_map *map, const u8 *phdr, u64 file_size)
{
	struct mk_elf_core_segment segment = {
		.physical = mk_get_le64(phdr + PHDR_PADDR),
		.size = mk_get_le64(phdr + PHDR_FILESZ),
		.offset = mk_get_le64(phdr + PHDR_OFFSET),
	};
	struct mk_range range = { .start = segment.physical, .node = MK_ANY_NODE };
	u64 there = bytes_there(&segment, file_size);

	if (mk_get_le32(phdr + PHDR_TYPE) != TYPE_LOAD)
		return;
	if (segment.size - there > ~0ULL - map->missing)
		map->missing = ~0ULL;
	else
		map->missing += segment.size - there;
	range.size = segment.size = there;
	if (!mk_ranges_add(&map->memory, &range))
		map->segment[map->count++] = segment;
}

int mk_elf_core_parse(struct mk_elf_core_map *map, const void *start, size_t size, u64 file_size,
		      struct mk_reason *why)
{
	const u8 *phdrs;
	u32 i;
	int err;

	memset(map, 0, sizeof(*map));
	map->memory.range = map->range;
	map->memory.capacity = ARRAY_SIZE(map->range);
	err = check_header(start, size, why);
	if (err)
		return err;
	phdrs = (const u8 *)start + mk_get_le64((const u8 *)start + EHDR_PHOFF);
	for (i = mk_get_le16((const u8 *)start + EHDR_PHNUM); i-- > 0;)
		take_segment(map, phdrs + i * PHDR_SIZE, file_size);
	if (!map->count)
		return mk_refuse(why, -EINVAL, "it holds no memory");
	return 0;
}

bool mk_elf_core_find(const struct mk_elf_core_map *map, u64 physical, u64 size, u64 *offset)
{
	u32 i;

	for (i = 0; i < map->count; i++) {
		const struct mk_elf_core_segment *segment = &map->segment[i];
		u64 into = physical - segment->physical;

		if (physical >= segment->physical && into < segment->size &&
		    size <= segment->size - into) {
			*offset = segment->offset + into;
			return true;
		}
	}
	return false;
}
