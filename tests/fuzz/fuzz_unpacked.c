// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as what was unpacked of a kernel: the file that is made of what is taken is whole, and is a bzImage again. The
 * input is the ELF image with the lists behind it.
 */
#include "fuzz.h"
#include "image.h"
#include "unpacked.h"

#define SETUP_SIZE 0x600
#define MADE_MAX (64 << 20)	/* larger ones would only take time */

static const u8 entry_code[64];

/* A header that is fine, as far as mk_image_parse() looks. */
static void make_setup(u8 *file)
{
	memset(file, 0, SETUP_SIZE);
	file[MK_SETUP_SECTS] = SETUP_SIZE / 512 - 1;
	mk_put_le16(file + MK_SETUP_BOOT_FLAG, 0xaa55);
	file[MK_SETUP_JUMP_LENGTH] = 0x6a;
	memcpy(file + MK_SETUP_MAGIC, "HdrS", 4);
	mk_put_le16(file + MK_SETUP_VERSION, 0x20f);
	mk_put_le32(file + MK_SETUP_KERNEL_ALIGNMENT, 0x200000);
	file[MK_SETUP_RELOCATABLE] = 1;
	mk_put_le16(file + MK_SETUP_XLOADFLAGS, 3);
	mk_put_le32(file + MK_SETUP_INIT_SIZE, 0x1000000);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 setup[SETUP_SIZE + MK_IMAGE_ENTRY_64 + 1] = { 0 };
	struct mk_image image, made_image;
	struct mk_unpacked unpacked = {
		.image = &image,
		.file = setup,
		.elf = data,
		.elf_size = size,
		.entry = entry_code,
		.entry_size = sizeof(entry_code),
	};
	struct mk_reason why = { "" };
	s64 made_size;
	u8 *made;

	make_setup(setup);
	MUST(!mk_image_parse(&image, setup, sizeof(setup), sizeof(setup), &why), why.text);
	made_size = mk_unpacked_size(&unpacked, &why);
	if (made_size < 0) {
		MUST(is_sentence(why.text), why.text);
		return 0;
	}
	if (made_size > MADE_MAX)
		return 0;
	made = malloc(made_size);
	MUST(made, "memory");
	mk_unpacked_build(&unpacked, made);
	MUST(!mk_image_parse(&made_image, made, made_size, made_size, &why), why.text);
	free(made);
	return 0;
}
