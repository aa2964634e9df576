/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a kernel that does nothing but log: a VMCOREINFO note, page tables, and a printk
 * ring with a writer that keeps the ring's rules. Written from the format's description, apart from
 * core/logring.c, so that the two can be held against each other. Shared by the unit test, the
 * fuzzer and the tests of mkctl.
 */
#ifndef TESTS_LOGRING_IMAGE_H
#define TESTS_LOGRING_IMAGE_H

#include <stdlib.h>

#include "port.h"

#define IMAGE_BYTES 0x18000
#define IMAGE_NOTE_BYTES 0x1000		/* VMCOREINFO_BYTES */
#define IMAGE_DIRECT_MAP 0xffff888000000000ULL
#define IMAGE_TEXT_MAP 0xffffffff81000000ULL

/* Where things are in it; the page of the note is above all else, where it is looked for first. */
enum {
	IMAGE_PGT = 0x0000,	/* five pages of tables, top level first */
	IMAGE_POINTER = 0x5010,
	IMAGE_RING = 0x5ff8,	/* lies across a page's end */
	IMAGE_DESCS = 0x7000,
	IMAGE_INFOS = 0x9000,
	IMAGE_DATA = 0xc000,
	IMAGE_NOTE = 0x16000,
};

/* Offsets in the structures; text_data_ring has a hole on purpose, as others may. */
enum {
	IMAGE_DESC_RING_SIZE = 48,
	IMAGE_COUNT_BITS = 0, IMAGE_DESCS_POINTER = 8, IMAGE_INFOS_POINTER = 16,
	IMAGE_HEAD_ID = 24, IMAGE_TAIL_ID = 32,

	IMAGE_TEXT_RING = 56, IMAGE_TEXT_RING_SIZE = 32,
	IMAGE_SIZE_BITS = 0, IMAGE_DATA_POINTER = 8, IMAGE_HEAD_LPOS = 16, IMAGE_TAIL_LPOS = 24,

	IMAGE_RING_SIZE = 96,

	IMAGE_DESC_SIZE = 24, IMAGE_STATE = 0, IMAGE_BEGIN = 8, IMAGE_NEXT = 16,

	IMAGE_INFO_SIZE = 88, IMAGE_SEQ = 0, IMAGE_TIME = 8, IMAGE_LENGTH = 16,
};

enum { IMAGE_RESERVED, IMAGE_COMMITTED, IMAGE_FINALIZED, IMAGE_REUSABLE };

/**
 * struct image - such a memory and how it is to be made
 * @base:        physical address
 * @count_bits:  log2 of the number of descriptors, at most 7
 * @size_bits:   log2 of the bytes for text, at most 15
 * @direct:      the arrays are reached through the page tables, as with log_buf_len=
 * @page_shift:  size of the mapping's pages: 12, 21 or 30
 * @five_levels: of page tables
 * @fit_moves:   as older kernels: a block that just fits is moved to the start as well
 * @memory:      IMAGE_BYTES
 */
struct image {
	u64 base;
	u32 count_bits;
	u32 size_bits;
	bool direct;
	u32 page_shift;
	bool five_levels;
	bool fit_moves;
	u8 memory[IMAGE_BYTES];
};

static inline u64 image_get(const struct image *image, u64 offset)
{
	return mk_get_le64(image->memory + offset);
}

static inline void image_put(struct image *image, u64 offset, u64 value)
{
	mk_put_le64(image->memory + offset, value);
}

static inline u64 image_address(const struct image *image, bool direct, u64 offset)
{
	return direct ? IMAGE_DIRECT_MAP + image->base + offset : IMAGE_TEXT_MAP + offset;
}

/* Map all of the memory, from the top table down to the chosen page size. */
static inline void image_map(struct image *image)
{
	u64 address = IMAGE_DIRECT_MAP + image->base, table = IMAGE_PGT, page;
	u32 shift;

	for (shift = image->five_levels ? 48 : 39; shift > image->page_shift; shift -= 9) {
		image_put(image, table + (address >> shift) % 512 * 8,
			  (image->base + table + 0x1000) | 0x8000000000000063);
		table += 0x1000;
	}
	for (page = 0; page < IMAGE_BYTES; page += 1ULL << shift) {
		u64 mapped = (image->base + page) >> shift << shift;

		image_put(image, table + ((address + page) >> shift) % 512 * 8,
			  mapped | 0x8000000000000163 | (shift > 12 ? 0x80 : 0));
	}
}

static inline size_t image_note_text(const struct image *image, char *text, size_t size)
{
	return snprintf(
		text, size,
		"OSRELEASE=6.1.0-test\nBUILD-ID=0123456789abcdef\nPAGESIZE=4096\n"
		"SYMBOL(swapper_pg_dir)=%llx\nSYMBOL(prb)=%llx\nSYMBOL(printk_rb_static)=0\n"
		"SIZE(printk_ringbuffer)=%u\nOFFSET(printk_ringbuffer.desc_ring)=0\n"
		"OFFSET(printk_ringbuffer.text_data_ring)=%u\nOFFSET(printk_ringbuffer.fail)=88\n"
		"SIZE(prb_desc_ring)=%u\nOFFSET(prb_desc_ring.count_bits)=%u\nOFFSET(prb_desc_ring.descs)=%u\n"
		"OFFSET(prb_desc_ring.infos)=%u\nOFFSET(prb_desc_ring.head_id)=%u\n"
		"OFFSET(prb_desc_ring.tail_id)=%u\n"
		"SIZE(prb_desc)=%u\nOFFSET(prb_desc.state_var)=%u\nOFFSET(prb_desc.text_blk_lpos)=%u\n"
		"SIZE(prb_data_blk_lpos)=16\nOFFSET(prb_data_blk_lpos.begin)=0\nOFFSET(prb_data_blk_lpos.next)=8\n"
		"SIZE(printk_info)=%u\nOFFSET(printk_info.seq)=%u\nOFFSET(printk_info.ts_nsec)=%u\n"
		"OFFSET(printk_info.text_len)=%u\nOFFSET(printk_info.caller_id)=20\n"
		"SIZE(prb_data_ring)=%u\nOFFSET(prb_data_ring.size_bits)=%u\nOFFSET(prb_data_ring.data)=%u\n"
		"SIZE(atomic_long_t)=8\nOFFSET(atomic_long_t.counter)=0\n"
		"NUMBER(phys_base)=%lld\nSYMBOL(init_top_pgt)=%llx\nNUMBER(pgtable_l5_enabled)=%d\n"
		"KERNELOFFSET=0\n",
		(unsigned long long)IMAGE_TEXT_MAP + IMAGE_PGT,
		(unsigned long long)IMAGE_TEXT_MAP + IMAGE_POINTER, IMAGE_RING_SIZE,
		IMAGE_TEXT_RING, IMAGE_DESC_RING_SIZE, IMAGE_COUNT_BITS, IMAGE_DESCS_POINTER,
		IMAGE_INFOS_POINTER, IMAGE_HEAD_ID, IMAGE_TAIL_ID, IMAGE_DESC_SIZE, IMAGE_STATE,
		IMAGE_BEGIN, IMAGE_INFO_SIZE, IMAGE_SEQ, IMAGE_TIME, IMAGE_LENGTH,
		IMAGE_TEXT_RING_SIZE, IMAGE_SIZE_BITS, IMAGE_DATA_POINTER,
		(long long)(image->base - (IMAGE_TEXT_MAP - 0xffffffff80000000ULL)),
		(unsigned long long)IMAGE_TEXT_MAP + IMAGE_PGT, image->five_levels);
}

/* An ELF note as the kernel makes it, at any page. */
static inline void image_write_note(struct image *image, u64 offset, const char *text, size_t size)
{
	u8 *note = image->memory + offset;

	mk_put_le32(note, 11);
	mk_put_le32(note + 4, size);
	mk_put_le32(note + 8, 0);
	memcpy(note + 12, "VMCOREINFO\0", 12);
	memcpy(note + 24, text, size);
}

static inline u64 image_count(const struct image *image)
{
	return 1ULL << image->count_bits;
}

static inline u64 image_desc(const struct image *image, u64 id)
{
	return IMAGE_DESCS + id % image_count(image) * IMAGE_DESC_SIZE;
}

static inline u64 image_info(const struct image *image, u64 id)
{
	return IMAGE_INFOS + id % image_count(image) * IMAGE_INFO_SIZE;
}

#define IMAGE_ID(n) ((n) & ~(3ULL << 62))

static inline void image_set_state(struct image *image, u64 id, u64 state)
{
	image_put(image, image_desc(image, id) + IMAGE_STATE, IMAGE_ID(id) | state << 62);
}

static inline u64 image_head(const struct image *image)
{
	return image_get(image, IMAGE_RING + IMAGE_HEAD_ID);
}

/* A kernel that has written its note and logged nothing; how it is made is the caller's choice. */
static inline void image_boot(struct image *image)
{
	u64 first = IMAGE_ID(-(image_count(image) + 1));
	char text[IMAGE_NOTE_BYTES];

	memset(image->memory, 0, sizeof(image->memory));
	if (image->direct)
		image_map(image);
	image_put(image, IMAGE_POINTER, IMAGE_TEXT_MAP + IMAGE_RING);
	image_put(image, IMAGE_RING + IMAGE_COUNT_BITS, image->count_bits);
	image_put(image, IMAGE_RING + IMAGE_DESCS_POINTER,
		  image_address(image, image->direct, IMAGE_DESCS));
	image_put(image, IMAGE_RING + IMAGE_INFOS_POINTER,
		  image_address(image, image->direct, IMAGE_INFOS));
	image_put(image, IMAGE_RING + IMAGE_HEAD_ID, first);
	image_put(image, IMAGE_RING + IMAGE_TAIL_ID, first);
	image_put(image, IMAGE_RING + IMAGE_TEXT_RING + IMAGE_SIZE_BITS, image->size_bits);
	image_put(image, IMAGE_RING + IMAGE_TEXT_RING + IMAGE_DATA_POINTER,
		  image_address(image, image->direct, IMAGE_DATA));
	image_put(image, IMAGE_RING + IMAGE_TEXT_RING + IMAGE_HEAD_LPOS,
		  -(1ULL << image->size_bits));
	image_put(image, IMAGE_RING + IMAGE_TEXT_RING + IMAGE_TAIL_LPOS,
		  -(1ULL << image->size_bits));
	image_set_state(image, first, IMAGE_REUSABLE);
	image_put(image, image_desc(image, first) + IMAGE_BEGIN, 1);
	image_put(image, image_desc(image, first) + IMAGE_NEXT, 1);
	image_put(image, IMAGE_INFOS + IMAGE_SEQ, -image_count(image));
	image_put(image, image_info(image, first) + IMAGE_SEQ, 0);
	image_write_note(image, IMAGE_NOTE, text, image_note_text(image, text, sizeof(text)));
}

/* Give up the texts up to a position; whose they were becomes reusable. */
static inline void image_push_data(struct image *image, u64 position)
{
	u64 tail_at = IMAGE_RING + IMAGE_TEXT_RING + IMAGE_TAIL_LPOS;
	u64 tail = image_get(image, tail_at);

	while (position - tail - 1 < 1ULL << image->size_bits) {
		u64 id = image_get(image, IMAGE_DATA + tail % (1ULL << image->size_bits));

		image_set_state(image, id, IMAGE_REUSABLE);
		tail = image_get(image, image_desc(image, id) + IMAGE_NEXT);
	}
	image_put(image, tail_at, tail);
}

static inline void image_push_descriptor(struct image *image)
{
	u64 tail = image_get(image, IMAGE_RING + IMAGE_TAIL_ID);
	u64 next = image_get(image, image_desc(image, tail) + IMAGE_NEXT);

	image_set_state(image, tail, IMAGE_REUSABLE);
	if (!(next & 1))
		image_push_data(image, next);
	image_put(image, IMAGE_RING + IMAGE_TAIL_ID, IMAGE_ID(tail + 1));
}

/* Space for a text: its block's id is written, the text is not. Returns the text's place. */
static inline u64 image_allocate(struct image *image, u64 id, u32 length)
{
	u64 head_at = IMAGE_RING + IMAGE_TEXT_RING + IMAGE_HEAD_LPOS;
	u64 begin = image_get(image, head_at), bytes = 1ULL << image->size_bits;
	u64 size = (length + 8 + 7) / 8 * 8, next = begin + size, place = begin % bytes;
	u64 last = image->fit_moves ? next : next - 1;

	if (begin / bytes != last / bytes) {
		next = next / bytes * bytes + size;
		place = 0;
	}
	image_push_data(image, next - bytes);
	image_put(image, head_at, next);
	image_put(image, IMAGE_DATA + begin % bytes, id);
	image_put(image, IMAGE_DATA + place, id);
	image_put(image, image_desc(image, id) + IMAGE_BEGIN, begin);
	image_put(image, image_desc(image, id) + IMAGE_NEXT, next);
	return IMAGE_DATA + place + 8;
}

/* Take the next descriptor, as a writer does before it fills it in. */
static inline u64 image_reserve(struct image *image)
{
	u64 id = IMAGE_ID(image_head(image) + 1), info = image_info(image, id);
	u64 sequence = image_get(image, info + IMAGE_SEQ);

	if (IMAGE_ID(id - image_count(image)) == image_get(image, IMAGE_RING + IMAGE_TAIL_ID))
		image_push_descriptor(image);
	image_put(image, IMAGE_RING + IMAGE_HEAD_ID, id);
	image_set_state(image, id, IMAGE_RESERVED);
	if (!sequence && id % image_count(image))
		sequence = id % image_count(image);
	else
		sequence += image_count(image);
	memset(image->memory + info, 0, IMAGE_INFO_SIZE);
	image_put(image, info + IMAGE_SEQ, sequence);
	return id;
}

/* One whole message; level 0 to 7; time in ns. Returns its descriptor's id. */
static inline u64 image_log(struct image *image, u64 time, u32 level, const char *text, u32 length,
			    u64 state)
{
	u64 id = image_reserve(image), info = image_info(image, id);

	if (length) {
		memcpy(image->memory + image_allocate(image, id, length), text, length);
	} else {
		image_put(image, image_desc(image, id) + IMAGE_BEGIN, 3);
		image_put(image, image_desc(image, id) + IMAGE_NEXT, 3);
	}
	image_put(image, info + IMAGE_TIME, time);
	mk_put_le16(image->memory + info + IMAGE_LENGTH, length);
	image->memory[info + IMAGE_LENGTH + 3] = level << 5 | 2;
	image_set_state(image, id, state);
	return id;
}

static inline u64 image_say(struct image *image, u64 time, const char *text)
{
	return image_log(image, time, 6, text, strlen(text), IMAGE_FINALIZED);
}

#endif
