// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing the search for a symbol with the memory of a hostile kernel: a table that is in order,
 * and a list of changes to it, position (4 bytes) and value (8 bytes) each. One byte of options
 * comes first.
 */
#include "../unit/symbols_image.h"
#include "symbols.h"

#define CHANGE_BYTES 12
#define CHANGED_FROM SYMBOLS_NAMES	/* the tables and the note; fuzz_logring.c changes the rest */

static struct image image;

static int read_image(void *context, u64 physical, void *buffer, size_t size)
{
	(void)context;
	if (!size || size > MK_PAGE_SIZE || physical < image.base ||
	    physical - image.base > IMAGE_BYTES - size ||
	    physical / MK_PAGE_SIZE != (physical + size - 1) / MK_PAGE_SIZE)
		abort();
	memcpy(buffer, image.memory + (physical - image.base), size);
	return 0;
}

static void boot(bool base)
{
	image.base = 0x40000000;
	image.count_bits = 4;
	image.size_bits = 9;
	image_boot(&image);
	symbols_write_tokens(&image);
	symbols_write(&image, base);
	symbols_write_note(&image, base);
}

static void change(const u8 *data, size_t size)
{
	for (; size >= CHANGE_BYTES; data += CHANGE_BYTES, size -= CHANGE_BYTES)
		memcpy(image.memory + CHANGED_FROM +
		       mk_get_le32(data) % (IMAGE_BYTES - CHANGED_FROM - 8), data + 4, 8);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct mk_symbols symbols;
	static struct mk_log log;
	struct mk_range range;
	struct mk_ranges ranges = { &range, 1, 1 };
	u64 address;

	if (!size)
		return 0;
	boot(data[0] & 1);
	change(data + 1, size - 1);
	range = (struct mk_range){ .start = image.base, .size = IMAGE_BYTES, .node = MK_ANY_NODE };
	if (mk_log_open(&log, read_image, NULL, &ranges))
		return 0;
	mk_symbol_find(&symbols, &log, "jiffies_64", &address);
	mk_symbol_find(&symbols, &log, "nothing_of_that_name", &address);
	return 0;
}
