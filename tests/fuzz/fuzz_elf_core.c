// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing core files, both ways. Reading: the input is the beginning of a file, of which nothing
 * may be found that is not in it. Writing: the same input is what a hostile kernel says of itself
 * (map and note), whose headers must be whole, and read back as the ranges that went in.
 */
#include "elf_core.h"
#include "fuzz.h"

#define FILE_BYTES (1ULL << 40)

static void check(const struct mk_elf_core_map *map, u64 file_size)
{
	u64 offset, total = 0;
	u32 i;

	MUST(map->count && map->count <= MK_ELF_CORE_READ_MAX, "segments");
	for (i = 0; i < map->count; i++) {
		const struct mk_elf_core_segment *segment = &map->segment[i];

		MUST(segment->offset <= file_size && segment->size <= file_size - segment->offset,
		     "in the file");
		MUST(mk_ranges_find(&map->memory, segment->physical, segment->size), "in the ranges");
		MUST(mk_elf_core_find(map, segment->physical, segment->size, &offset) &&
		     offset == segment->offset, "found again");
		total += segment->size;
	}
	MUST(total == mk_ranges_total(&map->memory), "no memory twice");
}

static void read_file(const u8 *data, size_t size)
{
	struct mk_elf_core_map map;
	struct mk_reason why;

	if (mk_elf_core_parse(&map, data, size, FILE_BYTES, &why))
		MUST(is_sentence(why.text), why.text);
	else
		check(&map, FILE_BYTES);
}

static void write_file(const u8 *data, size_t size)
{
	static u8 headers[MK_ELF_CORE_HEADERS_MAX];
	struct mk_range range[] = {
		{ .start = 0x40000000, .size = 0x10000000 },
		{ .start = 0x80000000, .size = 0x200000 },
	};
	const struct mk_ranges memory = { range, 2, 2 };
	struct mk_elf_core core = { .memory = &memory, .note = (const char *)data };
	struct mk_elf_core_map map;
	struct mk_reason why = { "" };
	u32 bytes;

	if (size < sizeof(core.map))
		return;
	memcpy(&core.map, data, sizeof(core.map));
	core.note_size = size < MK_PAGE_SIZE ? size : MK_PAGE_SIZE;
	bytes = mk_elf_core_build(&core, headers);
	MUST(bytes <= sizeof(headers) && bytes % MK_PAGE_SIZE == 0, "whole pages");
	MUST(!mk_elf_core_parse(&map, headers, bytes, bytes + mk_ranges_total(&memory), &why), why.text);
	check(&map, bytes + mk_ranges_total(&memory));
	MUST(map.memory.count == 2 && !memcmp(&map.range[0].start, &range[0].start, 16) &&
	     !memcmp(&map.range[1].start, &range[1].start, 16), "the ranges");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	read_file(data, size);
	write_file(data, size);
	return 0;
}
