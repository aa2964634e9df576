// SPDX-License-Identifier: GPL-2.0-only
/* The area of Kexec HandOver, byte for byte, and how much memory a kernel needs to boot in. */
#include "kho.h"
#include "command_line.h"
#include "fdt.h"

#define KB 1024ULL
#define MB (1024 * KB)

/* struct setup_data, with struct kho_data behind it, in page 0; then the list of scratch areas. */
#define NODE_TYPE 8
#define NODE_LENGTH 12
#define NODE_TREE 16
#define NODE_TREE_SIZE 24
#define NODE_SCRATCH 32
#define NODE_SCRATCH_SIZE 40
#define NODE_DATA_SIZE 32
#define SETUP_KEXEC_KHO 10
#define SCRATCH_LIST 64
#define SCRATCH_ENTRY_SIZE 16

#define TREE MK_PAGE_SIZE
#define HANDOVER (2 * MK_PAGE_SIZE)

/*
 * The map of 6.16 to 7.0: linked pages of elements, each a bitmap of pages from an address on. The same
 * "kho-v1" means bitmaps of 512 bytes to the older ones, of a page to the others: only the first 512
 * are used.
 */
#define CHUNK_ORDER 8
#define CHUNK_COUNT 12
#define CHUNK_ELEMENT 16
#define CHUNK_ELEMENT_BITMAP 24
#define BITMAPS_PAGES 2
#define BITMAP_BITS (512 * 8)

/*
 * The map from 7.1 on: a radix tree with one page for each level, of which the last is a bitmap. The key
 * of a page is its number with a bit above it that tells its order.
 */
#define RADIX_LEVELS 6
#define RADIX_LEAF_SHIFT 15
#define RADIX_TABLE_SHIFT 9
#define RADIX_ORDER_0 (1ULL << 52)

#define MAP_PAGES RADIX_LEVELS		/* room for either */

/*
 * What a kernel takes while it boots: the description of its pages is certain (2 MB for each section of
 * 128 MB), the rest is twice what was seen in stock kernels.
 */
#define SECTION_SIZE (128 * MB)
#define NEED_ALWAYS (32 * MB)
#define NEED_PER_SECTION (2560 * KB)
#define NEED_PER_CPU MB
#define NEED_SHARE_OF_RAM 256
#define AREA_MINIMUM (8 * MB)
#define FRACTION_MAXIMUM 3		/* a third of the instance at most */

static bool word_has_value(const struct mk_word *word, const char *value)
{
	return word->value_length == strlen(value) && !memcmp(word->value, value, word->value_length);
}

/* As kstrtobool() of the kernel reads it. */
static bool says_off(const struct mk_word *word)
{
	static const char *const off[] = { "off", "0", "n", "N", "no", "f", "false" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(off); i++)
		if (word_has_value(word, off[i]))
			return true;
	return false;
}

static bool forbids(const struct mk_word *word)
{
	return mk_word_is(word, "mem") || mk_word_is(word, "memmap") ||
	       mk_word_is(word, "crashkernel") || (mk_word_is(word, "kho") && says_off(word));
}

static bool is_at_least(const struct mk_image *image, u16 major, u16 minor)
{
	return image->version_major > major ||
	       (image->version_major == major && image->version_minor >= minor);
}

enum mk_kho_format mk_kho_format(const struct mk_image *image, const char *words)
{
	struct mk_word word;

	while (mk_word_next(&words, &word))
		if (forbids(&word))
			return MK_KHO_NONE;
	if (is_at_least(image, 7, 1))
		return MK_KHO_RADIX;
	return is_at_least(image, 6, 16) ? MK_KHO_BITMAPS : MK_KHO_NONE;
}

u64 mk_kho_size(u64 handover_size)
{
	u64 bytes = HANDOVER + mk_align_up(handover_size, MK_PAGE_SIZE) + MAP_PAGES * MK_PAGE_SIZE;
	u64 size = MK_PAGE_SIZE;

	while (size < bytes)
		size *= 2;
	return size;
}

static u64 lower(u64 a, u64 b)
{
	return a < b ? a : b;
}

/* Bytes beside the kernel's own. */
static u64 need(const struct mk_ranges *memory, u32 cpu_count)
{
	u64 sections = 1;	/* the low window's */
	u32 i;

	for (i = 0; i < memory->count; i++)
		sections += (mk_align_up(mk_range_end(&memory->range[i]), SECTION_SIZE) -
			     mk_align_down(memory->range[i].start, SECTION_SIZE)) / SECTION_SIZE;
	return NEED_ALWAYS + sections * NEED_PER_SECTION + cpu_count * NEED_PER_CPU +
	       mk_ranges_total(memory) / NEED_SHARE_OF_RAM;
}

/* What scratch can have of a range: whole blocks, ahead of the initrd, which is always at an end. */
static struct mk_range usable(const struct mk_range *range, const struct mk_layout *layout)
{
	u64 start = range->start, end = mk_range_end(range);

	if (start == layout->boot.start)
		start = layout->kernel;
	if (layout->initrd_size && layout->initrd >= start && layout->initrd < end)
		end = layout->initrd;
	start = mk_align_up(start, MK_KHO_SCRATCH_ALIGN);
	end = mk_align_down(end, MK_KHO_SCRATCH_ALIGN);
	return (struct mk_range){
		.start = start,
		.size = end > start ? end - start : 0,
		.node = range->node,
	};
}

static bool is_scratch(const struct mk_kho *kho, u64 start)
{
	u32 i;

	for (i = 0; i < kho->scratch_count; i++)
		if (kho->scratch[i].start == start)
			return true;
	return false;
}

/* The largest that there is none of yet; of size 0: none. */
static struct mk_range largest(const struct mk_kho *kho, const struct mk_layout *layout,
			       const struct mk_ranges *memory)
{
	struct mk_range best = {};
	u32 i;

	for (i = 0; i < memory->count; i++) {
		struct mk_range range = usable(&memory->range[i], layout);

		if (range.size > best.size && !is_scratch(kho, range.start))
			best = range;
	}
	return best;
}

/* Takes up to @wanted bytes of a range: how many. */
static u64 take(struct mk_kho *kho, struct mk_range range, u64 wanted)
{
	range.size = lower(range.size, wanted);
	if (range.size < AREA_MINIMUM)
		return 0;
	kho->scratch[kho->scratch_count++] = range;
	return range.size;
}

/* Bytes that could not be had. */
static u64 choose(struct mk_kho *kho, const struct mk_layout *layout,
		  const struct mk_ranges *memory, u64 wanted)
{
	wanted -= take(kho, usable(&layout->boot, layout), wanted);
	while (wanted && kho->scratch_count < MK_KHO_SCRATCH_MAX) {
		u64 least = wanted < AREA_MINIMUM ? AREA_MINIMUM : wanted;
		u64 taken = take(kho, largest(kho, layout, memory), least);

		if (!taken)
			break;
		wanted -= lower(taken, wanted);
	}
	return wanted;
}

int mk_kho_choose_scratch(struct mk_kho *kho, const struct mk_layout *layout,
			  const struct mk_ranges *memory, u32 init_size, u32 cpu_count,
			  struct mk_reason *why)
{
	u64 needed = need(memory, cpu_count), kernel = layout->kernel_end - layout->kernel;
	u64 left = mk_ranges_total(memory) - lower(mk_ranges_total(memory), kernel + layout->initrd_size);
	u64 wanted = mk_align_up(needed + init_size, MK_KHO_SCRATCH_ALIGN);

	kho->area = layout->kho;
	kho->size = layout->kho_size;
	kho->scratch_count = 0;
	if (needed <= left / FRACTION_MAXIMUM && !choose(kho, layout, memory, wanted))
		return 0;
	kho->format = MK_KHO_NONE;
	return mk_refuse(why, -ENOSPC,
			 "the kernel would boot in 0x%llx bytes, in %u pieces at most, too much of the 0x%llx beside kernel and initrd",
			 (unsigned long long)wanted, MK_KHO_SCRATCH_MAX, (unsigned long long)left);
}

static void write_node(const struct mk_kho *kho, u8 *node)
{
	u32 i;

	mk_put_le32(node + NODE_TYPE, SETUP_KEXEC_KHO);
	mk_put_le32(node + NODE_LENGTH, NODE_DATA_SIZE);
	mk_put_le64(node + NODE_TREE, kho->area + TREE);
	mk_put_le64(node + NODE_TREE_SIZE, MK_PAGE_SIZE);
	mk_put_le64(node + NODE_SCRATCH, kho->area + SCRATCH_LIST);
	mk_put_le64(node + NODE_SCRATCH_SIZE, kho->scratch_count * SCRATCH_ENTRY_SIZE);
	for (i = 0; i < kho->scratch_count; i++) {
		u8 *entry = node + SCRATCH_LIST + i * SCRATCH_ENTRY_SIZE;

		mk_put_le64(entry, kho->scratch[i].start);
		mk_put_le64(entry + 8, kho->scratch[i].size);
	}
}

/* Not as cells: the kernel reads its own byte order. */
static void write_number(struct mk_fdt_writer *writer, const char *name, u64 value)
{
	u8 bytes[8];

	mk_put_le64(bytes, value);
	mk_fdt_write_bytes(writer, name, bytes, sizeof(bytes));
}

/* A kernel looks for its own string in the list, and passes over properties that it does not know. */
static int write_tree(const struct mk_kho *kho, u8 *place, u64 map, u32 size)
{
	static const char radix[] = "kho-v4\0kho-v3\0kho-v2", bitmaps[] = "kho-v1";
	bool is_radix = kho->format == MK_KHO_RADIX;
	struct mk_fdt_writer writer;
	int length;

	mk_fdt_write_begin(&writer, place + TREE, MK_PAGE_SIZE);
	mk_fdt_write_node(&writer, "");
	mk_fdt_write_bytes(&writer, "compatible", is_radix ? radix : bitmaps,
			   is_radix ? sizeof(radix) : sizeof(bitmaps));
	write_number(&writer, "preserved-memory-map", kho->area + map);
	mk_fdt_write_node(&writer, MK_KHO_SUBTREE);
	write_number(&writer, is_radix ? "preserved-data" : "fdt", kho->area + HANDOVER);
	write_number(&writer, "blob-size", size);
	mk_fdt_write_end_node(&writer);
	mk_fdt_write_end_node(&writer);
	length = mk_fdt_write_finish(&writer);
	return length < 0 ? length : 0;
}

static void set_bits(u8 *bitmap, u32 first, u32 count)
{
	for (; count; first++, count--)
		bitmap[first / 8] |= 1 << first % 8;
}

static void write_bitmaps(const struct mk_kho *kho, u8 *place, u64 map, u32 pages)
{
	u8 *chunk = place + map;

	mk_put_le32(chunk + CHUNK_ORDER, 0);
	mk_put_le32(chunk + CHUNK_COUNT, 1);
	mk_put_le64(chunk + CHUNK_ELEMENT, kho->area + TREE);
	mk_put_le64(chunk + CHUNK_ELEMENT_BITMAP, kho->area + map + MK_PAGE_SIZE);
	set_bits(chunk + MK_PAGE_SIZE, 0, pages);
}

static void write_radix(const struct mk_kho *kho, u8 *place, u64 map, u32 pages)
{
	u64 key = RADIX_ORDER_0 | (kho->area + TREE) / MK_PAGE_SIZE;
	u32 shift = RADIX_LEAF_SHIFT + (RADIX_LEVELS - 2) * RADIX_TABLE_SHIFT, i;

	for (i = 1; i < RADIX_LEVELS; i++, map += MK_PAGE_SIZE, shift -= RADIX_TABLE_SHIFT)
		mk_put_le64(place + map + 8 * ((key >> shift) % (1 << RADIX_TABLE_SHIFT)),
			    kho->area + map + MK_PAGE_SIZE);
	set_bits(place + map, key % (1 << RADIX_LEAF_SHIFT), pages);
}

int mk_kho_write(const struct mk_kho *kho, void *place, const void *handover, u32 size)
{
	u64 map = HANDOVER + mk_align_up(size, MK_PAGE_SIZE);
	u32 pages = (map - TREE) / MK_PAGE_SIZE;

	if (map + MAP_PAGES * MK_PAGE_SIZE > kho->size || pages > BITMAP_BITS)
		return -ENOSPC;
	memset(place, 0, kho->size);
	memcpy((u8 *)place + HANDOVER, handover, size);
	write_node(kho, place);
	if (kho->format == MK_KHO_RADIX)
		write_radix(kho, place, map, pages);
	else
		write_bitmaps(kho, place, map, pages);
	return write_tree(kho, place, map, size);
}
