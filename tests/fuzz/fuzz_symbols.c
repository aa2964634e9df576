// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing the search for a symbol with the memory of a hostile kernel: a table that is in order,
 * and a list of changes to it, position (4 bytes) and value (8 bytes) each. One byte of options
 * comes first.
 */
#include "../unit/symbols_image.h"
#include "patched_image.h"
#include "symbols.h"

#define CHANGED_FROM SYMBOLS_NAMES	/* the tables and the note; fuzz_logring.c changes the rest */
#define VARIANTS 2

static void boot(struct image *image, bool base)
{
	image->base = 0x40000000;
	image->count_bits = 4;
	image->size_bits = 9;
	image_boot(image);
	symbols_write_tokens(image);
	symbols_write(image, base);
	symbols_write_note(image, base);
}

static struct image *booted(u32 variant)
{
	static struct image image[VARIANTS];
	static bool is_booted[VARIANTS];

	if (!is_booted[variant])
		boot(&image[variant], variant);
	is_booted[variant] = true;
	return &image[variant];
}

static void find(struct mk_symbols *symbols, struct mk_log *log)
{
	struct mk_symbol wanted[] = { { .name = "jiffies_64" }, { .name = "nothing_of_that_name" } };
	int error = mk_symbols_find(symbols, log, wanted, ARRAY_SIZE(wanted));

	MUST(error <= 0 && error >= -4095, "an errno");
	if (!patched.count)
		MUST(!error && wanted[0].address && !wanted[1].address, "what is there and what is not");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct mk_symbols symbols;
	static struct mk_log log;
	struct mk_range range = { .size = IMAGE_BYTES, .node = MK_ANY_NODE };
	struct mk_ranges ranges = { &range, 1, 1 };

	if (!size)
		return 0;
	patched_change(booted(data[0] % VARIANTS), CHANGED_FROM, data + 1, size - 1);
	range.start = patched.image->base;
	if (!mk_log_open(&log, patched_read, NULL, &ranges)) {
		find(&symbols, &log);
	} else {
		MUST(patched.count, "one that is in order was not opened");
	}
	patched_undo();
	return 0;
}
