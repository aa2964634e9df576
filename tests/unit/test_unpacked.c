// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel unpacked ahead of its start: where a bzImage has its packed kernel, what the file that is made of the
 * unpacked one holds, byte by byte, for kernels with three lists of places, with two and with none; each refusal; and
 * damage at random, which must never lead outside of a buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>

#include "../../include/unpacked_kernel.h"
#include "image_header.h"
#include "random.h"
#include "unpacked.h"

#define LINKED 0x1000000
#define TEXT_SIZE 0x3000
#define DATA_AT 0x5000		/* from LINKED */
#define DATA_SIZE 0x800
#define DATA_MEMORY 0x4000
#define ENTRY 0x40
#define DAMAGES 4000

/* The packed kernel of the old file. */
#define PAYLOAD_AT 0x300	/* from the protected-mode part */
#define PAYLOAD_SIZE 0x100

static u8 file[HEADER_SETUP_SIZE + 0x1000];
static const u8 entry_code[100] = { 0xfc, 0xfa };
static struct mk_image image;
static struct mk_packed packed;
static struct mk_reason why;

/* The ELF image and the lists, as they would be unpacked. */
static struct {
	Elf64_Ehdr header;
	Elf64_Phdr program[3];
	u8 text[TEXT_SIZE];
	u8 data[DATA_SIZE];
	Elf64_Shdr section[2];
	u32 lists[16];
} elf;
static u64 elf_size;

static void make_file(void)
{
	memset(file, 0, sizeof(file));
	make_header();
	setup_header->payload_offset = PAYLOAD_AT;
	setup_header->payload_length = PAYLOAD_SIZE;
	memcpy(file, header, HEADER_SETUP_SIZE);
	memcpy(file + HEADER_SETUP_SIZE + PAYLOAD_AT, "\xfd" "7zXZ", 6);
	mk_put_le32(file + HEADER_SETUP_SIZE + PAYLOAD_AT + PAYLOAD_SIZE - 4, 0x123456);
	assert_int_equal(mk_image_parse(&image, file, sizeof(file), sizeof(file), NULL), 0);
}

static void put_lists(const u32 *lists, u32 count)
{
	if (count)
		memcpy(elf.lists, lists, count * sizeof(u32));
	elf_size = offsetof(typeof(elf), lists) + count * sizeof(u32);
}

/* Of virtual addresses, the lower half. */
#define PLACE(offset) (0x80000000U + LINKED + (offset))

static void make_elf(void)
{
	static const u32 three[] = { 0, PLACE(0x100), PLACE(0x108), 0, PLACE(0x200), 0, PLACE(0x300),
				     PLACE(DATA_AT + 4), PLACE(0x310) };

	memset(&elf, 0, sizeof(elf));
	memcpy(elf.header.e_ident, "\177ELF\2\1\1", 7);
	elf.header.e_machine = EM_X86_64;
	elf.header.e_entry = LINKED + ENTRY;
	elf.header.e_phoff = offsetof(typeof(elf), program);
	elf.header.e_phnum = 3;
	elf.header.e_shoff = offsetof(typeof(elf), section);
	elf.header.e_shentsize = sizeof(Elf64_Shdr);
	elf.header.e_shnum = 2;
	elf.program[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = offsetof(typeof(elf), text),
				       .p_paddr = LINKED, .p_filesz = TEXT_SIZE, .p_memsz = TEXT_SIZE };
	elf.program[1] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = ~0ULL, .p_filesz = ~0ULL, .p_memsz = 1 };
	elf.program[2] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = offsetof(typeof(elf), data),
				       .p_paddr = LINKED + DATA_AT, .p_filesz = DATA_SIZE, .p_memsz = DATA_MEMORY };
	memset(elf.text, 0x11, sizeof(elf.text));
	memset(elf.data, 0x22, sizeof(elf.data));
	put_lists(three, ARRAY_SIZE(three));
}

static int setup(void **state)
{
	(void)state;
	make_file();
	make_elf();
	return 0;
}

/* From a block of exactly that size, so that reading beyond its end is seen. */
static s64 build(u8 **made)
{
	u8 *copy = malloc(elf_size + 1);
	struct mk_unpacked unpacked = {
		.image = &image,
		.file = file,
		.elf = copy,
		.elf_size = elf_size,
		.entry = entry_code,
		.entry_size = sizeof(entry_code),
		.seed = 0x5eed,
	};
	s64 size;

	assert_non_null(copy);
	memcpy(copy, &elf, elf_size);
	memset(&why, 0, sizeof(why));
	size = mk_unpacked_size(&unpacked, &why);
	if (size > 0) {
		*made = malloc(size);
		assert_non_null(*made);
		mk_unpacked_build(&unpacked, *made);
	}
	free(copy);
	return size;
}

static void assert_refused(const char *what)
{
	char sentence[MK_REASON_SIZE];
	u8 *made;

	snprintf(sentence, sizeof(sentence), "kernel image: unpacked, %s", what);
	assert_int_equal(build(&made), -ENOEXEC);
	assert_string_equal(why.text, sentence);
	make_elf();
}

static void assert_lists(const u8 *load, const struct unpacked_kernel *kernel, const u32 *expected, u32 count)
{
	assert_int_equal(kernel->words + kernel->inverse_words + kernel->long_words, count);
	if (count)
		assert_memory_equal(load + kernel->lists, expected, count * sizeof(u32));
}

static void test_what_is_made(void **state)
{
	static const u32 expected[] = { PLACE(0x300), PLACE(DATA_AT + 4), PLACE(0x310), PLACE(0x200), PLACE(0x100),
					PLACE(0x108) };
	struct unpacked_kernel kernel;
	struct mk_image parsed;
	u8 *made, *load;
	s64 size = build(&made);

	(void)state;
	assert_true(size > 0);
	assert_int_equal(mk_image_parse(&parsed, made, size, size, &why), 0);
	assert_int_equal(parsed.setup_size, HEADER_SETUP_SIZE);
	load = made + HEADER_SETUP_SIZE;
	assert_memory_equal(load + MK_IMAGE_ENTRY_64, entry_code, sizeof(entry_code));
	memcpy(&kernel, load + mk_align_up(MK_IMAGE_ENTRY_64 + sizeof(entry_code), 16), sizeof(kernel));
	assert_int_equal(kernel.size, size - HEADER_SETUP_SIZE);
	assert_int_equal(kernel.here, mk_align_up(MK_IMAGE_ENTRY_64 + sizeof(entry_code), 16));
	assert_int_equal(kernel.linked, LINKED);
	assert_int_equal(kernel.entry, ENTRY);
	assert_int_equal(kernel.seed, 0x5eed);
	assert_int_equal(kernel.alignment, 0x200000);
	assert_int_equal(kernel.image % MK_PAGE_SIZE, 0);
	assert_int_equal(kernel.image_size, DATA_AT + DATA_SIZE);
	assert_int_equal(kernel.memory_size, DATA_AT + DATA_MEMORY);
	assert_int_equal(parsed.init_size, 0x200000 + DATA_AT + DATA_MEMORY);
	assert_memory_equal(load + kernel.image, elf.text, TEXT_SIZE);
	assert_int_equal(load[kernel.image + TEXT_SIZE], 0);
	assert_memory_equal(load + kernel.image + DATA_AT, elf.data, DATA_SIZE);
	assert_int_equal(kernel.words, 3);
	assert_int_equal(kernel.inverse_words, 1);
	assert_lists(load, &kernel, expected, ARRAY_SIZE(expected));
	free(made);
}

static void test_two_lists(void **state)
{
	static const u32 lists[] = { 0, PLACE(0x100), PLACE(0x108), 0, PLACE(0x300) };
	static const u32 expected[] = { PLACE(0x300), PLACE(0x100), PLACE(0x108) };
	struct unpacked_kernel kernel;
	u8 *made, *load;

	(void)state;
	put_lists(lists, ARRAY_SIZE(lists));
	assert_true(build(&made) > 0);
	load = made + HEADER_SETUP_SIZE;
	memcpy(&kernel, load + mk_align_up(MK_IMAGE_ENTRY_64 + sizeof(entry_code), 16), sizeof(kernel));
	assert_int_equal(kernel.words, 1);
	assert_int_equal(kernel.inverse_words, 0);
	assert_lists(load, &kernel, expected, ARRAY_SIZE(expected));
	free(made);
	make_elf();
}

static void test_no_list(void **state)
{
	struct unpacked_kernel kernel;
	u8 *made, *load;

	(void)state;
	put_lists(NULL, 0);
	assert_true(build(&made) > 0);
	load = made + HEADER_SETUP_SIZE;
	memcpy(&kernel, load + mk_align_up(MK_IMAGE_ENTRY_64 + sizeof(entry_code), 16), sizeof(kernel));
	assert_lists(load, &kernel, NULL, 0);
	free(made);
	make_elf();
}

static void test_elf_refused(void **state)
{
	static const char table[] = "its table of parts does not lie in it";
	static const char part[] = "a part of it does not lie in the file or in memory";

	(void)state;
	elf.header.e_ident[EI_CLASS] = 1;
	assert_refused("it is no ELF image for x86-64");
	elf.header.e_machine = EM_386;
	assert_refused("it is no ELF image for x86-64");
	elf_size = sizeof(elf.header) - 1;
	assert_refused("it is no ELF image for x86-64");
	elf.header.e_phnum = 0;
	assert_refused(table);
	elf.header.e_phoff = elf_size - 3 * sizeof(Elf64_Phdr) + 1;
	assert_refused(table);
	elf.header.e_phoff = ~0ULL;
	assert_refused(table);
	elf.header.e_shoff = ~0ULL;
	assert_refused("its table of sections does not lie in it");
	elf.program[0].p_filesz = TEXT_SIZE + 1;
	assert_refused(part);
	elf.program[0].p_offset = ~0ULL;
	assert_refused(part);
	elf.program[0].p_paddr = ~0ULL;
	assert_refused(part);
	elf.program[2].p_memsz = ~0ULL;
	assert_refused(part);
	elf.header.e_entry = LINKED - 1;
	assert_refused("its entry does not lie in it");
	elf.header.e_entry = LINKED + DATA_AT + DATA_SIZE;
	assert_refused("its entry does not lie in it");
}

static void test_lists_refused(void **state)
{
	static const char outside[] = "a place that holds an address does not lie in it";
	u32 *last = elf.lists + 8;

	(void)state;
	*last = PLACE(DATA_AT + DATA_SIZE - 3);
	assert_refused(outside);
	*last = PLACE(0) - 1;
	assert_refused(outside);
	*last = 4;
	assert_refused(outside);
	elf.lists[2] = PLACE(DATA_AT + DATA_SIZE - 7);
	assert_refused(outside);
	elf.lists[0] = PLACE(0);
	assert_refused("a list of places that hold addresses has no beginning");
	elf.lists[1] = 0;
	assert_refused("it has more lists of places than are known here");
	elf_size--;
	assert_refused("what lies behind the ELF image is no list");
}

static void assert_not_found(const char *sentence)
{
	memset(&why, 0, sizeof(why));
	assert_int_equal(mk_packed_find(&packed, &image, file, &why), -ENOEXEC);
	assert_string_equal(why.text, sentence);
	make_file();
}

static void test_packed(void **state)
{
	u8 *payload = file + HEADER_SETUP_SIZE + PAYLOAD_AT;

	(void)state;
	assert_int_equal(mk_packed_find(&packed, &image, file, &why), 0);
	assert_int_equal(packed.offset, HEADER_SETUP_SIZE + PAYLOAD_AT);
	assert_int_equal(packed.size, PAYLOAD_SIZE - 4);
	assert_int_equal(packed.whole, 0x123456);
	assert_string_equal(mk_packed_formats[packed.format].command, "xz");
	memcpy(payload, "\x1f\x8b", 2);
	assert_int_equal(mk_packed_find(&packed, &image, file, &why), 0);
	assert_int_equal(packed.size, PAYLOAD_SIZE);
	assert_string_equal(mk_packed_formats[packed.format].command, "gzip");

	memset(payload, 0, 6);
	assert_not_found("kernel image: how it is packed is not known here");
	mk_put_le32(payload + PAYLOAD_SIZE - 4, 0x40000001);
	assert_not_found("kernel image: it says that its kernel unpacked has 0x40000001 bytes");
	mk_put_le32(file + 0x24c, 4);
	assert_not_found("kernel image: it says of no packed kernel inside");
	mk_put_le32(file + 0x248, sizeof(file) - HEADER_SETUP_SIZE - PAYLOAD_SIZE + 1);
	assert_not_found("kernel image: it says of no packed kernel inside");
	mk_put_le32(file + 0x248, ~0U);
	assert_not_found("kernel image: it says of no packed kernel inside");
}

static void test_damage(void **state)
{
	u8 *made;
	u32 i;

	(void)state;
	for (i = 0; i < DAMAGES; i++) {
		u32 headers = offsetof(typeof(elf), text), lists = offsetof(typeof(elf), section);
		u32 at = random_below(2) ? random_below(headers) : lists + random_below(elf_size - lists);

		((u8 *)&elf)[at] = random_below(256);
		if (build(&made) > 0)
			free(made);
		if (i % 4 == 3)
			make_elf();
	}
	make_elf();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_what_is_made),
		cmocka_unit_test(test_two_lists),
		cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_elf_refused),
		cmocka_unit_test(test_lists_refused),
		cmocka_unit_test(test_damage),
	};

	setup(NULL);
	return cmocka_run_group_tests_name("unpacked", tests, random_seed, NULL);
}
