// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing the log reader with the memory of a hostile kernel. Raw bytes would hardly ever get past
 * the note, so the input is a list of changes to a memory that is in order: one byte of options,
 * then a position (4 bytes) and a value (8 bytes) each. The note's text, page tables, ring and
 * texts are all within reach.
 */
#include "logring.h"
#include "patched_image.h"

#define MESSAGES 50
#define VARIANTS 32
#define WITHOUT_MAP 0xe0	/* any of these options: one input in eight looks for the map, which takes most of the time */

static void boot(struct image *image, u32 variant)
{
	char text[64];
	u32 i;

	image->base = variant & 1 ? 0x100000 : 0x40000000;
	image->count_bits = 4;
	image->size_bits = variant & 2 ? 9 : 11;
	image->direct = variant & 4;
	image->five_levels = variant & 8;
	image->page_shift = variant & 16 ? 12 : 21;
	image_boot(image);
	for (i = 0; i < MESSAGES; i++) {
		snprintf(text, sizeof(text),
			 i % 5 ? "BUG: message %u" : "Kernel panic - not syncing: %u", i);
		image_log(image, i, i % 8, text, strlen(text),
			  i == MESSAGES - 1 ? IMAGE_COMMITTED : IMAGE_FINALIZED);
	}
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

static bool is_line(const char *line)
{
	return strlen(line) < MK_LOG_LINE_MAX && (!line[0] || is_sentence(line));
}

static void read_log(const struct mk_ranges *ranges, bool changed, bool with_map)
{
	static struct mk_log log;
	static struct mk_log_record record;
	struct mk_log_panic panic;
	struct mk_log_map map;
	u64 cursor = 0, before = 0, count = 0;

	if (mk_log_open(&log, patched_read, NULL, ranges)) {
		MUST(changed, "one that is in order was not opened");
		return;
	}
	MUST(log.note_size <= sizeof(log.note_text), "note");
	MUST(!with_map || !mk_log_find_map(&log, &map), "map");
	while (mk_log_next(&log, &cursor, &record) == 1) {
		MUST(record.length <= MK_LOG_TEXT_MAX && !record.text[record.length], "text");
		MUST(record.level <= 7, "level");
		MUST(record.sequence >= before && ++count <= IMAGE_BYTES, "order");
		before = record.sequence + 1;
		if (record.open)
			break;
	}
	MUST(changed || before == MESSAGES, "one that is in order was not read to its end");
	mk_log_find_panic(&log, &panic);
	MUST(is_line(panic.panic) && is_line(panic.oops), "one printable line");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mk_range range = { .size = IMAGE_BYTES, .node = MK_ANY_NODE };
	struct mk_ranges ranges = { &range, 1, 1 };

	if (!size)
		return 0;
	patched_change(booted(data[0] % VARIANTS), 0, data + 1, size - 1);
	range.start = patched.image->base;
	read_log(&ranges, patched.count, !(data[0] & WITHOUT_MAP));
	patched_undo();
	return 0;
}
