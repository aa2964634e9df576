// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing the log reader with the memory of a hostile kernel. Raw bytes would hardly ever get past
 * the note, so the input is a list of changes to a memory that is in order: one byte of options,
 * then a position (4 bytes) and a value (8 bytes) each. The note's text, page tables, ring and
 * texts are all within reach.
 */
#include "../unit/logring_image.h"
#include "logring.h"

#define CHANGE_BYTES 12
#define MESSAGES 50
#define READS_MAX 2000000

static struct image image;
static u32 reads;

static int read_image(void *context, u64 physical, void *buffer, size_t size)
{
	(void)context;
	if (!size || size > MK_PAGE_SIZE || physical < image.base ||
	    physical - image.base > IMAGE_BYTES - size ||
	    physical / MK_PAGE_SIZE != (physical + size - 1) / MK_PAGE_SIZE || ++reads > READS_MAX)
		abort();
	memcpy(buffer, image.memory + (physical - image.base), size);
	return 0;
}

static void boot(u8 options)
{
	char text[64];
	u32 i;

	image.base = options & 1 ? 0x100000 : 0x40000000;
	image.count_bits = 4;
	image.size_bits = options & 2 ? 9 : 11;
	image.direct = options & 4;
	image.five_levels = options & 8;
	image.page_shift = options & 16 ? 12 : 21;
	image_boot(&image);
	for (i = 0; i < MESSAGES; i++) {
		snprintf(text, sizeof(text),
			 i % 5 ? "BUG: message %u" : "Kernel panic - not syncing: %u", i);
		image_log(&image, i, i % 8, text, strlen(text),
			  i == MESSAGES - 1 ? IMAGE_COMMITTED : IMAGE_FINALIZED);
	}
}

static void change(const u8 *data, size_t size)
{
	for (; size >= CHANGE_BYTES; data += CHANGE_BYTES, size -= CHANGE_BYTES)
		memcpy(image.memory + mk_get_le32(data) % (IMAGE_BYTES - 8), data + 4, 8);
}

static void read_log(const struct mk_ranges *ranges)
{
	static struct mk_log log;
	static struct mk_log_record record;
	struct mk_log_panic panic;
	struct mk_log_map map;
	u64 cursor = 0, before = 0, count = 0;

	if (mk_log_open(&log, read_image, NULL, ranges))
		return;
	if (log.note_size > sizeof(log.note_text) || mk_log_find_map(&log, &map))
		abort();
	while (mk_log_next(&log, &cursor, &record) == 1) {
		if (record.length > MK_LOG_TEXT_MAX || record.text[record.length] ||
		    record.level > 7)
			abort();
		if (record.sequence < before || ++count > IMAGE_BYTES)
			abort();
		before = record.sequence + 1;
		if (record.open)
			break;
	}
	mk_log_find_panic(&log, &panic);
	if (strlen(panic.panic) >= MK_LOG_LINE_MAX || strlen(panic.oops) >= MK_LOG_LINE_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mk_range range;
	struct mk_ranges ranges = { &range, 1, 1 };

	if (!size)
		return 0;
	boot(data[0]);
	change(data + 1, size - 1);
	range = (struct mk_range){ .start = image.base, .size = IMAGE_BYTES, .node = MK_ANY_NODE };
	reads = 0;
	read_log(&ranges);
	return 0;
}
