// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel image of any bytes into an instance of any memory: the verdicts of mk_image_parse()
 * and mk_layout_make() held against a second opinion, and whatever is accepted built to the end:
 * zero page, ACPI tables, page tables.
 *
 * The input begins with the numbers of the instance; the rest is the beginning of the image,
 * which zeros extend to any size. Every buffer is a block of its own, so that the sanitizer sees
 * its ends.
 */
#include "acpi.h"
#include "boot_params.h"
#include "describe.h"
#include "fuzz.h"
#include "identity_map.h"
#include "kho.h"
#include "load_oracle.h"
#include "tree.h"

#define LOW_WINDOW 0x90000
#define MEMORY_START 0x100000	/* instances have no other memory below 1 MB than their window */

struct input {
	const u8 *data;
	size_t size;
};

static u64 draw_bytes(struct input *input, size_t count)
{
	u64 value = 0;

	while (count-- && input->size) {
		value = value << 8 | *input->data++;
		input->size--;
	}
	return value;
}

/* A number of any magnitude: a shift, then the digits. */
static u64 draw(struct input *input)
{
	u32 shift = draw_bytes(input, 1) % 64;

	return draw_bytes(input, sizeof(u64)) >> shift;
}

static void *copy_of(const void *data, size_t used, size_t size)
{
	u8 *copy = calloc(1, size ? size : 1);

	MUST(copy, "out of memory");
	memcpy(copy, data, used < size ? used : size);
	return copy;
}

static void draw_memory(struct input *input, struct mk_ranges *memory)
{
	u32 count = draw_bytes(input, 1) % (MK_INSTANCE_RANGES_MAX + 1);

	while (count--) {
		struct mk_range range = {
			.start = mk_align_down(draw(input), MK_PAGE_SIZE),
			.size = mk_align_down(draw(input), MK_PAGE_SIZE),
			.node = MK_ANY_NODE,
		};

		if (range.start >= MEMORY_START)
			mk_ranges_add(memory, &range);	/* refuses what is no range */
	}
}

static void check_release(const struct mk_image *image, const void *header)
{
	char *release = copy_of("", 0, MK_RELEASE_MAX + 1);

	if (!mk_image_release(image, header, release))
		MUST(is_sentence(release) && !strpbrk(release, "/ ") && *release != '.', release);
	free(release);
}

static void check_map(const struct mk_layout *layout)
{
	u8 *pages = copy_of("", 0, MK_LOW_TABLES_PAGES * MK_PAGE_SIZE);
	struct mk_identity_map map = {
		.pages = pages,
		.physical = LOW_WINDOW + MK_LOW_TABLES_PAGE * MK_PAGE_SIZE,
		.count = MK_LOW_TABLES_PAGES,
		.used = 1,
	};

	MUST(!mk_identity_map_add(&map, LOW_WINDOW, LOW_WINDOW + MK_LOW_WINDOW_SIZE), "window");
	MUST(!mk_identity_map_add(&map, layout->boot.start, layout->kernel_end), "kernel");
	MUST(map.used == mk_identity_map_pages(layout->boot.start, layout->kernel_end), "pages");
	free(pages);
}

static void check_acpi(const struct mk_layout *layout, u32 cpu_count, size_t size)
{
	u32 *apic_ids = copy_of("", 0, cpu_count * sizeof(u32));
	u8 *tables = copy_of("", 0, size);
	struct mk_acpi acpi = {
		.apic_ids = apic_ids,
		.cpu_count = cpu_count,
		.bsp_apic_id = ~1U,	/* the longer entry */
	};
	u32 i;

	for (i = 0; i < cpu_count; i++)
		apic_ids[i] = i * 3;
	mk_acpi_build(&acpi, tables, layout->acpi);
	free(tables);
	free(apic_ids);
}

static void check_load(const struct oracle_load *load, const void *header, u32 cpu_count)
{
	const struct mk_layout_sizes sizes = {
		.initrd = load->initrd_size,
		.shared = load->shared_size,
		.acpi = load->acpi_size,
		.kho = load->kho_size,
	};
	struct mk_reason why = { .text = "" };
	struct mk_layout layout;
	const char *fault;
	void *page;
	int error;

	error = mk_layout_make(&layout, load->memory, load->low_window, load->image, &sizes, &why);
	MUST(error == oracle_layout(load), why.text);
	MUST(!error || is_sentence(why.text), why.text);
	if (error)
		return;
	fault = oracle_layout_fault(load, &layout);
	MUST(!fault, fault);
	page = copy_of("", 0, MK_PAGE_SIZE);
	MUST(!mk_boot_params_build(page, header, load->image, &layout, load->memory), "map");
	fault = oracle_boot_params_fault(load, &layout, header, page);
	MUST(!fault, fault);
	free(page);
	check_map(&layout);
	check_acpi(&layout, cpu_count, load->acpi_size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input input = { .data = data, .size = size };
	struct mk_range range[MK_INSTANCE_RANGES_MAX];
	struct mk_ranges memory = { .range = range, .capacity = ARRAY_SIZE(range) };
	struct mk_reason why = { .text = "" };
	struct mk_image image, expected;
	struct oracle_load load = {
		.memory = &memory,
		.low_window = LOW_WINDOW,
		.image = &image,
		.initrd_size = draw(&input),
	};
	u32 cpu_count = draw(&input) % (MK_CPUS_MAX + 1);
	u32 shared_pages = draw_bytes(&input, 2);
	size_t header_size = draw_bytes(&input, 2) + draw_bytes(&input, 1);
	u64 file_size = header_size + draw(&input);
	void *header;
	int error;

	load.acpi_size = mk_acpi_size(cpu_count, 0);
	load.kho_size = cpu_count % 2 ? mk_kho_size(mk_describe_size(cpu_count)) : 0;
	load.shared_size = (1 + shared_pages) * MK_PAGE_SIZE;
	draw_memory(&input, &memory);
	header = copy_of(input.data, input.size, header_size);
	error = mk_image_parse(&image, header, header_size, file_size, &why);
	MUST(error == oracle_image(&expected, header, header_size, file_size), why.text);
	MUST(!error || is_sentence(why.text), why.text);
	if (!error) {
		MUST(oracle_version(&image, header), "version");
		check_release(&image, header);
		image.version_major = image.version_minor = 0;
		MUST(!memcmp(&image, &expected, sizeof(image)), "the images differ");
		check_load(&load, header, cpu_count);
	}
	free(header);
	return 0;
}
