// SPDX-License-Identifier: GPL-2.0-only
/*
 * From raw memory to log messages, in the order of the file: physical and virtual reads, the
 * VMCOREINFO note and what it must say, the ring and its bounds, one message, the search for a
 * panic, the map of the kernel's memory.
 */
#include "logring.h"
#include "number.h"

/* Where the kernel image is mapped, and its most (arch/x86/include/asm/page_64_types.h). */
#define IMAGE_MAP 0xffffffff80000000ULL
#define IMAGE_MAP_SIZE 0x40000000ULL

/* Page table entries (Intel SDM volume 3, 4-level and 5-level paging). */
#define ENTRY_PRESENT 0x1ULL
#define ENTRY_LARGE 0x80ULL
#define ENTRY_ADDRESS 0x000ffffffffff000ULL
#define ENTRIES_BITS 9
#define ENTRIES (1ULL << ENTRIES_BITS)
#define SHIFT_4K 12
#define SHIFT_2M 21
#define SHIFT_1G 30
#define SHIFT_4_LEVELS 39
#define SHIFT_5_LEVELS 48
#define UPPER_HALF (ENTRIES / 2)	/* of the top table: the kernel's addresses */

/* The ELF note: three words, the name padded to a multiple of four, the text. */
#define NOTE_NAME "VMCOREINFO"
#define NOTE_NAME_OFFSET 12
#define CANDIDATES_MAX 64	/* a kernel has one note, and copies in dump files it holds */

/* The ring's formats (kernel/printk/printk_ringbuffer.h). */
#define STATE_SHIFT 62
#define ID_MASK ((1ULL << STATE_SHIFT) - 1)
#define STATE_RESERVED 0
#define STATE_COMMITTED 1
#define STATE_FINALIZED 2
#define STATE_REUSABLE 3
#define POSITION_NO_TEXT 3	/* an empty line: no text block was needed */
#define BLOCK_HEADER 8		/* a text block begins with the id of its descriptor */
#define BLOCK_ALIGNMENT 8
#define LEVEL_SHIFT 5
#define COUNT_BITS_MAX 26	/* at most 2 GB of text (LOG_BUF_LEN_MAX), 32 bytes a message */
#define SIZE_BITS_MAX 31
#define STRUCTURE_MAX 256	/* all of the ring's structures are far smaller */
#define BOUNDS_TRIES 3

static int read_physical(struct mk_log *log, u64 physical, void *buffer, size_t size)
{
	if (!mk_ranges_find(log->ranges, physical, size))
		return -EFAULT;
	return log->read(log->context, physical, buffer, size);
}

static u64 image_physical(const struct mk_log *log, u64 address)
{
	return address - IMAGE_MAP + log->layout.phys_base;
}

static u64 top_page_table(const struct mk_log *log)
{
	return image_physical(log, log->layout.top_page_table);
}

static u32 top_shift(const struct mk_log *log)
{
	return log->layout.five_levels ? SHIFT_5_LEVELS : SHIFT_4_LEVELS;
}

static int read_entry(struct mk_log *log, u64 table, u64 index, u64 *entry)
{
	u8 raw[8];
	int err = read_physical(log, table + index * sizeof(raw), raw, sizeof(raw));

	if (!err)
		*entry = mk_get_le64(raw);
	return err;
}

/* Does it map a page, instead of naming the next table? */
static bool is_leaf(u64 entry, u32 shift)
{
	return shift == SHIFT_4K ||
	       ((entry & ENTRY_LARGE) && (shift == SHIFT_2M || shift == SHIFT_1G));
}

/* Walk the kernel's page tables and remember the mapping found. */
static int walk(struct mk_log *log, u64 address, struct mk_log_mapping *mapping)
{
	u64 table = top_page_table(log), entry;
	u32 shift = top_shift(log);
	int err;

	for (;;) {
		err = read_entry(log, table, address >> shift & (ENTRIES - 1), &entry);
		if (err)
			return err;
		if (!(entry & ENTRY_PRESENT))
			return -EFAULT;
		if (is_leaf(entry, shift))
			break;
		table = entry & ENTRY_ADDRESS;
		shift -= ENTRIES_BITS;
	}
	mapping->size = 1ULL << shift;
	mapping->address = mk_align_down(address, mapping->size);
	mapping->physical = mk_align_down(entry & ENTRY_ADDRESS, mapping->size);
	return 0;
}

/*
 * The image is mapped at a fixed distance. All else, such as a log buffer allocated for
 * log_buf_len=, is looked up; a kernel never moves its log, so what was found once stays true.
 */
static int translate(struct mk_log *log, u64 address, u64 *physical)
{
	struct mk_log_mapping *mapping;
	int err;

	if (address >= IMAGE_MAP && address - IMAGE_MAP < IMAGE_MAP_SIZE) {
		*physical = image_physical(log, address);
		return 0;
	}
	mapping = &log->mapping[(address >> SHIFT_2M) % MK_LOG_MAPPINGS];
	if (address - mapping->address >= mapping->size) {
		err = walk(log, address, mapping);
		if (err)
			return err;
	}
	*physical = mapping->physical + (address - mapping->address);
	return 0;
}

/* Page by page, since neighbours in virtual memory may be anywhere in physical memory. */
static int read_virtual(struct mk_log *log, u64 address, void *buffer, size_t size)
{
	u8 *to = buffer;
	u64 physical;
	int err;

	while (size) {
		size_t in_page = MK_PAGE_SIZE - address % MK_PAGE_SIZE;
		size_t piece = size < in_page ? size : in_page;

		err = translate(log, address, &physical);
		if (err)
			return err;
		err = read_physical(log, physical, to, piece);
		if (err)
			return err;
		address += piece;
		to += piece;
		size -= piece;
	}
	return 0;
}

int mk_log_read(struct mk_log *log, u64 address, void *buffer, size_t size)
{
	return read_virtual(log, address, buffer, size);
}

static int read_u64(struct mk_log *log, u64 address, u64 *value)
{
	u8 raw[8];
	int err = read_virtual(log, address, raw, sizeof(raw));

	if (!err)
		*value = mk_get_le64(raw);
	return err;
}

static int read_u32(struct mk_log *log, u64 address, u64 *value)
{
	u8 raw[4];
	int err = read_virtual(log, address, raw, sizeof(raw));

	if (!err)
		*value = mk_get_le32(raw);
	return err;
}

enum number { HEXADECIMAL, DECIMAL };

#define KEY(key, kind, member) { key, kind, offsetof(struct mk_log_layout, member) }

static const struct {
	const char *name;
	enum number kind;
	size_t member;
} keys[] = {
	KEY("NUMBER(phys_base)", DECIMAL, phys_base),
	KEY("NUMBER(pgtable_l5_enabled)", DECIMAL, five_levels),
	KEY("SYMBOL(init_top_pgt)", HEXADECIMAL, top_page_table),
	KEY("SYMBOL(prb)", HEXADECIMAL, ring_pointer),
	KEY("OFFSET(atomic_long_t.counter)", DECIMAL, counter),
	KEY("SIZE(printk_ringbuffer)", DECIMAL, ring_size),
	KEY("OFFSET(printk_ringbuffer.desc_ring)", DECIMAL, ring_descriptors),
	KEY("OFFSET(printk_ringbuffer.text_data_ring)", DECIMAL, ring_text),
	KEY("SIZE(prb_desc_ring)", DECIMAL, descriptors_size),
	KEY("OFFSET(prb_desc_ring.count_bits)", DECIMAL, count_bits),
	KEY("OFFSET(prb_desc_ring.descs)", DECIMAL, descriptors),
	KEY("OFFSET(prb_desc_ring.infos)", DECIMAL, infos),
	KEY("OFFSET(prb_desc_ring.head_id)", DECIMAL, head_id),
	KEY("OFFSET(prb_desc_ring.tail_id)", DECIMAL, tail_id),
	KEY("SIZE(prb_desc)", DECIMAL, descriptor_size),
	KEY("OFFSET(prb_desc.state_var)", DECIMAL, state),
	KEY("OFFSET(prb_desc.text_blk_lpos)", DECIMAL, position),
	KEY("SIZE(prb_data_blk_lpos)", DECIMAL, position_size),
	KEY("OFFSET(prb_data_blk_lpos.begin)", DECIMAL, begin),
	KEY("OFFSET(prb_data_blk_lpos.next)", DECIMAL, next),
	KEY("SIZE(printk_info)", DECIMAL, info_size),
	KEY("OFFSET(printk_info.seq)", DECIMAL, sequence),
	KEY("OFFSET(printk_info.ts_nsec)", DECIMAL, time),
	KEY("OFFSET(printk_info.text_len)", DECIMAL, length),
	KEY("SIZE(prb_data_ring)", DECIMAL, text_size),
	KEY("OFFSET(prb_data_ring.size_bits)", DECIMAL, size_bits),
	KEY("OFFSET(prb_data_ring.data)", DECIMAL, data),
};

#define ALL_KEYS ((1ULL << ARRAY_SIZE(keys)) - 1)

/* A whole number and nothing else; phys_base can be negative and is meant modulo 2^64. */
static bool parse_number(const char *text, size_t length, enum number kind, u64 *value)
{
	bool negative = kind == DECIMAL && length && text[0] == '-';
	const char *position = text + negative, *end = text + length;
	u64 sum;

	if (!mk_number_read(&position, end, kind == DECIMAL ? 10 : 16, &sum) || position != end)
		return false;
	*value = negative ? -sum : sum;
	return true;
}

/* Is it a "key=value" line of that key? Then the value is what follows, to the line's end. */
static bool line_value(const char *line, size_t length, const char *key, const char **value,
		       size_t *value_length)
{
	size_t name = strlen(key);

	if (length <= name || memcmp(line, key, name) || line[name] != '=')
		return false;
	*value = line + name + 1;
	*value_length = length - name - 1;
	return true;
}

/*
 * The line that begins at *@start, which moves past it; a last one without newline was cut off and
 * is none.
 */
static bool next_line(const char *text, size_t size, size_t *start, const char **line,
		      size_t *length)
{
	const char *end = memchr(text + *start, '\n', size - *start);

	if (!end)
		return false;
	*line = text + *start;
	*length = end - *line;
	*start += *length + 1;
	return true;
}

/* One "key=value" line; keys that we don't know are no concern of ours, the first of two counts. */
static void parse_line(struct mk_log_layout *layout, u64 *seen, const char *line, size_t length)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		u64 *member = (u64 *)((u8 *)layout + keys[i].member);
		const char *value;
		size_t value_length;

		if (!line_value(line, length, keys[i].name, &value, &value_length))
			continue;
		if (!(*seen & 1ULL << i) && parse_number(value, value_length, keys[i].kind, member))
			*seen |= 1ULL << i;
		return;
	}
}

/* True when every key has a number. */
static bool parse_note(struct mk_log_layout *layout, const char *text, size_t size)
{
	size_t start = 0, length;
	const char *line;
	u64 seen = 0;

	while (next_line(text, size, &start, &line, &length))
		parse_line(layout, &seen, line, length);
	return seen == ALL_KEYS;
}

bool mk_log_note_address(const struct mk_log *log, const char *key, u64 *address)
{
	size_t start = 0, length, value_length;
	const char *line, *value;

	while (next_line(log->note_text, log->note_size, &start, &line, &length))
		if (line_value(line, length, key, &value, &value_length))
			return parse_number(value, value_length, HEXADECIMAL, address);
	return false;
}

static bool fits(u64 offset, u64 width, u64 size)
{
	return size <= STRUCTURE_MAX && width <= size && offset <= size - width;
}

/*
 * The image and the tables begin at a page, so that no translation leads across the end of one.
 * Every member lies in its structure, and every structure is small: no later sum can overflow.
 */
static bool layout_is_sane(const struct mk_log_layout *l)
{
	return l->phys_base % MK_PAGE_SIZE == 0 && l->top_page_table % MK_PAGE_SIZE == 0 &&
	       l->counter == 0 &&
	       fits(l->ring_descriptors, l->descriptors_size, l->ring_size) &&
	       fits(l->ring_text, l->text_size, l->ring_size) &&
	       fits(l->count_bits, 4, l->descriptors_size) &&
	       fits(l->descriptors, 8, l->descriptors_size) &&
	       fits(l->infos, 8, l->descriptors_size) &&
	       fits(l->head_id, 8, l->descriptors_size) &&
	       fits(l->tail_id, 8, l->descriptors_size) &&
	       fits(l->state, 8, l->descriptor_size) &&
	       fits(l->position, l->position_size, l->descriptor_size) &&
	       fits(l->begin, 8, l->position_size) &&
	       fits(l->next, 8, l->position_size) &&
	       fits(l->sequence, 8, l->info_size) &&
	       fits(l->time, 8, l->info_size) &&
	       fits(l->length, 4, l->info_size) && /* facility, flags and level follow it */
	       fits(l->size_bits, 4, l->text_size) &&
	       fits(l->data, 8, l->text_size);
}

bool mk_log_is_note(const void *page)
{
	const u8 *note = page;

	return mk_get_le32(note) == sizeof(NOTE_NAME) && mk_get_le32(note + 4) <= MK_PAGE_SIZE &&
	       mk_get_le32(note + 8) == 0 &&
	       !memcmp(note + NOTE_NAME_OFFSET, NOTE_NAME, sizeof(NOTE_NAME));
}

/* The text begins in the note's first page and may end in the next. */
static int read_note(struct mk_log *log, u64 physical, size_t size)
{
	size_t first = MK_PAGE_SIZE - MK_LOG_NOTE_MAGIC_SIZE;
	int err;

	if (size < first)
		first = size;
	err = read_physical(log, physical + MK_LOG_NOTE_MAGIC_SIZE, log->note_text, first);
	if (err || first == size)
		return err;
	return read_physical(log, physical + MK_PAGE_SIZE, log->note_text + first, size - first);
}

/*
 * struct bounds - which messages are there
 * @first:     sequence number of the oldest
 * @next:      one past the newest, complete or not
 * @next_id:   its descriptor id; ids and sequence numbers go up together
 */
struct bounds {
	u64 first;
	u64 next;
	u64 next_id;
};

static u64 descriptor_address(const struct mk_log *log, u64 id)
{
	return log->descriptors + (id & (log->count - 1)) * log->layout.descriptor_size;
}

static u64 info_address(const struct mk_log *log, u64 id)
{
	return log->infos + (id & (log->count - 1)) * log->layout.info_size;
}

/*
 * One look at the bounds. A running writer may change them between two reads: -EAGAIN then, as for
 * a ring that makes no sense at all. Until it has gone round once, the ring's tail is a placeholder
 * in the last entry, which says sequence 0 and is followed by the true message 0.
 */
static int look_at_bounds(struct mk_log *log, struct bounds *bounds)
{
	u64 head, tail, state, sequence, used;
	int err;

	err = read_u64(log, log->head_id, &head);
	if (!err)
		err = read_u64(log, log->tail_id, &tail);
	if (!err)
		err = read_u64(log, descriptor_address(log, tail) + log->layout.state, &state);
	if (!err)
		err = read_u64(log, info_address(log, tail) + log->layout.sequence, &sequence);
	if (err)
		return err;
	used = (head - tail) & ID_MASK;
	if (used >= log->count || (state & ID_MASK) != tail ||
	    state >> STATE_SHIFT < STATE_FINALIZED)
		return -EAGAIN;
	bounds->next_id = (head + 1) & ID_MASK;
	bounds->first = sequence;
	if (sequence == 0 && (tail & (log->count - 1)) == log->count - 1) {
		bounds->next = used;
		return 0;
	}
	if (((sequence ^ tail) & (log->count - 1)) || sequence > ID_MASK)
		return -EAGAIN;
	bounds->next = sequence + used + 1;
	return 0;
}

static int read_bounds(struct mk_log *log, struct bounds *bounds)
{
	int tries, err = -EAGAIN;

	for (tries = 0; tries < BOUNDS_TRIES && err == -EAGAIN; tries++)
		err = look_at_bounds(log, bounds);
	return err == -EAGAIN ? -ESTALE : err;
}

/* Follow the pointers from the note to the arrays. */
static int find_ring(struct mk_log *log)
{
	const struct mk_log_layout *l = &log->layout;
	u64 total = mk_ranges_total(log->ranges);
	u64 ring, descriptors, text, count_bits = 0, size_bits = 0;
	int err;

	err = read_u64(log, l->ring_pointer, &ring);
	if (err)
		return err;
	descriptors = ring + l->ring_descriptors;
	text = ring + l->ring_text;
	log->head_id = descriptors + l->head_id;
	log->tail_id = descriptors + l->tail_id;
	err = read_u32(log, descriptors + l->count_bits, &count_bits);
	if (!err)
		err = read_u64(log, descriptors + l->descriptors, &log->descriptors);
	if (!err)
		err = read_u64(log, descriptors + l->infos, &log->infos);
	if (!err)
		err = read_u32(log, text + l->size_bits, &size_bits);
	if (!err)
		err = read_u64(log, text + l->data, &log->data);
	if (err)
		return err;
	if (count_bits > COUNT_BITS_MAX || size_bits > SIZE_BITS_MAX)
		return -EINVAL;
	log->count = 1ULL << count_bits;
	log->data_size = 1ULL << size_bits;
	if (log->count * (l->descriptor_size + l->info_size) > total || log->data_size > total)
		return -EINVAL;
	return 0;
}

/* 0 when this note leads to a ring that makes sense. */
static int open_note(struct mk_log *log, u64 physical, const u8 *header)
{
	struct bounds bounds;
	size_t size = mk_get_le32(header + 4);
	int err;

	err = read_note(log, physical, size);
	if (err)
		return err;
	if (!parse_note(&log->layout, log->note_text, size) || !layout_is_sane(&log->layout))
		return -EINVAL;
	log->note_size = size;
	memset(log->mapping, 0, sizeof(log->mapping));
	err = find_ring(log);
	if (err)
		return err;
	return read_bounds(log, &bounds);
}

int mk_log_open(struct mk_log *log, mk_log_read_fn read, void *context,
		const struct mk_ranges *ranges)
{
	u8 header[MK_LOG_NOTE_MAGIC_SIZE];
	u32 i, candidates = 0;
	u64 page;
	int err;

	memset(log, 0, sizeof(*log));
	log->read = read;
	log->context = context;
	log->ranges = ranges;
	log->skip_reserved = true;
	for (i = ranges->count; i-- > 0;) {
		const struct mk_range *range = &ranges->range[i];

		for (page = mk_range_end(range); page > range->start; ) {
			page -= MK_PAGE_SIZE;
			err = read_physical(log, page, header, sizeof(header));
			if (err)
				return err;
			if (!mk_log_is_note(header))
				continue;
			log->note = page;
			if (!open_note(log, page, header))
				return 0;
			if (++candidates == CANDIDATES_MAX)
				return -ENOENT;
		}
	}
	return -ENOENT;
}

int mk_log_newest(struct mk_log *log, u64 *newest)
{
	return read_u64(log, log->head_id, newest);
}

enum message {
	MESSAGE_WHOLE,
	MESSAGE_OPEN,		/* whole so far, but its writer may extend it */
	MESSAGE_UNFINISHED,	/* its writer is at it, or died over it */
	MESSAGE_LOST,		/* overwritten, or its text could not be kept */
};

/*
 * Where a message's block is. One that would run over the end of the data array is stored at its
 * beginning, and its positions lie in two rounds. One that just fits stays in newer kernels, and in
 * older ones moves as well: the two can be told apart by the round of its last byte. Positions
 * overflow, so differences are what counts.
 */
static bool find_text(const struct mk_log *log, u64 begin, u64 next, u64 *offset, u64 *size)
{
	u64 round = log->data_size;

	if (begin % BLOCK_ALIGNMENT || next % BLOCK_ALIGNMENT)
		return false;
	if (begin / round == (next - 1) / round && next - begin - 1 < round) {
		*offset = begin % round;
		*size = next - begin;
	} else if ((begin + round) / round == next / round) {
		*offset = 0;
		*size = next % round;
	} else {
		return false;
	}
	return *size >= BLOCK_HEADER;
}

/* The text of a message whose descriptor names [begin, next); MESSAGE_LOST if it is not whole. */
static int read_text(struct mk_log *log, u64 id, u64 begin, u64 next, struct mk_log_record *record)
{
	u64 offset, size, owner;
	int err;

	if (begin == POSITION_NO_TEXT && next == POSITION_NO_TEXT) {
		record->length = 0;
	} else {
		if (!find_text(log, begin, next, &offset, &size) ||
		    record->length > size - BLOCK_HEADER)
			return MESSAGE_LOST;
		err = read_u64(log, log->data + offset, &owner);
		if (err)
			return err;
		if (owner != id)
			return MESSAGE_LOST;
	}
	record->truncated = record->length > MK_LOG_TEXT_MAX;
	if (record->truncated)
		record->length = MK_LOG_TEXT_MAX;
	record->text[record->length] = '\0';
	if (!record->length)
		return MESSAGE_WHOLE;
	err = read_virtual(log, log->data + offset + BLOCK_HEADER, record->text, record->length);
	return err ? err : MESSAGE_WHOLE;
}

static int read_info(struct mk_log *log, u64 id, struct mk_log_record *record)
{
	u8 raw[STRUCTURE_MAX];
	int err = read_virtual(log, info_address(log, id), raw, log->layout.info_size);

	if (err)
		return err;
	record->sequence = mk_get_le64(raw + log->layout.sequence);
	record->time_ns = mk_get_le64(raw + log->layout.time);
	record->length = mk_get_le16(raw + log->layout.length);
	record->facility = raw[log->layout.length + 2];
	record->level = raw[log->layout.length + 3] >> LEVEL_SHIFT;
	return 0;
}

/* The descriptor is not this message's: not yet, or no longer. */
static enum message other_owner(const struct mk_log *log, u64 id, u64 state)
{
	if (state == 0 || (state & ID_MASK) == ((id - log->count) & ID_MASK))
		return MESSAGE_UNFINISHED;
	return MESSAGE_LOST;
}

/*
 * Read one message as the kernel's own readers do: state, content, state again; what was copied
 * counts only if the state stayed. Returns an enum message or a negative errno.
 */
static int read_message(struct mk_log *log, u64 sequence, u64 id, struct mk_log_record *record)
{
	u64 address = descriptor_address(log, id), position = address + log->layout.position;
	u64 state, state_after, begin, next;
	int status, err;

	err = read_u64(log, address + log->layout.state, &state);
	if (err)
		return err;
	if ((state & ID_MASK) != id)
		return other_owner(log, id, state);
	if (state >> STATE_SHIFT == STATE_RESERVED)
		return MESSAGE_UNFINISHED;
	if (state >> STATE_SHIFT == STATE_REUSABLE)
		return MESSAGE_LOST;
	err = read_u64(log, position + log->layout.begin, &begin);
	if (!err)
		err = read_u64(log, position + log->layout.next, &next);
	if (!err)
		err = read_info(log, id, record);
	if (err)
		return err;
	status = MESSAGE_LOST;
	if (record->sequence == sequence)
		status = read_text(log, id, begin, next, record);
	if (status < 0)
		return status;
	err = read_u64(log, address + log->layout.state, &state_after);
	if (err)
		return err;
	if (state_after != state)
		return state >> STATE_SHIFT == STATE_COMMITTED ? MESSAGE_UNFINISHED : MESSAGE_LOST;
	if (status == MESSAGE_WHOLE && state >> STATE_SHIFT == STATE_COMMITTED)
		return MESSAGE_OPEN;
	return status;
}

int mk_log_next(struct mk_log *log, u64 *cursor, struct mk_log_record *record)
{
	struct bounds bounds;
	bool unfinished = false;
	u64 sequence, id;
	int status;

	status = read_bounds(log, &bounds);
	if (status)
		return status;
	if (*cursor > bounds.next)
		return -ESTALE;
	if (*cursor < bounds.first)
		*cursor = bounds.first;
	for (sequence = *cursor; sequence < bounds.next; sequence++) {
		bool newest = sequence + 1 == bounds.next;

		id = (bounds.next_id - (bounds.next - sequence)) & ID_MASK;
		status = read_message(log, sequence, id, record);
		if (status < 0)
			return status;
		if (status == MESSAGE_WHOLE || status == MESSAGE_OPEN) {
			/* Only the newest can be extended; others are about to be final. */
			record->open = status == MESSAGE_OPEN && newest;
			*cursor = record->open ? sequence : sequence + 1;
			return 1;
		}
		if (status == MESSAGE_UNFINISHED && !log->skip_reserved)
			return 0;
		if (status == MESSAGE_UNFINISHED)
			unfinished = true;
		if (!unfinished)
			*cursor = sequence + 1;
	}
	return 0;
}

static bool begins_with(const struct mk_log_record *record, const char *words)
{
	size_t length = strlen(words);

	return record->length >= length && !memcmp(record->text, words, length);
}

/* "[#1]" counts the oopses: every report of a fatal fault has it, under whatever headline. */
static bool has_oops_count(const struct mk_log_record *record)
{
	u32 i;

	for (i = 0; i + 2 < record->length && record->text[i] != '\n'; i++)
		if (record->text[i] == '[' && record->text[i + 1] == '#' &&
		    record->text[i + 2] >= '1' && record->text[i + 2] <= '9')
			return true;
	return false;
}

static bool begins_oops(const struct mk_log_record *record)
{
	return begins_with(record, "BUG: ") || begins_with(record, "kernel BUG at ") ||
	       begins_with(record, "Oops: ") || has_oops_count(record);
}

/* The first line, made fit for a terminal and a file of one line. */
static void copy_line(char *to, const struct mk_log_record *record)
{
	u32 i;

	for (i = 0; i < record->length && i < MK_LOG_LINE_MAX - 1 && record->text[i] != '\n'; i++)
		to[i] = record->text[i] >= ' ' && record->text[i] <= '~' ? record->text[i] : '?';
	to[i] = '\0';
}

int mk_log_find_panic(struct mk_log *log, struct mk_log_panic *panic)
{
	struct mk_log_record *record = &log->record;
	bool in_oops = false;
	struct bounds bounds;
	u64 cursor = 0;
	u32 budget;
	int found;

	memset(panic, 0, sizeof(*panic));
	found = read_bounds(log, &bounds);
	if (found)
		return found;
	if (bounds.next > MK_LOG_PANIC_WINDOW)
		cursor = bounds.next - MK_LOG_PANIC_WINDOW;
	for (budget = MK_LOG_PANIC_WINDOW; budget; budget--) {
		found = mk_log_next(log, &cursor, record);
		if (found < 0)
			return found;
		if (!found)
			break;
		if (begins_with(record, "Kernel panic - not syncing")) {
			copy_line(panic->panic, record);
			return 0;
		}
		/* One oops has several such lines; another begins only after its end. */
		if (!in_oops && begins_oops(record)) {
			copy_line(panic->oops, record);
			in_oops = true;
		} else if (begins_with(record, "---[ end trace")) {
			in_oops = false;
		}
		if (record->open)
			break;
	}
	return -ENOENT;
}

/* The first entry from @index on that is present. */
static int first_present(struct mk_log *log, u64 table, u64 *index, u64 *entry)
{
	int err;

	for (; *index < ENTRIES; ++*index) {
		err = read_entry(log, table, *index, entry);
		if (err || (*entry & ENTRY_PRESENT))
			return err;
	}
	return -EFAULT;
}

/*
 * The lowest of what a kernel maps is its direct map, and the lowest of that the first megabyte of
 * physical memory. It begins at a multiple of 1 GB (arch/x86/mm/kaslr.c).
 */
static int find_direct_map(struct mk_log *log, u64 *direct_map)
{
	u64 table = top_page_table(log), index = UPPER_HALF, entry, address, physical;
	u32 shift = top_shift(log);
	int err;

	*direct_map = 0;
	address = ~0ULL << (shift + ENTRIES_BITS);	/* what the top index leaves to the sign */
	for (;;) {
		err = first_present(log, table, &index, &entry);
		if (err)
			return err;
		address |= index << shift;
		if (is_leaf(entry, shift))
			break;
		table = entry & ENTRY_ADDRESS;
		shift -= ENTRIES_BITS;
		index = 0;
	}
	address -= mk_align_down(entry & ENTRY_ADDRESS, 1ULL << shift);
	err = translate(log, address + log->note, &physical);
	if (!err && physical == log->note && address % (1ULL << SHIFT_1G) == 0)
		*direct_map = address;
	return err;
}

/* Is anything mapped in these 2 MB? Of the image parts are unmapped once the kernel has booted. */
static int is_mapped(struct mk_log *log, u64 address)
{
	u64 table = top_page_table(log), entry;
	u32 shift;
	int err;

	for (shift = top_shift(log);; shift -= ENTRIES_BITS) {
		err = read_entry(log, table, address >> shift & (ENTRIES - 1), &entry);
		if (err)
			return err;
		if (!(entry & ENTRY_PRESENT))
			return false;
		if (shift == SHIFT_2M || is_leaf(entry, shift))
			return true;
		table = entry & ENTRY_ADDRESS;
	}
}

/* Where the image is mapped there is nothing else: the kernel unmaps what is around it. */
static int find_image(struct mk_log *log, struct mk_log_map *map)
{
	u64 address;
	int found;

	for (address = IMAGE_MAP; address < IMAGE_MAP + IMAGE_MAP_SIZE;
	     address += MK_LARGE_PAGE_SIZE) {
		found = is_mapped(log, address);
		if (found < 0)
			return found;
		if (!found)
			continue;
		if (!map->image_size)
			map->image = address;
		map->image_size = address + MK_LARGE_PAGE_SIZE - map->image;
	}
	map->image_physical = image_physical(log, map->image);
	return 0;
}

int mk_log_find_map(struct mk_log *log, struct mk_log_map *map)
{
	int err;

	memset(map, 0, sizeof(*map));
	err = find_image(log, map);
	if (err == -EFAULT)
		map->image_size = 0;
	if (err && err != -EFAULT)
		return err;
	err = find_direct_map(log, &map->direct_map);
	return err == -EFAULT ? 0 : err;
}
