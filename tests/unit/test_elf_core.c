// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF core files: what is written is held against <elf.h>, what is read against what was written,
 * and against what no one should write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <elf.h>
#include <cmocka.h>

#include "elf_core.h"
#include "random.h"

#define MB (1ULL << 20)
#define TEXT "OSRELEASE=6.1.0-test\nKERNELOFFSET=2000000\n"
#define IMAGE 0xffffffff83000000ULL
#define DIRECT_MAP 0xffff9c8000000000ULL
#define RANDOM_FILES 200000

static u8 buffer[MK_ELF_CORE_HEADERS_MAX + 1];
static struct mk_range range[MK_INSTANCE_RANGES_MAX];
static struct mk_ranges ranges;
static struct mk_elf_core core;
static u32 size;

static int setup(void **state)
{
	(void)state;
	range[0] = (struct mk_range){ .start = 0x18000000, .size = 64 * MB };
	range[1] = (struct mk_range){ .start = 0x100000000, .size = 256 * MB };
	range[2] = (struct mk_range){ .start = 0x200000000, .size = MK_PAGE_SIZE, .node = 1 };
	ranges = (struct mk_ranges){ range, 3, ARRAY_SIZE(range) };
	core = (struct mk_elf_core){
		.memory = &ranges,
		.map = {
			.image = IMAGE, .image_physical = 0x105000000, .image_size = 32 * MB,
			.direct_map = DIRECT_MAP,
		},
		.note = TEXT,
		.note_size = strlen(TEXT),
	};
	return 0;
}

static const Elf64_Ehdr *build(void)
{
	memset(buffer, 0xa5, sizeof(buffer));
	size = mk_elf_core_build(&core, buffer);
	assert_true(size > 0 && size % MK_PAGE_SIZE == 0 && size <= MK_ELF_CORE_HEADERS_MAX);
	assert_int_equal(buffer[MK_ELF_CORE_HEADERS_MAX], 0xa5);
	return (const Elf64_Ehdr *)buffer;
}

static const Elf64_Phdr *header(u32 index)
{
	return (const Elf64_Phdr *)(buffer + sizeof(Elf64_Ehdr)) + index;
}

static void expect_load(u32 index, u64 offset, u64 virtual, u64 physical, u64 bytes)
{
	const Elf64_Phdr *phdr = header(index);

	assert_int_equal(phdr->p_type, PT_LOAD);
	assert_int_equal(phdr->p_flags, PF_R | PF_W | PF_X);
	assert_true(phdr->p_offset == offset);
	assert_true(phdr->p_vaddr == virtual);
	assert_true(phdr->p_paddr == physical);
	assert_true(phdr->p_filesz == bytes && phdr->p_memsz == bytes);
	assert_int_equal(phdr->p_align, 0);
}

static void test_header(void **state)
{
	const Elf64_Ehdr *ehdr = build();
	u32 i;

	(void)state;
	assert_memory_equal(ehdr->e_ident, ELFMAG, SELFMAG);
	assert_int_equal(ehdr->e_ident[EI_CLASS], ELFCLASS64);
	assert_int_equal(ehdr->e_ident[EI_DATA], ELFDATA2LSB);
	assert_int_equal(ehdr->e_ident[EI_VERSION], EV_CURRENT);
	assert_int_equal(ehdr->e_ident[EI_OSABI], ELFOSABI_NONE);
	for (i = EI_ABIVERSION; i < EI_NIDENT; i++)
		assert_int_equal(ehdr->e_ident[i], 0);
	assert_int_equal(ehdr->e_type, ET_CORE);
	assert_int_equal(ehdr->e_machine, EM_X86_64);
	assert_int_equal(ehdr->e_version, EV_CURRENT);
	assert_int_equal(ehdr->e_phoff, sizeof(Elf64_Ehdr));
	assert_int_equal(ehdr->e_ehsize, sizeof(Elf64_Ehdr));
	assert_int_equal(ehdr->e_phentsize, sizeof(Elf64_Phdr));
	assert_int_equal(ehdr->e_phnum, 5);
	assert_int_equal(ehdr->e_entry | ehdr->e_shoff | ehdr->e_flags, 0);
	assert_int_equal(ehdr->e_shentsize | ehdr->e_shnum | ehdr->e_shstrndx, 0);
}

static void test_segments(void **state)
{
	(void)state;
	build();
	expect_load(1, size + 64 * MB + 0x5000000, IMAGE, 0x105000000, 32 * MB);
	expect_load(2, size, DIRECT_MAP + 0x18000000, 0x18000000, 64 * MB);
	expect_load(3, size + 64 * MB, DIRECT_MAP + 0x100000000, 0x100000000, 256 * MB);
	expect_load(4, size + 320 * MB, DIRECT_MAP + 0x200000000, 0x200000000, MK_PAGE_SIZE);
}

/* Any length of text: name and text are padded each. */
static void test_note(void **state)
{
	static char text[MK_PAGE_SIZE];
	u32 i;

	(void)state;
	for (i = 0; i < sizeof(text); i++)
		text[i] = 'a' + i % 26;
	core.note = text;
	for (core.note_size = 1; core.note_size <= sizeof(text); core.note_size++) {
		const Elf64_Phdr *phdr = header(0);
		const Elf64_Nhdr *note;

		build();
		note = (const Elf64_Nhdr *)(buffer + phdr->p_offset);
		assert_int_equal(phdr->p_type, PT_NOTE);
		assert_int_equal(phdr->p_offset, sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr));
		assert_int_equal(phdr->p_filesz, 24 + (core.note_size + 3) / 4 * 4);
		assert_int_equal(phdr->p_memsz, phdr->p_filesz);
		assert_int_equal(phdr->p_vaddr | phdr->p_paddr | phdr->p_flags, 0);
		assert_true(phdr->p_offset + phdr->p_filesz <= size);
		assert_int_equal(note->n_namesz, sizeof("VMCOREINFO"));
		assert_int_equal(note->n_descsz, core.note_size);
		assert_int_equal(note->n_type, 0);
		assert_memory_equal(note + 1, "VMCOREINFO\0", 12);
		assert_memory_equal((const u8 *)(note + 1) + 12, text, core.note_size);
		for (i = phdr->p_offset + 24 + core.note_size; i < size; i++)
			assert_int_equal(buffer[i], 0);
	}
}

static void test_nothing_known(void **state)
{
	(void)state;
	memset(&core.map, 0, sizeof(core.map));
	core.note_size = 0;
	assert_int_equal(build()->e_phnum, 3);
	expect_load(0, size, 0, 0x18000000, 64 * MB);
	expect_load(1, size + 64 * MB, 0, 0x100000000, 256 * MB);
}

/* The image's place is what a kernel says. */
static void test_image_outside(void **state)
{
	static const u64 outside[] = { 0, 0x17fff000, 0x1c000000, 0x110000000, ~0ULL };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(outside); i++) {
		core.map.image_physical = outside[i];
		assert_int_equal(build()->e_phnum, 4);
		expect_load(1, size, DIRECT_MAP + 0x18000000, 0x18000000, 64 * MB);
	}
	/* It ends where its range does. */
	core.map.image_physical = 0x110000000 - MB;
	core.map.image_size = ~0ULL;
	assert_int_equal(build()->e_phnum, 5);
	expect_load(1, size + 319 * MB, IMAGE, 0x110000000 - MB, MB);
}

static void test_all_there_can_be(void **state)
{
	static char text[MK_PAGE_SIZE];
	u32 i;

	(void)state;
	for (i = 0; i < MK_INSTANCE_RANGES_MAX; i++)
		range[i] = (struct mk_range){ .start = (i + 1) * 4 * MB, .size = 2 * MB };
	ranges.count = MK_INSTANCE_RANGES_MAX;
	core.map.image_physical = 4 * MB;
	core.note = text;
	core.note_size = sizeof(text);
	assert_int_equal(build()->e_phnum, MK_ELF_CORE_SEGMENTS_MAX);
	for (i = 0; i < MK_INSTANCE_RANGES_MAX; i++)
		expect_load(2 + i, size + i * 2 * MB, DIRECT_MAP + range[i].start, range[i].start,
			    2 * MB);
	assert_int_equal(size, MK_ELF_CORE_HEADERS_MAX);
}

static u64 file_size(void)
{
	return size + mk_ranges_total(&ranges);
}

static int parse(struct mk_elf_core_map *map)
{
	struct mk_reason why = { "" };
	int err = mk_elf_core_parse(map, buffer, size, file_size(), &why);

	assert_true(!err == !*why.text);
	return err;
}

static void test_read_back(void **state)
{
	struct mk_elf_core_map map;
	u64 offset;
	u32 i;

	(void)state;
	build();
	assert_int_equal(parse(&map), 0);
	assert_int_equal(map.memory.count, 3);
	for (i = 0; i < 3; i++) {
		assert_true(map.memory.range[i].start == range[i].start);
		assert_true(map.memory.range[i].size == range[i].size);
	}
	assert_true(mk_elf_core_find(&map, 0x18000000, 1, &offset));
	assert_true(offset == size);
	assert_true(mk_elf_core_find(&map, 0x105000000, MK_PAGE_SIZE, &offset));
	assert_true(offset == size + 64 * MB + 0x5000000);
	assert_true(mk_elf_core_find(&map, 0x200000000, MK_PAGE_SIZE, &offset));
	assert_true(offset == size + 320 * MB);
	assert_false(mk_elf_core_find(&map, 0x200000001, MK_PAGE_SIZE, &offset));
	assert_false(mk_elf_core_find(&map, 0x17ffffff, 1, &offset));
	assert_false(mk_elf_core_find(&map, 0x1bffffff, 2, &offset));
	assert_false(mk_elf_core_find(&map, 0x18000001, ~0ULL, &offset));
	assert_false(mk_elf_core_find(&map, ~0ULL, 2, &offset));
}

static void expect_refusal(const char *sentence)
{
	struct mk_elf_core_map map;
	struct mk_reason why = { "" };

	assert_int_equal(mk_elf_core_parse(&map, buffer, size, file_size(), &why), -EINVAL);
	assert_string_equal(why.text, sentence);
}

static void test_not_such_a_file(void **state)
{
	static const struct {
		size_t at;
		u8 value;
		const char *sentence;
	} bad[] = {
		{ EI_MAG0, 0, "it is not an ELF file" },
		{ EI_MAG3, 'G', "it is not an ELF file" },
		{ EI_CLASS, ELFCLASS32, "it is not a core file of an x86-64 machine" },
		{ EI_DATA, ELFDATA2MSB, "it is not a core file of an x86-64 machine" },
		{ offsetof(Elf64_Ehdr, e_type), ET_EXEC, "it is not a core file of an x86-64 machine" },
		{ offsetof(Elf64_Ehdr, e_machine), EM_386, "it is not a core file of an x86-64 machine" },
		{ offsetof(Elf64_Ehdr, e_phnum), 129, "it has 129 segments, more than 128" },
		{ offsetof(Elf64_Ehdr, e_phnum), 0, "it holds no memory" },
		{ offsetof(Elf64_Ehdr, e_phentsize), 55, "its program headers are damaged" },
		{ offsetof(Elf64_Ehdr, e_phoff) + 1, 0x0f, "its program headers are damaged" },
		{ offsetof(Elf64_Ehdr, e_phoff) + 2, 1, "its program headers are damaged" },
		{ offsetof(Elf64_Ehdr, e_phoff) + 7, 0xff, "its program headers are damaged" },
	};
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		build();
		buffer[bad[i].at] = bad[i].value;
		expect_refusal(bad[i].sentence);
	}
	build();
	size = sizeof(Elf64_Ehdr) - 1;
	expect_refusal("it is not an ELF file");
	size = sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr) - 1;
	expect_refusal("its program headers are damaged");
}

/* Of a file that is cut short there are the whole pages that it has. */
static void test_cut_off(void **state)
{
	struct mk_elf_core_map map;
	struct mk_reason why;
	u64 offset, last, bytes;

	(void)state;
	build();
	assert_int_equal(mk_elf_core_parse(&map, buffer, size, file_size(), &why), 0);
	assert_int_equal(map.missing, 0);
	bytes = ((Elf64_Phdr *)header(4))->p_filesz;
	last = 0x200000000 + bytes - MK_PAGE_SIZE;
	assert_true(mk_elf_core_find(&map, last, MK_PAGE_SIZE, &offset));
	assert_int_equal(mk_elf_core_parse(&map, buffer, size, file_size() - 1, &why), 0);
	assert_int_equal(map.missing, MK_PAGE_SIZE);
	assert_false(mk_elf_core_find(&map, last, 1, &offset));
	assert_true(mk_elf_core_find(&map, 0x110000000 - MK_PAGE_SIZE, MK_PAGE_SIZE, &offset));
	((Elf64_Phdr *)header(4))->p_offset = ~0ULL;
	assert_int_equal(mk_elf_core_parse(&map, buffer, size, file_size(), &why), 0);
	assert_int_equal(map.missing, bytes);
	assert_false(mk_elf_core_find(&map, 0x200000000, 1, &offset));
	((Elf64_Phdr *)header(4))->p_filesz = ~0ULL;
	((Elf64_Phdr *)header(3))->p_filesz = ~0ULL;
	((Elf64_Phdr *)header(3))->p_offset = ~0ULL;
	assert_int_equal(mk_elf_core_parse(&map, buffer, size, file_size(), &why), 0);
	assert_int_equal(map.missing, ~0ULL);
	assert_int_equal(mk_elf_core_parse(&map, buffer, size, 0x100, &why), -EINVAL);
	assert_string_equal(why.text, "it holds no memory");
}

/*
 * Other programs' files: what is no whole page is left out, of two that overlap the later counts.
 */
static void test_other_segments(void **state)
{
	struct mk_elf_core_map map;
	u64 offset;

	(void)state;
	build();
	((Elf64_Phdr *)header(2))->p_paddr += 0x800;
	((Elf64_Phdr *)header(4))->p_paddr = 0x100001000;
	assert_int_equal(parse(&map), 0);
	assert_int_equal(map.count, 2);
	assert_int_equal(map.memory.count, 2);
	assert_true(mk_elf_core_find(&map, 0x100001000, MK_PAGE_SIZE, &offset));
	assert_true(offset == size + 320 * MB);
	assert_true(mk_elf_core_find(&map, 0x105000000, MK_PAGE_SIZE, &offset));
	assert_false(mk_elf_core_find(&map, 0x18000000, 1, &offset));
}

/* Whatever is in the headers, what is found is in the file. */
static void test_random_headers(void **state)
{
	struct mk_elf_core_map map;
	u32 round, i, taken = 0;

	for (round = 0; round < RANDOM_FILES; round++) {
		setup(state);
		build();
		for (i = 0; i <= round % 4; i++)
			buffer[random_below(sizeof(Elf64_Ehdr) + 5 * sizeof(Elf64_Phdr))] =
				random_below(0x100);
		if (mk_elf_core_parse(&map, buffer, size, file_size(), NULL))
			continue;
		taken++;
		assert_in_range(map.count, 1, 5);
		for (i = 0; i < map.count; i++) {
			const struct mk_elf_core_segment *s = &map.segment[i];

			assert_true(s->size && s->offset + s->size >= s->size);
			assert_true(s->offset + s->size <= file_size());
			assert_non_null(mk_ranges_find(&map.memory, s->physical, s->size));
		}
	}
	assert_true(taken > RANDOM_FILES / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_header, setup),
		cmocka_unit_test_setup(test_segments, setup),
		cmocka_unit_test_setup(test_note, setup),
		cmocka_unit_test_setup(test_nothing_known, setup),
		cmocka_unit_test_setup(test_image_outside, setup),
		cmocka_unit_test_setup(test_all_there_can_be, setup),
		cmocka_unit_test_setup(test_read_back, setup),
		cmocka_unit_test_setup(test_not_such_a_file, setup),
		cmocka_unit_test_setup(test_cut_off, setup),
		cmocka_unit_test_setup(test_other_segments, setup),
		cmocka_unit_test_setup(test_random_headers, setup),
	};

	return cmocka_run_group_tests(tests, random_seed, NULL);
}
