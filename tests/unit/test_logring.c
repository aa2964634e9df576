// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a kernel's log out of its memory: from a ring that is written here in the kernel's own
 * format, whole, half written, wrapped, and as a hostile kernel would leave it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "logring.h"
#include "logring_image.h"

#define READS_MAX 20000		/* far more than any of these small memories should cost */

static struct image image;
static struct mk_range range;
static struct mk_ranges ranges;
static struct mk_log log;
static struct mk_log_record record;
static u32 reads;
static u32 fail_after;
static u32 strike_at;		/* the read before which a writer comes between, 0 for never */
static void (*strike)(void);

/* The promise made to whoever lends the memory: never outside, never across a page. */
static int read_image(void *context, u64 physical, void *buffer, size_t size)
{
	const struct image *from = context;

	assert_true(size > 0 && size <= MK_PAGE_SIZE);
	assert_true(physical >= from->base && physical - from->base + size <= IMAGE_BYTES);
	assert_true(physical / MK_PAGE_SIZE == (physical + size - 1) / MK_PAGE_SIZE);
	assert_true(++reads < READS_MAX);
	if (strike_at && reads == strike_at)
		strike();
	if (fail_after && reads > fail_after)
		return -EIO;
	memcpy(buffer, from->memory + (physical - from->base), size);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	memset(&image, 0, sizeof(image));
	image.base = 0x40000000;
	image.count_bits = 5;
	image.size_bits = 10;
	image.page_shift = 12;
	fail_after = 0;
	strike_at = 0;
	return 0;
}

static int open_log(void)
{
	range = (struct mk_range){ .start = image.base, .size = IMAGE_BYTES, .node = MK_ANY_NODE };
	ranges = (struct mk_ranges){ &range, 1, 1 };
	reads = 0;
	return mk_log_open(&log, read_image, &image, &ranges);
}

static void boot_and_open(void)
{
	image_boot(&image);
	assert_int_equal(open_log(), 0);
}

static void expect(u64 *cursor, u64 sequence, const char *text)
{
	reads = 0;
	assert_int_equal(mk_log_next(&log, cursor, &record), 1);
	assert_int_equal(record.sequence, sequence);
	assert_string_equal(record.text, text);
	assert_int_equal(record.length, strlen(text));
}

static void expect_end(u64 *cursor)
{
	reads = 0;
	assert_int_equal(mk_log_next(&log, cursor, &record), 0);
}

static void test_messages(void **state)
{
	u64 cursor = 0;

	(void)state;
	boot_and_open();
	expect_end(&cursor);
	assert_int_equal(cursor, 0);
	image_log(&image, 1234567890, 3, "first", 5, IMAGE_FINALIZED);
	image_log(&image, 2000000000, 7, "two\nlines", 9, IMAGE_FINALIZED);
	image_log(&image, 3000000000, 6, "", 0, IMAGE_FINALIZED);
	expect(&cursor, 0, "first");
	assert_int_equal(record.time_ns, 1234567890);
	assert_int_equal(record.level, 3);
	assert_int_equal(record.facility, 0);
	assert_false(record.open || record.truncated);
	expect(&cursor, 1, "two\nlines");
	assert_int_equal(record.level, 7);
	expect(&cursor, 2, "");
	expect_end(&cursor);
	image_say(&image, 4, "later");
	expect(&cursor, 3, "later");
	expect_end(&cursor);
}

/*
 * Many times round both rings, with texts of all lengths. What must be there: all messages up to
 * the last, from the oldest that neither ring had to give up.
 */
static void go_round(u32 messages)
{
	u64 cursor = 0, sequence, first;
	char text[200];
	u32 i, seen, length;

	boot_and_open();
	for (i = 0; i < messages; i++) {
		length = snprintf(text, sizeof(text), "%u:", i);
		memset(text + length, 'x', i * 7 % 150);
		text[length + i * 7 % 150] = '\0';
		image_say(&image, i, text);
		reads = 0;
		for (seen = 0, cursor = 0; mk_log_next(&log, &cursor, &record) == 1; seen++) {
			char *end;

			sequence = record.sequence;
			first = seen ? first : sequence;
			assert_int_equal(sequence, first + seen);
			assert_int_equal(strtoul(record.text, &end, 10), sequence);
			assert_int_equal(strlen(end + 1), sequence * 7 % 150);
			assert_int_equal(record.time_ns, sequence);
			reads = 0;
		}
		assert_true(seen > 0);
		assert_int_equal(sequence, i);
		/* At worst 160 bytes a message, and never more than descriptors. */
		assert_true(seen >= (i < 5 ? i + 1 : 5) && seen <= 32);
	}
}

static void test_round_new(void **state)
{
	(void)state;
	go_round(400);
}

static void test_round_old(void **state)
{
	(void)state;
	image.fit_moves = true;
	go_round(400);
}

static void test_round_few_descriptors(void **state)
{
	u64 cursor = 0;
	u32 i;

	(void)state;
	image.count_bits = 2;
	image.size_bits = 14;
	boot_and_open();
	for (i = 0; i < 50; i++)
		image_say(&image, i, "short");
	expect(&cursor, 46, "short");
	expect(&cursor, 47, "short");
	expect(&cursor, 48, "short");
	expect(&cursor, 49, "short");
	expect_end(&cursor);
}

/* Blocks of a quarter of the ring: the fourth just fits, or moves, by the kernel's age. */
static void test_block_that_just_fits(void **state)
{
	char text[249];
	u64 cursor = 0;
	u32 i, age;

	memset(text, 'f', 248);
	text[248] = '\0';
	for (age = 0; age < 2; age++) {
		setup(state);
		image.fit_moves = age;
		boot_and_open();
		for (i = 0; i < 4; i++)
			image_say(&image, i, text);
		for (i = age, cursor = 0; i < 4; i++)
			expect(&cursor, i, text);
		expect_end(&cursor);
	}
}

static void test_page_tables(void **state)
{
	static const u32 shifts[] = { 12, 21, 30 };
	u32 i, levels;
	u64 cursor;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		for (levels = 4; levels <= 5; levels++) {
			setup(state);
			image.direct = true;
			image.page_shift = shifts[i];
			image.five_levels = levels == 5;
			cursor = 0;
			boot_and_open();
			image_say(&image, 1, "through the tables");
			expect(&cursor, 0, "through the tables");
			expect_end(&cursor);
		}
	}
}

/* A kernel below 16 MB has a negative phys_base. */
static void test_low_kernel(void **state)
{
	u64 cursor = 0;

	(void)state;
	image.base = 0x100000;
	boot_and_open();
	image_say(&image, 1, "low");
	expect(&cursor, 0, "low");
}

static void test_missing_table_entry(void **state)
{
	u32 offset;

	(void)state;
	image.direct = true;
	image_boot(&image);
	/* All that says "present" goes, the addresses stay. */
	for (offset = 0x2000; offset < 0x3000; offset += 8)
		image.memory[IMAGE_PGT + offset] &= ~1;
	assert_int_equal(open_log(), -ENOENT);
}

static void test_tables_lead_out(void **state)
{
	(void)state;
	image.direct = true;
	image_boot(&image);
	image_put(&image, IMAGE_PGT + (IMAGE_DIRECT_MAP >> 39) % 512 * 8, 0x7ffffffff000 | 0x63);
	assert_int_equal(open_log(), -ENOENT);
}

/* A table that is its own next one ends at the last level, like any other. */
static void test_tables_in_a_loop(void **state)
{
	u32 i;

	(void)state;
	image.direct = true;
	image_boot(&image);
	for (i = 0; i < 512; i++)
		image_put(&image, IMAGE_PGT + 8 * i, image.base | 0x63);
	assert_int_equal(open_log(), -ENOENT);
}

static void test_several_ranges(void **state)
{
	struct mk_range parts[3];
	u64 cursor = 0;

	(void)state;
	image_boot(&image);
	image_say(&image, 1, "in parts");
	parts[0] = (struct mk_range){ .start = image.base, .size = 0x6000 };
	parts[1] = (struct mk_range){ .start = image.base + 0x6000, .size = 0x8000, .node = 1 };
	parts[2] = (struct mk_range){ .start = image.base + 0xe000, .size = IMAGE_BYTES - 0xe000 };
	ranges = (struct mk_ranges){ parts, 3, 3 };
	reads = 0;
	assert_int_equal(mk_log_open(&log, read_image, &image, &ranges), 0);
	expect(&cursor, 0, "in parts");
	/* Without the part that holds the ring there is no way. */
	parts[0].size = 0x5000;
	assert_int_equal(mk_log_open(&log, read_image, &image, &ranges), -ENOENT);
}

static void test_no_log(void **state)
{
	(void)state;
	assert_int_equal(open_log(), -ENOENT);
	ranges = (struct mk_ranges){ &range, 0, 1 };
	assert_int_equal(mk_log_open(&log, read_image, &image, &ranges), -ENOENT);
}

static void test_read_error(void **state)
{
	u64 cursor = 0;

	(void)state;
	boot_and_open();
	image_say(&image, 1, "unreadable");
	reads = 0;
	fail_after = 4;
	assert_int_equal(mk_log_next(&log, &cursor, &record), -EIO);
	assert_int_equal(cursor, 0);
	fail_after = 1;
	assert_int_equal(open_log(), -EIO);
}

/* The note that works lies lowest: those above it are of no use, each in its own way. */
static void test_fake_notes(void **state)
{
	static const char nonsense[] = "OSRELEASE=fake\n====\n(\nSYMBOL(prb)=\nSYMBOL(prb=1\n";
	char text[IMAGE_NOTE_BYTES];
	u64 cursor = 0;
	size_t size;

	(void)state;
	image_boot(&image);
	image_say(&image, 1, "true");
	size = image_note_text(&image, text, sizeof(text));
	memset(image.memory + IMAGE_NOTE, 0, 0x2000);
	image_write_note(&image, 0x14000, text, size);
	image_write_note(&image, 0x15000, nonsense, sizeof(nonsense) - 1);
	image_write_note(&image, 0x16000, text, size / 2);
	image_write_note(&image, 0x17000, text, size);
	mk_put_le32(image.memory + 0x17004, 0xffffffff);
	assert_int_equal(open_log(), 0);
	assert_int_equal(log.note, image.base + 0x14000);
	expect(&cursor, 0, "true");
}

/* A memory full of fakes costs a bounded search, even if the true one is missed. */
static void test_too_many_fake_notes(void **state)
{
	struct mk_range fakes[70];
	u32 i;

	(void)state;
	image_boot(&image);
	image_write_note(&image, 0x17000, "x", 1);
	for (i = 0; i < ARRAY_SIZE(fakes); i++)
		fakes[i] = (struct mk_range){ .start = image.base + 0x17000, .size = MK_PAGE_SIZE };
	fakes[0] = (struct mk_range){ .start = image.base, .size = 0x17000 };
	ranges = (struct mk_ranges){ fakes, 60, 60 };
	reads = 0;
	assert_int_equal(mk_log_open(&log, read_image, &image, &ranges), 0);
	ranges.count = ARRAY_SIZE(fakes);
	assert_int_equal(mk_log_open(&log, read_image, &image, &ranges), -ENOENT);
}

static void test_is_note(void **state)
{
	u32 byte;

	(void)state;
	image_boot(&image);
	assert_true(mk_log_is_note(image.memory + IMAGE_NOTE));
	assert_false(mk_log_is_note(image.memory));
	for (byte = 0; byte < MK_LOG_NOTE_MAGIC_SIZE - 1; byte++) {
		if (byte == 4)
			continue;	/* the low byte of the size: any value will do */
		image.memory[IMAGE_NOTE + byte] ^= 0x80;
		assert_false(mk_log_is_note(image.memory + IMAGE_NOTE));
		image.memory[IMAGE_NOTE + byte] ^= 0x80;
	}
}

/* A note of full length runs into the page after it. */
static void test_long_note(void **state)
{
	char text[IMAGE_NOTE_BYTES], rest[IMAGE_NOTE_BYTES];
	u64 cursor = 0;
	size_t size, filler;

	(void)state;
	image_boot(&image);
	image_say(&image, 1, "at the end");
	size = image_note_text(&image, rest, sizeof(rest));
	filler = sizeof(text) - size;
	memset(text, '#', filler);
	text[filler - 1] = '\n';
	memcpy(text + filler, rest, size);
	image_write_note(&image, IMAGE_NOTE, text, sizeof(text));
	assert_int_equal(open_log(), 0);
	expect(&cursor, 0, "at the end");
	/* At the very end of memory the second page is missing. */
	range.size = IMAGE_NOTE + MK_PAGE_SIZE;
	assert_int_equal(mk_log_open(&log, read_image, &image, &ranges), -ENOENT);
}

/* Put a line of the note in place of the one with the same key. */
static void replace_line(const char *key, const char *value)
{
	char text[IMAGE_NOTE_BYTES], changed[IMAGE_NOTE_BYTES + 128];
	char *line, *end;
	int length;

	image_note_text(&image, text, sizeof(text));
	line = strstr(text, key);
	assert_non_null(line);
	end = strchr(line, '\n');
	length = snprintf(changed, sizeof(changed), "%.*s%s=%s%s", (int)(line - text), text, key,
			  value, end);
	assert_true(length < IMAGE_NOTE_BYTES);
	image_write_note(&image, IMAGE_NOTE, changed, length);
}

static void test_bad_numbers_in_note(void **state)
{
	static const struct { const char *key, *value; } lines[] = {
		{ "SYMBOL(prb)", "" }, { "SYMBOL(prb)", "zz" }, { "SYMBOL(prb)", "-1" },
		{ "SYMBOL(prb)", "fffffffffffffffff" }, { "SYMBOL(prb)", "0" },
		{ "SYMBOL(prb)", "ffffffffffffffff" }, { "SYMBOL(prb)", "ffffffff81005010 " },
		{ "OFFSET(prb_desc.state_var)", "17" }, { "OFFSET(prb_desc.state_var)", "-8" },
		{ "OFFSET(prb_desc.state_var)", "18446744073709551615" },
		{ "OFFSET(prb_desc.state_var)", "18446744073709551616" },
		{ "SIZE(prb_desc)", "0" }, { "SIZE(prb_desc)", "257" },
		{ "SIZE(prb_desc)", "99999999999" }, { "SIZE(printk_info)", "10" },
		{ "OFFSET(printk_info.text_len)", "86" },
		{ "OFFSET(prb_desc_ring.head_id)", "41" },
		{ "OFFSET(printk_ringbuffer.text_data_ring)", "65" },
		{ "OFFSET(prb_data_ring.size_bits)", "0x0" },
		{ "OFFSET(prb_data_blk_lpos.next)", "9" },
		{ "OFFSET(atomic_long_t.counter)", "8" }, { "NUMBER(phys_base)", "-" },
		{ "NUMBER(phys_base)", "1" }, { "NUMBER(phys_base)", "9223372036854775807" },
		{ "NUMBER(phys_base)", "--1" }, { "SIZE(printk_info)", "8a" },
		{ "SYMBOL(init_top_pgt)", "" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		setup(state);
		image_boot(&image);
		assert_int_equal(open_log(), 0);
		replace_line(lines[i].key, lines[i].value);
		if (open_log() != -ENOENT)
			fail_msg("%s=%s was taken", lines[i].key, lines[i].value);
	}
}

/* An image that does not begin at a page would make single values lie across pages. */
static void test_crooked_phys_base(void **state)
{
	char value[32];
	u64 base;
	u32 shift;

	for (shift = 1; shift < MK_PAGE_SIZE; shift += 7) {
		setup(state);
		image_boot(&image);
		base = image.base - 0x1000000;
		/* The ring is where it then belongs: nothing but the base is wrong. */
		memmove(image.memory + shift, image.memory, IMAGE_NOTE - shift);
		snprintf(value, sizeof(value), "%llu", (unsigned long long)base + shift);
		replace_line("NUMBER(phys_base)", value);
		assert_int_equal(open_log(), -ENOENT);
		setup(state);
		image.direct = true;
		image_boot(&image);
		snprintf(value, sizeof(value), "%llx",
			 (unsigned long long)IMAGE_TEXT_MAP + IMAGE_PGT + shift);
		replace_line("SYMBOL(init_top_pgt)", value);
		assert_int_equal(open_log(), -ENOENT);
	}
}

/* What came first counts: more can only be appended by a kernel that is dying. */
static void test_key_twice(void **state)
{
	char text[IMAGE_NOTE_BYTES];
	u64 cursor = 0;
	size_t size;

	(void)state;
	image_boot(&image);
	image_say(&image, 1, "once");
	image_say(&image, 2, "and again");
	size = image_note_text(&image, text, sizeof(text));
	size += snprintf(text + size, sizeof(text) - size, "CRASHTIME=1\nSIZE(printk_info)=96\n");
	image_write_note(&image, IMAGE_NOTE, text, size);
	assert_int_equal(open_log(), 0);
	expect(&cursor, 0, "once");
	expect(&cursor, 1, "and again");
}

/* Tables of a fake note must not be remembered for the next one. */
static void test_fake_tables(void **state)
{
	char text[IMAGE_NOTE_BYTES], *line;
	u64 cursor = 0;
	size_t size;

	(void)state;
	image.direct = true;
	image.page_shift = 30;
	image_boot(&image);
	image_say(&image, 1, "true");
	image_put(&image, 0x3000 + (IMAGE_DIRECT_MAP >> 39) % 512 * 8,
		  (image.base + 0x4000) | 0x63);
	image_put(&image, 0x4000 + ((IMAGE_DIRECT_MAP + image.base) >> 30) % 512 * 8,
		  0x80000000 | 0xe3);
	size = image_note_text(&image, text, sizeof(text));
	memset(image.memory + IMAGE_NOTE, 0, MK_PAGE_SIZE);
	image_write_note(&image, 0x15000, text, size);
	line = strstr(text, "SYMBOL(init_top_pgt)=ffffffff81000000");
	line[strlen("SYMBOL(init_top_pgt)=ffffffff8100")] = '3';
	image_write_note(&image, 0x16000, text, size);
	assert_int_equal(open_log(), 0);
	assert_int_equal(log.note, image.base + 0x15000);
	expect(&cursor, 0, "true");
}

/* Each key is needed; a line that was cut off at the end does not count. */
static void test_incomplete_note(void **state)
{
	char text[IMAGE_NOTE_BYTES];
	size_t size, cut;

	(void)state;
	image_boot(&image);
	size = image_note_text(&image, text, sizeof(text)) - strlen("KERNELOFFSET=0\n");
	image_write_note(&image, IMAGE_NOTE, text, size);
	assert_int_equal(open_log(), 0);
	for (cut = 1; cut < size; cut += 7) {
		image_write_note(&image, IMAGE_NOTE, text, size - cut);
		assert_int_equal(open_log(), -ENOENT);
	}
}

static void test_bad_ring(void **state)
{
	static const struct { u64 at, value; } words[] = {
		{ IMAGE_POINTER, 0 }, { IMAGE_POINTER, 0xffffffffffffffff },
		{ IMAGE_POINTER, IMAGE_DIRECT_MAP }, { IMAGE_RING + IMAGE_COUNT_BITS, 0 },
		{ IMAGE_RING + IMAGE_COUNT_BITS, 27 }, { IMAGE_RING + IMAGE_COUNT_BITS, 64 },
		{ IMAGE_RING + IMAGE_COUNT_BITS, 0xffffffff },
		{ IMAGE_RING + IMAGE_COUNT_BITS, 12 }, { IMAGE_RING + IMAGE_COUNT_BITS, 4 },
		{ IMAGE_RING + IMAGE_DESCS_POINTER, 0 },
		{ IMAGE_RING + IMAGE_DESCS_POINTER, ~0ULL },
		{ IMAGE_RING + IMAGE_INFOS_POINTER, 0 }, { IMAGE_RING + IMAGE_HEAD_ID, 0 },
		{ IMAGE_RING + IMAGE_HEAD_ID, ~0ULL }, { IMAGE_RING + IMAGE_TAIL_ID, 0 },
		{ IMAGE_RING + IMAGE_TAIL_ID, ~0ULL },
		{ IMAGE_RING + IMAGE_TEXT_RING + IMAGE_SIZE_BITS, 32 },
		{ IMAGE_RING + IMAGE_TEXT_RING + IMAGE_SIZE_BITS, 17 },
		{ IMAGE_RING + IMAGE_TEXT_RING + IMAGE_SIZE_BITS, 69 },
		/* The tail: another id, another state, other sequence numbers. */
		{ IMAGE_DESCS + 31 * IMAGE_DESC_SIZE, 2ULL << 62 | IMAGE_ID(-1ULL) },
		{ IMAGE_DESCS + 31 * IMAGE_DESC_SIZE, 0ULL << 62 | IMAGE_ID(-33ULL) },
		{ IMAGE_DESCS + 31 * IMAGE_DESC_SIZE, 1ULL << 62 | IMAGE_ID(-33ULL) },
		{ IMAGE_INFOS + 31 * IMAGE_INFO_SIZE, 32 },
		{ IMAGE_INFOS + 31 * IMAGE_INFO_SIZE, ~0ULL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		setup(state);
		image_boot(&image);
		image_say(&image, 1, "x");
		image_put(&image, words[i].at, words[i].value);
		if (open_log() != -ENOENT)
			fail_msg("%#llx at %#llx was taken", (unsigned long long)words[i].value,
				 (unsigned long long)words[i].at);
	}
}

static void test_no_room_for_text(void **state)
{
	u64 cursor = 0;

	(void)state;
	image_boot(&image);
	image_say(&image, 1, "x");
	image_put(&image, IMAGE_RING + IMAGE_TEXT_RING + IMAGE_SIZE_BITS, 0);
	image_put(&image, image_desc(&image, image_head(&image)) + IMAGE_NEXT, -1024 + 1);
	open_log();
	expect_end(&cursor);
	image_put(&image, image_desc(&image, image_head(&image)) + IMAGE_BEGIN, 0);
	image_put(&image, image_desc(&image, image_head(&image)) + IMAGE_NEXT, 8);
	expect_end(&cursor);
}

static void test_data_outside(void **state)
{
	u64 cursor = 0;

	(void)state;
	image_boot(&image);
	image_say(&image, 1, "x");
	image_put(&image, IMAGE_RING + IMAGE_TEXT_RING + IMAGE_DATA_POINTER,
		  IMAGE_TEXT_MAP + IMAGE_BYTES);
	assert_int_equal(open_log(), 0);
	assert_int_equal(mk_log_next(&log, &cursor, &record), -EFAULT);
}

/* What is not whole is passed over, whatever is wrong with it; its neighbours are not. */
static void expect_skipped(void)
{
	u64 cursor = 0;

	image_say(&image, 3, "after");
	assert_int_equal(open_log(), 0);
	expect(&cursor, 0, "before");
	expect(&cursor, 2, "after");
	expect_end(&cursor);
}

static u64 boot_with_two(void)
{
	image_boot(&image);
	image_say(&image, 1, "before");
	return image_say(&image, 2, "damaged");
}

static void test_damaged_messages(void **state)
{
	static const struct { u64 begin, next; } positions[] = {
		{ 1, 1 }, { 1, 3 }, { 3, 1 }, { 0, 0 }, { 8, 8 }, { -1024 + 16, -1024 + 16 },
		{ -1024 + 20, -1024 + 40 }, { -1024 + 16, -1024 + 41 },
		{ -1024 + 16, -1024 + 24 }, { -1024 + 16, -1024 + 8 }, { -1024, 1024 },
		{ 16, 1 << 20 }, { -1024 + 16, 16 }, { ~0ULL - 7, 0 },
	};
	u64 id;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(positions); i++) {
		setup(state);
		id = boot_with_two();
		image_put(&image, image_desc(&image, id) + IMAGE_BEGIN, positions[i].begin);
		image_put(&image, image_desc(&image, id) + IMAGE_NEXT, positions[i].next);
		/* Its block is found by the writer's tail all the same. */
		expect_skipped();
	}
	id = boot_with_two();
	mk_put_le16(image.memory + image_info(&image, id) + IMAGE_LENGTH, 9);
	expect_skipped();
	id = boot_with_two();
	mk_put_le16(image.memory + image_info(&image, id) + IMAGE_LENGTH, 0xffff);
	expect_skipped();
	id = boot_with_two();
	image_put(&image, image_info(&image, id) + IMAGE_SEQ, 33);
	expect_skipped();
	id = boot_with_two();
	image_put(&image,
		  IMAGE_DATA + image_get(&image, image_desc(&image, id) + IMAGE_BEGIN) % 1024,
		  id + 1);
	expect_skipped();
	id = boot_with_two();
	image_set_state(&image, id, IMAGE_REUSABLE);
	expect_skipped();
	id = boot_with_two();
	image_set_state(&image, id + image_count(&image), IMAGE_FINALIZED);
	expect_skipped();
}

/* Half a padding of eight bytes may follow a text; not a byte more may be claimed. */
static void test_text_length(void **state)
{
	u64 cursor = 0, id;

	(void)state;
	image_boot(&image);
	id = image_say(&image, 1, "12345");
	mk_put_le16(image.memory + image_info(&image, id) + IMAGE_LENGTH, 4);
	assert_int_equal(open_log(), 0);
	expect(&cursor, 0, "1234");
}

/* A writer that is at it: who follows waits for it, who reads a dead kernel passes it over. */
static void test_unfinished(void **state)
{
	u64 cursor = 0, id;

	(void)state;
	image_boot(&image);
	image_say(&image, 1, "done");
	id = image_reserve(&image);
	assert_int_equal(open_log(), 0);
	expect(&cursor, 0, "done");
	expect_end(&cursor);
	assert_int_equal(cursor, 1);
	image_say(&image, 3, "after it");
	log.skip_reserved = false;
	expect_end(&cursor);
	assert_int_equal(cursor, 1);
	/* Not even its state is written yet. */
	image_put(&image, image_desc(&image, id) + IMAGE_STATE, 0);
	expect_end(&cursor);
	image_set_state(&image, id - image_count(&image), IMAGE_REUSABLE);
	expect_end(&cursor);
	log.skip_reserved = true;
	expect(&cursor, 2, "after it");
	expect_end(&cursor);
}

static void test_open_message(void **state)
{
	u64 cursor = 0, id;

	(void)state;
	image_boot(&image);
	image_say(&image, 1, "done");
	id = image_log(&image, 2, 6, "half", 4, IMAGE_COMMITTED);
	assert_int_equal(open_log(), 0);
	expect(&cursor, 0, "done");
	assert_false(record.open);
	expect(&cursor, 1, "half");
	assert_true(record.open);
	assert_int_equal(cursor, 1);
	image_set_state(&image, id, IMAGE_FINALIZED);
	expect(&cursor, 1, "half");
	assert_false(record.open);
	assert_int_equal(cursor, 2);
	/* One that is followed by another can no longer be extended. */
	image_set_state(&image, id, IMAGE_COMMITTED);
	image_say(&image, 3, "next");
	cursor = 1;
	expect(&cursor, 1, "half");
	assert_false(record.open);
	expect(&cursor, 2, "next");
}

static void test_long_text(void **state)
{
	char text[3000];
	u64 cursor = 0;

	(void)state;
	memset(text, 'l', sizeof(text));
	image.size_bits = 13;
	boot_and_open();
	image_log(&image, 1, 6, text, MK_LOG_TEXT_MAX, IMAGE_FINALIZED);
	image_log(&image, 2, 6, text, sizeof(text), IMAGE_FINALIZED);
	assert_int_equal(mk_log_next(&log, &cursor, &record), 1);
	assert_int_equal(record.length, MK_LOG_TEXT_MAX);
	assert_false(record.truncated);
	assert_int_equal(mk_log_next(&log, &cursor, &record), 1);
	assert_int_equal(record.length, MK_LOG_TEXT_MAX);
	assert_true(record.truncated);
	assert_int_equal(strlen(record.text), MK_LOG_TEXT_MAX);
}

static void test_another_kernel(void **state)
{
	u64 cursor = 0;

	(void)state;
	boot_and_open();
	image_say(&image, 1, "old");
	image_say(&image, 2, "old");
	expect(&cursor, 0, "old");
	expect(&cursor, 1, "old");
	image_boot(&image);
	image_say(&image, 1, "new");
	assert_int_equal(mk_log_next(&log, &cursor, &record), -ESTALE);
	memset(image.memory, 0, sizeof(image.memory));
	assert_int_equal(mk_log_next(&log, &cursor, &record), -ESTALE);
}

static void test_overtaken_reader(void **state)
{
	u64 cursor = 0;
	u32 i;

	(void)state;
	boot_and_open();
	image_say(&image, 0, "0");
	expect(&cursor, 0, "0");
	for (i = 1; i <= 100; i++)
		image_say(&image, i, "more");
	assert_int_equal(mk_log_next(&log, &cursor, &record), 1);
	assert_int_equal(record.sequence, 101 - 32);
}

/* A reader at 0 goes straight to the oldest, however many there have been. */
static void test_long_uptime(void **state)
{
	u64 cursor = 0, entry;
	u32 i;

	(void)state;
	boot_and_open();
	for (i = 0; i < 100; i++)
		image_say(&image, i, "x");
	for (i = 0; i < 32; i++) {
		entry = IMAGE_INFOS + i * IMAGE_INFO_SIZE + IMAGE_SEQ;
		image_put(&image, entry, image_get(&image, entry) + (1ULL << 40));
	}
	expect(&cursor, (1ULL << 40) + 100 - 32, "x");
}

static void overwrite_oldest(void)
{
	u32 i;

	strike_at = 0;
	for (i = 0; i < 30; i++)
		image_say(&image, 100, "now something of another length");
}

/* Writers that lap the reader between any two of its reads: it gets one message or the other. */
static void test_overwritten_while_reading(void **state)
{
	u32 at, old = 0, new = 0;
	u64 cursor;

	for (at = 1; at < 30; at++) {
		setup(state);
		boot_and_open();
		image_say(&image, 1, "one");
		image_say(&image, 2, "two");
		strike = overwrite_oldest;
		strike_at = at;
		reads = 0;
		cursor = 0;
		if (mk_log_next(&log, &cursor, &record) != 1)
			continue;
		if (record.time_ns == 1) {
			assert_string_equal(record.text, "one");
			assert_int_equal(record.sequence, 0);
			old++;
		} else {
			assert_string_equal(record.text, "now something of another length");
			assert_int_equal(record.time_ns, 100);
			new++;
		}
	}
	assert_true(old && new);
}

static void test_panic(void **state)
{
	struct mk_log_panic panic;

	(void)state;
	image.size_bits = 14;
	boot_and_open();
	assert_int_equal(mk_log_find_panic(&log, &panic), -ENOENT);
	image_say(&image, 1, "all is well; Kernel panic - not syncing is what we do not say");
	image_say(&image, 2, "BUG: an old one, survived");
	image_say(&image, 3, "Oops: 0002 [#1] PREEMPT SMP");
	image_say(&image, 4, "---[ end trace 0000000000000000 ]---");
	assert_int_equal(mk_log_find_panic(&log, &panic), -ENOENT);
	assert_string_equal(panic.oops, "BUG: an old one, survived");
	image_say(&image, 5, "general protection fault, maybe for 0xdead: 0000 [#2] SMP");
	image_say(&image, 6, "Oops: more of it");
	image_say(&image, 7, "---[ end trace 0000000000000000 ]---");
	image_say(&image, 8, "Kernel panic - not syncing: Fatal\x1b[2J exception\nsecond line");
	image_say(&image, 9, "---[ end Kernel panic - not syncing: Fatal exception ]---");
	image_say(&image, 10, "BUG: after death");
	assert_int_equal(mk_log_find_panic(&log, &panic), 0);
	assert_string_equal(panic.panic, "Kernel panic - not syncing: Fatal?[2J exception");
	assert_string_equal(panic.oops, "general protection fault, maybe for 0xdead: 0000 [#2] SMP");
}

static void test_long_panic(void **state)
{
	char text[1000] = "Kernel panic - not syncing: ";
	struct mk_log_panic panic;

	(void)state;
	memset(text + 28, 'y', sizeof(text) - 28);
	image.size_bits = 12;
	boot_and_open();
	image_log(&image, 1, 0, text, sizeof(text), IMAGE_COMMITTED);
	assert_int_equal(mk_log_find_panic(&log, &panic), 0);
	assert_int_equal(strlen(panic.panic), MK_LOG_LINE_MAX - 1);
	assert_string_equal(panic.oops, "");
}

/* Bits turned at random anywhere: whatever comes out, it ends, and stays within its bounds. */
static void test_random_damage(void **state)
{
	struct mk_log_panic panic;
	u32 round, i, count, random = 1;
	u64 cursor;

	for (round = 0; round < 3000; round++) {
		setup(state);
		image.direct = round & 1;
		image_boot(&image);
		for (i = 0; i < 40; i++)
			image_say(&image, i, "a message to damage");
		for (i = 0; i <= round % 8; i++) {
			random = random * 1103515245 + 12345;
			image.memory[(random >> 8) % (IMAGE_NOTE + 1200)] ^= 1 << (random >> 4) % 8;
		}
		if (open_log())
			continue;
		cursor = 0;
		count = 0;
		while (mk_log_next(&log, &cursor, &record) == 1 && !record.open) {
			assert_true(++count <= 32);
			assert_in_range(record.length, 0, MK_LOG_TEXT_MAX);
			assert_int_equal(record.text[record.length], 0);
			reads = 0;
		}
		reads = 0;
		mk_log_find_panic(&log, &panic);
	}
}

/*
 * More tables, for the image, in free pages of the memory: those below the one that both maps begin
 * in.
 */
static const u64 image_tables[] = { 0x15000, 0x14000 };

#define IMAGE_PIECE 0x200000ULL

/* Map 2 MB at an address of the image; the entry's value is up to the caller. */
static void map_image(u64 address, u64 entry)
{
	u64 table = image.five_levels ? IMAGE_PGT + 0x1000 : IMAGE_PGT;

	image_put(&image, table + (address >> 39) % 512 * 8, (image.base + image_tables[0]) | 0x63);
	image_put(&image, image_tables[0] + (address >> 30) % 512 * 8,
		  (image.base + image_tables[1]) | 0x63);
	image_put(&image, image_tables[1] + (address >> 21) % 512 * 8, entry);
}

static void find_map(struct mk_log_map *map)
{
	memset(map, 0xff, sizeof(*map));
	reads = 0;
	assert_int_equal(mk_log_find_map(&log, map), 0);
}

static void expect_map(u64 direct_map, u64 image_at, u64 image_size)
{
	struct mk_log_map map;

	find_map(&map);
	assert_true(map.direct_map == direct_map);
	assert_true(map.image_size == image_size);
	if (!image_size)
		return;
	assert_true(map.image == image_at);
	assert_true(map.image_physical == image.base + image_at - IMAGE_TEXT_MAP);
}

static void check_map(void)
{
	image.direct = true;
	boot_and_open();
	expect_map(IMAGE_DIRECT_MAP, 0, 0);
	map_image(IMAGE_TEXT_MAP, 0x1e3);
	expect_map(IMAGE_DIRECT_MAP, IMAGE_TEXT_MAP, IMAGE_PIECE);
	/* A table of small pages counts, what is between does not matter; modules lie above. */
	map_image(IMAGE_TEXT_MAP + 5 * IMAGE_PIECE, 0x63);
	image_put(&image, image_tables[0] + 511 * 8, 0x1e3);
	expect_map(IMAGE_DIRECT_MAP, IMAGE_TEXT_MAP, 6 * IMAGE_PIECE);
	/* All there can be. */
	map_image(0xffffffff80000000, 0x1e3);
	map_image(0xffffffffc0000000 - IMAGE_PIECE, 0x1e3);
	expect_map(IMAGE_DIRECT_MAP, 0xffffffff80000000, 0x40000000);
}

static void test_map(void **state)
{
	(void)state;
	for (image.page_shift = 12; image.page_shift <= 30; image.page_shift += 9) {
		image.five_levels = false;
		check_map();
		image.five_levels = true;
		check_map();
	}
}

/* Where the tables say nothing, or what can't be, it is not known; that is no error. */
static void test_map_not_known(void **state)
{
	u64 top = IMAGE_PGT + (IMAGE_DIRECT_MAP >> 39) % 512 * 8, entry;

	(void)state;
	image.direct = true;
	image.page_shift = 21;
	boot_and_open();
	map_image(IMAGE_TEXT_MAP, 0x1e3);
	entry = image_get(&image, top);
	image_put(&image, top, 0);
	expect_map(0, IMAGE_TEXT_MAP, IMAGE_PIECE);
	image_put(&image, top, 0x5000000063);	/* outside the memory */
	expect_map(0, IMAGE_TEXT_MAP, IMAGE_PIECE);
	image_put(&image, top, entry);
	expect_map(IMAGE_DIRECT_MAP, IMAGE_TEXT_MAP, IMAGE_PIECE);
	/* Something else below the direct map, at no multiple of 1 GB from the memory it shows. */
	image_put(&image, IMAGE_PGT + 256 * 8, (image.base + IMAGE_PGT + 0x1000) | 0x63);
	image_put(&image, IMAGE_PGT + 0x1000, (image.base + 0x17000) | 0x63);
	image_put(&image, 0x17000, 0xe00000 | 0x1e3);
	expect_map(0, IMAGE_TEXT_MAP, IMAGE_PIECE);
	/* The image's table leads out. */
	image_put(&image, IMAGE_PGT + 511 * 8, 0x5000000063);
	expect_map(0, 0, 0);
}

static void test_map_of_tables_in_a_loop(void **state)
{
	(void)state;
	boot_and_open();
	image_put(&image, IMAGE_PGT + 511 * 8, (image.base + IMAGE_PGT) | 0x63);
	image_put(&image, IMAGE_PGT + 256 * 8, (image.base + IMAGE_PGT) | 0x63);
	image_put(&image, IMAGE_PGT, (image.base + IMAGE_PGT) | 0x63);
	/* Level after level the same table: what is present there is the last 2 MB piece of all. */
	image_put(&image, IMAGE_PGT + 510 * 8, (image.base + IMAGE_PGT) | 0x63);
	expect_map(0, 0xffffffff80000000, 0x40000000);
}

static void test_map_read_error(void **state)
{
	struct mk_log_map map;
	u32 good;

	(void)state;
	image.direct = true;
	boot_and_open();
	map_image(IMAGE_TEXT_MAP, 0x1e3);
	find_map(&map);
	for (good = 1; good < reads; good += 97) {
		u32 all = reads;

		reads = 0;
		fail_after = good;
		assert_int_equal(mk_log_find_map(&log, &map), -EIO);
		fail_after = 0;
		reads = all;
	}
}

static void test_note_text(void **state)
{
	char text[IMAGE_NOTE_BYTES];
	size_t size;

	(void)state;
	boot_and_open();
	size = image_note_text(&image, text, sizeof(text));
	assert_int_equal(log.note_size, size);
	assert_memory_equal(log.note_text, text, size);
	assert_true(log.note == image.base + IMAGE_NOTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_messages, setup),
		cmocka_unit_test_setup(test_round_new, setup),
		cmocka_unit_test_setup(test_round_old, setup),
		cmocka_unit_test_setup(test_round_few_descriptors, setup),
		cmocka_unit_test_setup(test_block_that_just_fits, setup),
		cmocka_unit_test_setup(test_page_tables, setup),
		cmocka_unit_test_setup(test_low_kernel, setup),
		cmocka_unit_test_setup(test_missing_table_entry, setup),
		cmocka_unit_test_setup(test_tables_lead_out, setup),
		cmocka_unit_test_setup(test_tables_in_a_loop, setup),
		cmocka_unit_test_setup(test_several_ranges, setup),
		cmocka_unit_test_setup(test_no_log, setup),
		cmocka_unit_test_setup(test_read_error, setup),
		cmocka_unit_test_setup(test_fake_notes, setup),
		cmocka_unit_test_setup(test_too_many_fake_notes, setup),
		cmocka_unit_test_setup(test_is_note, setup),
		cmocka_unit_test_setup(test_long_note, setup),
		cmocka_unit_test_setup(test_bad_numbers_in_note, setup),
		cmocka_unit_test_setup(test_crooked_phys_base, setup),
		cmocka_unit_test_setup(test_key_twice, setup),
		cmocka_unit_test_setup(test_fake_tables, setup),
		cmocka_unit_test_setup(test_incomplete_note, setup),
		cmocka_unit_test_setup(test_bad_ring, setup),
		cmocka_unit_test_setup(test_no_room_for_text, setup),
		cmocka_unit_test_setup(test_data_outside, setup),
		cmocka_unit_test_setup(test_damaged_messages, setup),
		cmocka_unit_test_setup(test_text_length, setup),
		cmocka_unit_test_setup(test_unfinished, setup),
		cmocka_unit_test_setup(test_open_message, setup),
		cmocka_unit_test_setup(test_long_text, setup),
		cmocka_unit_test_setup(test_another_kernel, setup),
		cmocka_unit_test_setup(test_overtaken_reader, setup),
		cmocka_unit_test_setup(test_long_uptime, setup),
		cmocka_unit_test_setup(test_overwritten_while_reading, setup),
		cmocka_unit_test_setup(test_panic, setup),
		cmocka_unit_test_setup(test_long_panic, setup),
		cmocka_unit_test_setup(test_random_damage, setup),
		cmocka_unit_test_setup(test_map, setup),
		cmocka_unit_test_setup(test_map_not_known, setup),
		cmocka_unit_test_setup(test_map_of_tables_in_a_loop, setup),
		cmocka_unit_test_setup(test_map_read_error, setup),
		cmocka_unit_test_setup(test_note_text, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
