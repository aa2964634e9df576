// SPDX-License-Identifier: GPL-2.0-only
/*
 * The setup header of a kernel image: where its fields are, every refusal at its edge with its
 * sentence, odd version texts, damaged headers against a second opinion, and stock kernels where
 * there are some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>

#include "image_header.h"
#include "load_oracle.h"
#include "random.h"

#define KERNELS "build/kernels/*/image/vmlinuz-*"
#define FILE_SIZE 0x700000
#define RANDOM_HEADERS 200000

_Static_assert(MK_SETUP_HEADER_START == offsetof(struct boot_params, hdr), "start of the header");
#define ASSERT_OFFSET(ours, field) \
	_Static_assert((ours) == offsetof(struct boot_params, hdr.field), #field)
ASSERT_OFFSET(MK_SETUP_SECTS, setup_sects);
ASSERT_OFFSET(MK_SETUP_SYSSIZE, syssize);
ASSERT_OFFSET(MK_SETUP_BOOT_FLAG, boot_flag);
ASSERT_OFFSET(MK_SETUP_JUMP_LENGTH - 1, jump);
ASSERT_OFFSET(MK_SETUP_MAGIC, header);
ASSERT_OFFSET(MK_SETUP_VERSION, version);
ASSERT_OFFSET(MK_SETUP_KERNEL_VERSION, kernel_version);
ASSERT_OFFSET(MK_SETUP_TYPE_OF_LOADER, type_of_loader);
ASSERT_OFFSET(MK_SETUP_RAMDISK_IMAGE, ramdisk_image);
ASSERT_OFFSET(MK_SETUP_RAMDISK_SIZE, ramdisk_size);
ASSERT_OFFSET(MK_SETUP_CMD_LINE_PTR, cmd_line_ptr);
ASSERT_OFFSET(MK_SETUP_KERNEL_ALIGNMENT, kernel_alignment);
ASSERT_OFFSET(MK_SETUP_RELOCATABLE, relocatable_kernel);
ASSERT_OFFSET(MK_SETUP_XLOADFLAGS, xloadflags);
ASSERT_OFFSET(MK_SETUP_CMDLINE_SIZE, cmdline_size);
ASSERT_OFFSET(MK_SETUP_SETUP_DATA, setup_data);
ASSERT_OFFSET(MK_SETUP_PREFERRED_ADDRESS, pref_address);
ASSERT_OFFSET(MK_SETUP_INIT_SIZE, init_size);
ASSERT_OFFSET(MK_SETUP_HEADER_MINIMUM, handover_offset);
_Static_assert(MK_SETUP_HEADER_MAXIMUM == offsetof(struct boot_params, edd_mbr_sig_buffer), "room");

static struct mk_image image;
static struct mk_reason why;

static int setup(void **state)
{
	(void)state;
	make_header();
	return 0;
}

static void assert_taken(void)
{
	memset(&why, 0, sizeof(why));
	if (parse_header(&image, sizeof(header), FILE_SIZE, &why))
		fail_msg("refused: %s", why.text);
}

static void assert_refused_as(size_t size, u64 file_size, const char *sentence)
{
	memset(&why, 0, sizeof(why));
	assert_int_equal(parse_header(&image, size, file_size, &why), -ENOEXEC);
	assert_string_equal(why.text, sentence);
	assert_int_equal(parse_header(&image, size, file_size, NULL), -ENOEXEC);
}

static void assert_refused(const char *sentence)
{
	assert_refused_as(sizeof(header), FILE_SIZE, sentence);
}

static void test_fields(void **state)
{
	(void)state;
	assert_taken();
	assert_int_equal(image.file_size, FILE_SIZE);
	assert_int_equal(image.preferred_address, 0x1000000);
	assert_int_equal(image.setup_size, HEADER_SETUP_SIZE);
	assert_int_equal(image.header_end, HEADER_END);
	assert_int_equal(image.init_size, 0x3f98000);
	assert_int_equal(image.alignment, 0x200000);
	assert_int_equal(image.cmdline_size, 2047);
	assert_int_equal(image.version_major, 6);
	assert_int_equal(image.version_minor, 1);

	setup_header->pref_address = ~0ULL;
	setup_header->cmdline_size = ~0U;
	assert_taken();
	assert_int_equal(image.preferred_address, ~0ULL);
	assert_int_equal(image.cmdline_size, ~0U);
}

static void test_no_image(void **state)
{
	static const char sentence[] = "kernel image: not a Linux bzImage";
	u32 bit;

	(void)state;
	assert_refused_as(0, 0, sentence);
	assert_refused_as(1, FILE_SIZE, sentence);
	assert_refused_as(MK_SETUP_HEADER_MINIMUM - 1, FILE_SIZE, sentence);
	assert_refused_as(sizeof(header), sizeof(header) - 1, sentence);
	assert_refused_as(sizeof(header), 0, sentence);
	for (bit = 0; bit < 16; bit++) {
		setup_header->boot_flag = 0xaa55 ^ 1U << bit;
		assert_refused(sentence);
	}
	make_header();
	for (bit = 0; bit < 32; bit++) {
		setup_header->header = 0x53726448 ^ 1U << bit;
		assert_refused(sentence);
	}
}

/* A file that begins so, cut at each length: nothing is taken for what it has not shown whole. */
static void assert_kind(const char *magic, size_t length, const char *sentence)
{
	char whole[300];
	size_t size;

	snprintf(whole, sizeof(whole), "kernel image: not a Linux bzImage but %s", sentence);
	memset(header, 0, sizeof(header));
	memcpy(header, magic, length);
	assert_refused(whole);
	assert_refused_as(length, FILE_SIZE, whole);
	for (size = 0; size < length; size++)
		assert_refused_as(size, FILE_SIZE, "kernel image: not a Linux bzImage");
}

static void test_other_files(void **state)
{
	(void)state;
	assert_kind("\177ELF", 4,
		    "an ELF file, such as vmlinux; the kernel's build makes arch/x86/boot/bzImage of it");
	assert_kind("MZ", 2,
		    "a program for UEFI, maybe a unified kernel image; its kernel is had by objcopy -O binary --only-section=.linux");
	assert_kind("\37\213", 2, "compressed; unpack it first, by gzip -dc");
	assert_kind("\3757zXZ", 5, "compressed; unpack it first, by xz -dc");
	assert_kind("\50\265\57\375", 4, "compressed; unpack it first, by zstd -dc");
	assert_kind("\4\42\115\30", 4, "compressed; unpack it first, by lz4 -dc");
	assert_kind("BZh", 3, "compressed; unpack it first, by bzip2 -dc");
	assert_kind("07070", 5, "an archive, such as an initrd; the kernel is another file");
}

static void test_cut_short(void **state)
{
	(void)state;
	/* The file must go on behind the entry; of it, the header must hold all of the setup. */
	assert_int_equal(parse_header(&image, HEADER_SETUP_SIZE, HEADER_SETUP_SIZE + 0x201, NULL),
			 0);
	assert_refused_as(HEADER_SETUP_SIZE, HEADER_SETUP_SIZE + 0x200,
			  "kernel image: cut short, 2048 bytes with 2 setup sectors");
	assert_refused_as(HEADER_SETUP_SIZE, HEADER_SETUP_SIZE,
			  "kernel image: cut short, 1536 bytes with 2 setup sectors");
	assert_refused_as(HEADER_SETUP_SIZE - 1, FILE_SIZE,
			  "kernel image: cut short, 7340032 bytes with 2 setup sectors");
	assert_refused_as(MK_SETUP_HEADER_MINIMUM, MK_SETUP_HEADER_MINIMUM,
			  "kernel image: cut short, 612 bytes with 2 setup sectors");

	/* All of what the header states must be there; more may be. */
	setup_header->syssize = (FILE_SIZE - HEADER_SETUP_SIZE) / 16;
	assert_taken();
	setup_header->syssize++;
	assert_refused("kernel image: cut short, it has 0x6ffa00 of the 0x6ffa10 bytes of kernel that its header states");
	setup_header->syssize = 0xffffffff;
	assert_refused("kernel image: cut short, it has 0x6ffa00 of the 0xffffffff0 bytes of kernel that its header states");
}

static void test_setup_sectors(void **state)
{
	u32 sectors;

	(void)state;
	for (sectors = 1; sectors <= 64; sectors++) {
		setup_header->setup_sects = sectors;
		assert_taken();
		assert_int_equal(image.setup_size, (sectors + 1) * 512);
	}
	setup_header->setup_sects = 0;
	assert_taken();
	assert_int_equal(image.setup_size, 5 * 512);
	/* Also where the sectors are there. */
	setup_header->setup_sects = 65;
	assert_refused("kernel image: cut short, 7340032 bytes with 65 setup sectors");
	setup_header->setup_sects = 255;
	assert_refused("kernel image: cut short, 7340032 bytes with 255 setup sectors");
}

static void test_header_end(void **state)
{
	u32 end;

	(void)state;
	for (end = MK_SETUP_HEADER_MINIMUM; end <= MK_SETUP_HEADER_MAXIMUM; end++) {
		setup_header->jump = 0xeb | (end - 0x202) << 8;
		assert_taken();
		assert_int_equal(image.header_end, end);
	}
	setup_header->jump = 0xeb | 0x61 << 8;
	assert_refused("kernel image: its setup header ends at 0x263");
	setup_header->jump = 0xeb | 0x8f << 8;
	assert_refused("kernel image: its setup header ends at 0x291");
	setup_header->jump = 0xeb;
	assert_refused("kernel image: its setup header ends at 0x202");
	setup_header->jump = 0xeb | 0xff << 8;
	assert_refused("kernel image: its setup header ends at 0x301");
}

static void test_alignment(void **state)
{
	u32 shift;

	(void)state;
	for (shift = 12; shift <= 30; shift++) {
		setup_header->kernel_alignment = 1U << shift;
		assert_taken();
		assert_int_equal(image.alignment, 1U << shift);
		setup_header->kernel_alignment = (1U << shift) + 1;
		assert_int_equal(parse_header(&image, sizeof(header), FILE_SIZE, &why), -ENOEXEC);
	}
	setup_header->kernel_alignment = 0;
	assert_refused("kernel image: its alignment is 0x0");
	setup_header->kernel_alignment = 0x800;
	assert_refused("kernel image: its alignment is 0x800");
	setup_header->kernel_alignment = 0x300000;
	assert_refused("kernel image: its alignment is 0x300000");
	setup_header->kernel_alignment = 1U << 31;
	assert_refused("kernel image: its alignment is 0x80000000");
}

static void test_init_size(void **state)
{
	const u64 most = 0xffffffffULL + HEADER_SETUP_SIZE;

	(void)state;
	setup_header->init_size = FILE_SIZE - HEADER_SETUP_SIZE;
	assert_taken();
	setup_header->init_size--;
	assert_refused("kernel image: its init_size 0x6ff9ff is less than its 0x6ffa00 bytes of kernel");
	setup_header->init_size = 0;
	assert_refused("kernel image: its init_size 0x0 is less than its 0x6ffa00 bytes of kernel");
	/* A file beyond 4 GB is compared in all its bits. */
	setup_header->init_size = 0xffffffff;
	assert_int_equal(parse_header(&image, sizeof(header), most, &why), 0);
	assert_refused_as(sizeof(header), most + 1,
			  "kernel image: its init_size 0xffffffff is less than its 0x100000000 bytes of kernel");
	assert_refused_as(sizeof(header), ~0ULL,
			  "kernel image: its init_size 0xffffffff is less than its 0xfffffffffffff9ff bytes of kernel");
}

static void test_entry(void **state)
{
	(void)state;
	setup_header->version = 0x20c;
	assert_taken();
	setup_header->version = 0xffff;
	assert_taken();
	setup_header->version = 0x20b;
	assert_refused("kernel image: boot protocol 2.11 is too old, 2.12 is needed");
	setup_header->version = 0;
	assert_refused("kernel image: boot protocol 0.00 is too old, 2.12 is needed");

	make_header();
	setup_header->xloadflags = 0xffff;
	assert_taken();
	setup_header->xloadflags = 0xfffe;
	assert_refused("kernel image: it has no 64-bit entry (xloadflags 0xfffe)");
	setup_header->xloadflags = 0x1;
	assert_refused("kernel image: it cannot be loaded above 4 GB (xloadflags 0x1)");

	make_header();
	setup_header->relocatable_kernel = 0;
	assert_refused("kernel image: it is not relocatable");
}

static void assert_version(const char *text, u32 major, u32 minor)
{
	strcpy((char *)header + HEADER_VERSION_AT, text);
	assert_taken();
	if (image.version_major != major || image.version_minor != minor)
		fail_msg("\"%s\" is read as %u.%u", text, image.version_major, image.version_minor);
}

static void test_version(void **state)
{
	(void)state;
	assert_version("6.1.0-56-amd64 (debian-kernel@lists.debian.org) #1 SMP", 6, 1);
	assert_version("6.12", 6, 12);
	assert_version("7.3-rc1+", 7, 3);
	assert_version("5.10.0", 5, 10);
	assert_version("06.00009", 6, 9);
	assert_version("65535.65535", 65535, 65535);
	assert_version("6.1 9", 6, 1);
}

static void test_odd_versions(void **state)
{
	static const char *const odd[] = {
		"", "6", "6.", ".1", "6..1", "6-1", "6,1", " 6.1", "v6.1", "-6.1", "+6.1", "6.-1",
		"6.x", "65536.1", "6.65536", "99999.1", "000006.1", "6.000001", "4294967302.1",
		"18446744073709551622.1", "6.4294967297", "\xb6.1", "6\n.1", "6. 1",
	};
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(odd); i++)
		assert_version(odd[i], 0, 0);
}

/* The pointer to the text is as hostile as the text. */
static void test_version_pointer(void **state)
{
	(void)state;
	setup_header->kernel_version = 0;
	assert_taken();
	assert_int_equal(image.version_major, 0);
	setup_header->kernel_version = 0xffff;
	assert_taken();
	assert_int_equal(image.version_major, 0);
	setup_header->kernel_version = HEADER_SETUP_SIZE - 512;
	memcpy(header + HEADER_SETUP_SIZE, "6.1", 4);
	assert_taken();
	assert_int_equal(image.version_major, 0);
}

/* A text that goes on behind the setup is cut: no one knows what it says. */
static void test_version_at_the_end(void **state)
{
	static const char text[] = "6.12";
	u32 inside;

	(void)state;
	for (inside = 1; inside <= sizeof(text); inside++) {
		u32 start = HEADER_SETUP_SIZE - inside;

		make_header();
		memcpy(header + start, text, inside);
		setup_header->kernel_version = start - 512;
		/* Nothing may be read behind the setup: the block ends there. */
		assert_int_equal(parse_header(&image, HEADER_SETUP_SIZE, FILE_SIZE, &why), 0);
		assert_int_equal(image.version_major, inside == sizeof(text) ? 6 : 0);
		assert_int_equal(image.version_minor, inside == sizeof(text) ? 12 : 0);
	}
}

static void assert_release(const char *text, const char *release)
{
	const size_t room = HEADER_SETUP_SIZE - HEADER_VERSION_AT;
	char found[MK_RELEASE_MAX + 2];
	u8 *copy = malloc(HEADER_SETUP_SIZE);

	strncpy((char *)header + HEADER_VERSION_AT, text, room);
	assert_taken();
	/* Nothing may be read behind the setup, nor be written behind what a release takes. */
	assert_non_null(copy);
	memcpy(copy, header, HEADER_SETUP_SIZE);
	memset(found, 0x5a, sizeof(found));
	if (mk_image_release(&image, copy, found) != (release ? 0 : -ENOENT))
		fail_msg("\"%s\" is taken the wrong way", text);
	if (release)
		assert_string_equal(found, release);
	assert_int_equal(found[MK_RELEASE_MAX + 1], 0x5a);
	free(copy);
}

static void test_release(void **state)
{
	(void)state;
	assert_release("6.1.0-56-amd64 (debian-kernel@lists.debian.org) #1", "6.1.0-56-amd64");
	assert_release("6.12.107+deb12-amd64", "6.12.107+deb12-amd64");
	assert_release("7.3.0-rc1_a~b.Z9", "7.3.0-rc1_a~b.Z9");
	assert_release("0 x", "0");
	assert_release("9azAZ09", "9azAZ09");
}

/* It becomes part of a path: nothing that could lead elsewhere, and nothing that was cut. */
static void test_odd_releases(void **state)
{
	static const char *const odd[] = {
		"", " ", "/", "..", "../6.1", ".6", "-6", "a6.1", "6/1", "6.1/..", "6.1\n", "6.1\t",
		"6.1\x7f", "6.1\xe4", "6.1(", "6.1\\", "6.1*", "6.1$", "6.1\"", "6.1'", "6.1;",
		"6.1:", "6.1@", "6.1[", "6.1`", "6.1{", "6.1,", "6.1%", "6.1|", "6.1}", "/6", ":6",
	};
	char longest[HEADER_SETUP_SIZE - HEADER_VERSION_AT + 1];
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(odd); i++)
		assert_release(odd[i], NULL);
	memset(longest, '6', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_release(longest, NULL);
	longest[MK_RELEASE_MAX + 1] = '\0';
	assert_release(longest, NULL);
	longest[MK_RELEASE_MAX] = '\0';
	assert_release(longest, longest);
}

static void test_release_at_the_end(void **state)
{
	char release[MK_RELEASE_MAX + 1];
	u32 inside;

	(void)state;
	for (inside = 0; inside <= 4; inside++) {
		make_header();
		memcpy(header + HEADER_SETUP_SIZE - inside, "6.1", 4);
		setup_header->kernel_version = HEADER_SETUP_SIZE - inside - 512;
		assert_taken();
		assert_int_equal(mk_image_release(&image, header, release),
				 inside == 4 ? 0 : -ENOENT);
	}
	setup_header->kernel_version = 0;
	assert_int_equal(mk_image_release(&image, header, release), -ENOENT);
	setup_header->kernel_version = 0xffff;
	assert_int_equal(mk_image_release(&image, header, release), -ENOENT);
}

/* Bytes that mean something; a change elsewhere would be seen by nobody. */
static void damage_header(void)
{
	u32 count = random_below(4), at;

	make_header();
	setup_header->setup_sects = random_below(4);
	memset(header + HEADER_VERSION_AT, '0' + random_below(10), random_below(8));
	while (count--) {
		at = 0x1f1 + random_below(HEADER_END - 0x1f1);
		header[at] = random_below(2) ? random_below(256) :
					       header[at] ^ 1U << random_below(8);
	}
}

static void test_random(void **state)
{
	u32 round, taken = 0;

	(void)state;
	for (round = 0; round < RANDOM_HEADERS; round++) {
		size_t size = random_below(2) ? sizeof(header) : random_below(6 * 512);
		u64 file_size = random_below(4) ? FILE_SIZE : random_below(6 * 512);
		struct mk_image expected;
		int error;

		damage_header();
		error = parse_header(&image, size, file_size, &why);
		assert_int_equal(error, oracle_image(&expected, header, size, file_size));
		if (error)
			continue;
		taken++;
		assert_true(oracle_version(&image, header));
		image.version_major = image.version_minor = 0;
		assert_memory_equal(&image, &expected, sizeof(image));
	}
	/* Neither verdict may have become rare. */
	assert_in_range(taken, RANDOM_HEADERS / 10, RANDOM_HEADERS - RANDOM_HEADERS / 10);
}

static void check_kernel(const char *path)
{
	char release[MK_RELEASE_MAX + 1];
	u32 major, minor;
	u64 file_size;
	size_t size;
	FILE *file;

	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(header, 1, sizeof(header), file);
	fseek(file, 0, SEEK_END);
	file_size = ftell(file);
	fclose(file);
	if (parse_header(&image, size, file_size, &why))
		fail_msg("%s: %s", path, why.text);
	assert_int_equal(sscanf(strrchr(path, '/'), "/vmlinuz-%u.%u", &major, &minor), 2);
	assert_int_equal(image.version_major, major);
	assert_int_equal(image.version_minor, minor);
	assert_int_equal(mk_image_release(&image, header, release), 0);
	assert_string_equal(release, strrchr(path, '/') + strlen("/vmlinuz-"));
	assert_int_equal(image.cmdline_size, 2047);
	assert_true(image.alignment >= 0x200000);
	assert_true(image.init_size > file_size);
	assert_true(setup_header->syssize);
	file_size = image.setup_size + 16ULL * setup_header->syssize;
	assert_int_equal(parse_header(&image, size, file_size, NULL), 0);
	assert_int_equal(parse_header(&image, size, file_size - 1, NULL), -ENOEXEC);
}

static void test_stock_kernels(void **state)
{
	glob_t found;
	size_t i;

	(void)state;
	if (glob(KERNELS, 0, NULL, &found)) {
		print_message("SKIP: no stock kernel at " KERNELS "\n");
		skip();
	}
	for (i = 0; i < found.gl_pathc; i++)
		check_kernel(found.gl_pathv[i]);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fields, setup),
		cmocka_unit_test_setup(test_no_image, setup),
		cmocka_unit_test_setup(test_other_files, setup),
		cmocka_unit_test_setup(test_cut_short, setup),
		cmocka_unit_test_setup(test_setup_sectors, setup),
		cmocka_unit_test_setup(test_header_end, setup),
		cmocka_unit_test_setup(test_alignment, setup),
		cmocka_unit_test_setup(test_init_size, setup),
		cmocka_unit_test_setup(test_entry, setup),
		cmocka_unit_test_setup(test_version, setup),
		cmocka_unit_test_setup(test_odd_versions, setup),
		cmocka_unit_test_setup(test_version_pointer, setup),
		cmocka_unit_test_setup(test_version_at_the_end, setup),
		cmocka_unit_test_setup(test_release, setup),
		cmocka_unit_test_setup(test_odd_releases, setup),
		cmocka_unit_test_setup(test_release_at_the_end, setup),
		cmocka_unit_test_setup(test_random, setup),
		cmocka_unit_test_setup(test_stock_kernels, setup),
	};

	return cmocka_run_group_tests_name("image", tests, random_seed, NULL);
}
