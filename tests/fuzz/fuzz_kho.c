// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kexec HandOver for a kernel of any version and any words, in an instance of any memory: whatever
 * is handed over obeys what a kernel demands of it, and libfdt reads it back.
 *
 * The input begins with numbers; the rest is first the command line, up to a NUL, then the handover.
 */
#include <libfdt.h>

#include "describe.h"
#include "fuzz.h"
#include "kho.h"

#define LOW_WINDOW 0x90000
#define MEMORY_START 0x100000
#define BLOCK 0x400000ULL	/* both ends of scratch */
#define AREA_MINIMUM (2 * BLOCK)
#define HANDOVER_MAX (34 * MK_PAGE_SIZE)

static u64 draw(const u8 **data, size_t *size, size_t bytes)
{
	u64 value = 0;

	for (; bytes && *size; bytes--, ++*data, --*size)
		value = value << 8 | **data;
	return value;
}

static void draw_memory(const u8 **data, size_t *size, struct mk_ranges *memory)
{
	u32 count = draw(data, size, 1) % (MK_INSTANCE_RANGES_MAX + 1);

	while (count--) {
		struct mk_range range = {
			.start = draw(data, size, 4) * MK_PAGE_SIZE + MEMORY_START,
			.size = draw(data, size, 3) * MK_PAGE_SIZE,
		};

		mk_ranges_add(memory, &range);	/* refuses what is no range */
	}
}

static bool overlaps(const struct mk_range *range, u64 start, u64 end)
{
	return range->start < end && start < mk_range_end(range);
}

static void check_scratch(const struct mk_kho *kho, const struct mk_layout *layout,
			  const struct mk_ranges *memory, const struct mk_image *image)
{
	u64 total = 0;
	u32 i, j;

	MUST(kho->scratch_count && kho->scratch_count <= MK_KHO_SCRATCH_MAX, "count");
	for (i = 0; i < kho->scratch_count; i++) {
		const struct mk_range *range = &kho->scratch[i];

		MUST(!((range->start | range->size) % BLOCK) && range->size >= AREA_MINIMUM, "blocks");
		MUST(mk_ranges_find(memory, range->start, range->size), "outside");
		MUST(!overlaps(range, layout->boot.start, layout->kernel), "tables and areas");
		MUST(!layout->initrd_size ||
		     !overlaps(range, layout->initrd, layout->initrd + layout->initrd_size), "initrd");
		for (j = 0; j < i; j++)
			MUST(!overlaps(range, kho->scratch[j].start, mk_range_end(&kho->scratch[j])), "each other");
		total += range->size;
	}
	MUST(total > image->init_size && total < mk_ranges_total(memory), "sum");
}

static void check_tree(const struct mk_kho *kho, const u8 *place, const void *handover, u32 size)
{
	const char *name = kho->format == MK_KHO_RADIX ? "preserved-data" : "fdt";
	const char *version = kho->format == MK_KHO_RADIX ? "kho-v4" : "kho-v1";
	const void *tree = place + MK_PAGE_SIZE, *value;
	int length;
	u64 address;

	MUST(!fdt_check_full(tree, MK_PAGE_SIZE), "no tree");
	MUST(!fdt_node_check_compatible(tree, 0, version), version);
	value = fdt_getprop(tree, fdt_subnode_offset(tree, 0, MK_KHO_SUBTREE), name, &length);
	MUST(value && length == sizeof(address), name);
	memcpy(&address, value, sizeof(address));
	MUST(address >= kho->area && address - kho->area <= kho->size - size, "address");
	MUST(!memcmp(place + (address - kho->area), handover, size), "handover");
	value = fdt_getprop(tree, 0, "preserved-memory-map", &length);
	MUST(value && length == sizeof(address), "map");
	memcpy(&address, value, sizeof(address));
	MUST(address > kho->area && address < kho->area + kho->size, "map");
}

static void check_area(const struct mk_kho *kho, const u8 *data, size_t size)
{
	u64 pages = 2 + mk_align_up(size, MK_PAGE_SIZE) / MK_PAGE_SIZE + 6;	/* and the radix tree */
	u8 *place = malloc(kho->size), *handover = malloc(size ? size : 1);
	int error;

	MUST(place && handover, "out of memory");
	memcpy(handover, data, size);
	error = mk_kho_write(kho, place, handover, size);
	MUST(error == (pages * MK_PAGE_SIZE > kho->size ? -ENOSPC : 0), "errno");
	if (!error)
		check_tree(kho, place, handover, size);
	free(handover);
	free(place);
}

/* What is left of the input as a string, and what is behind its NUL. */
static char *draw_words(const u8 **data, size_t *size)
{
	size_t length = strnlen((const char *)*data, *size);
	char *words = malloc(length + 1);

	MUST(words, "out of memory");
	memcpy(words, *data, length);
	words[length] = '\0';
	*data += length;
	*size -= length;
	return words;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mk_range range[MK_INSTANCE_RANGES_MAX];
	struct mk_ranges memory = { .range = range, .capacity = ARRAY_SIZE(range) };
	struct mk_image image = {
		.version_major = draw(&data, &size, 2),
		.version_minor = draw(&data, &size, 2),
		.init_size = draw(&data, &size, 4),
		.setup_size = 0x5000,
		.alignment = MK_LARGE_PAGE_SIZE,
		.preferred_address = draw(&data, &size, 3) << 4,
	};
	struct mk_layout_sizes sizes = { .initrd = draw(&data, &size, 4), .shared = MK_PAGE_SIZE };
	u32 cpu_count = draw(&data, &size, 2) % (MK_CPUS_MAX + 1);
	u64 room = draw(&data, &size, 3) % HANDOVER_MAX;
	struct mk_reason why = { .text = "" };
	struct mk_layout layout;
	struct mk_kho kho = {};
	char *words;
	int error;

	draw_memory(&data, &size, &memory);
	words = draw_words(&data, &size);
	kho.format = mk_kho_format(&image, words);
	free(words);
	MUST(kho.format == MK_KHO_NONE || image.version_major >= 6, "version");
	sizes.kho = mk_kho_size(room);
	if (kho.format == MK_KHO_NONE ||
	    mk_layout_make(&layout, &memory, LOW_WINDOW, &image, &sizes, NULL))
		return 0;
	error = mk_kho_choose_scratch(&kho, &layout, &memory, image.init_size, cpu_count, &why);
	MUST(!error || (error == -ENOSPC && is_sentence(why.text) && kho.format == MK_KHO_NONE),
	     "errno");
	if (error)
		return 0;
	check_scratch(&kho, &layout, &memory, &image);
	check_area(&kho, data, size);
	return 0;
}
