/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of symbols in the memory of logring_image.h, written as scripts/kallsyms.c of Linux
 * writes it: _stext, jiffies_64, one with a long name, jiffies. Shared by the unit test and the
 * fuzzer.
 */
#ifndef TESTS_SYMBOLS_IMAGE_H
#define TESTS_SYMBOLS_IMAGE_H

#include "logring_image.h"

/* Where the tables are, in what logring_image.h leaves free. */
enum {
	SYMBOLS_NAMES = 0x14000,
	SYMBOLS_COUNT = 0x14800,
	SYMBOLS_BASE = 0x14808,
	SYMBOLS_OFFSETS = 0x14900,
	SYMBOLS_TOKEN_INDEX = 0x14a00,
	SYMBOLS_TOKENS = 0x14c00,
};

#define SYMBOLS_BASE_ADDRESS IMAGE_TEXT_MAP	/* the lowest symbol */
#define SYMBOLS_LONG_NAME 200

static char symbols_long_name[SYMBOLS_LONG_NAME + 1];	/* with its type */

/* Every byte stands for itself, but for two that stand for more. */
#define SYMBOLS_TOKEN_JIFF 1
#define SYMBOLS_TOKEN_DATA_TYPE 2

static inline void symbols_write_tokens(struct image *image)
{
	u8 *index = image->memory + SYMBOLS_TOKEN_INDEX;
	char *tokens = (char *)image->memory + SYMBOLS_TOKENS;
	u32 used = 0, i;

	for (i = 0; i < 256; i++) {
		char text[8] = { (char)i };

		if (i == SYMBOLS_TOKEN_JIFF)
			strcpy(text, "jiff");
		else if (i == SYMBOLS_TOKEN_DATA_TYPE)
			strcpy(text, "Dj");
		mk_put_le16(index + 2 * i, used);
		strcpy(tokens + used, text);
		used += strlen(text) + 1;
	}
}

static inline u8 *symbols_write_name(u8 *to, const char *codes)
{
	size_t length = strlen(codes);

	if (length < 0x80) {
		*to++ = length;
	} else {
		*to++ = 0x80 | (length & 0x7f);
		*to++ = length >> 7;
	}
	memcpy(to, codes, length);
	return to + length;
}

/* The names and their addresses: _stext, jiffies_64, a long one, jiffies. */
static inline void symbols_write(struct image *image, bool base)
{
	const u64 address[] = { IMAGE_TEXT_MAP, IMAGE_TEXT_MAP + 0x5018, IMAGE_TEXT_MAP + 0x777, 0x4000 };
	u8 *names = image->memory + SYMBOLS_NAMES;
	u32 i;

	memset(symbols_long_name, 'x', SYMBOLS_LONG_NAME);
	symbols_long_name[0] = 'T';
	names = symbols_write_name(names, "T_stext");
	names = symbols_write_name(names, "\2iffies_64");
	names = symbols_write_name(names, symbols_long_name);
	names = symbols_write_name(names, "A\1ies");
	mk_put_le32(image->memory + SYMBOLS_COUNT, 4);
	for (i = 0; i < 4; i++) {
		u64 place = IMAGE_TEXT_MAP + SYMBOLS_OFFSETS + 4 * i;
		u64 offset = base ? SYMBOLS_BASE_ADDRESS - 1 - address[i] : address[i] - place;

		if (base && i == 3)
			offset = address[i];	/* per CPU: counted from zero, and positive */
		mk_put_le32(image->memory + SYMBOLS_OFFSETS + 4 * i, offset & 0xffffffff);
	}
	mk_put_le64(image->memory + SYMBOLS_BASE, SYMBOLS_BASE_ADDRESS);
}

static inline void symbols_write_note(struct image *image, bool base)
{
	static const char *const key[] = { "names", "num_syms", "offsets", "token_index", "token_table" };
	static const u32 at[] = { SYMBOLS_NAMES, SYMBOLS_COUNT, SYMBOLS_OFFSETS, SYMBOLS_TOKEN_INDEX, SYMBOLS_TOKENS };
	char text[IMAGE_NOTE_BYTES];
	size_t used = image_note_text(image, text, sizeof(text)), i;

	for (i = 0; i < ARRAY_SIZE(key); i++)
		used += snprintf(text + used, sizeof(text) - used, "SYMBOL(kallsyms_%s)=%llx\n", key[i],
				 (unsigned long long)IMAGE_TEXT_MAP + at[i]);
	if (base)
		used += snprintf(text + used, sizeof(text) - used,
				 "SYMBOL(kallsyms_relative_base)=%llx\n",
				 (unsigned long long)IMAGE_TEXT_MAP + SYMBOLS_BASE);
	image_write_note(image, IMAGE_NOTE, text, used);
}

#endif
