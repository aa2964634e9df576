// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is right and what is wrong about a load. Fields are found through the kernel's own
 * structures; sums are made in 128 bits, where nothing can wrap around.
 */
#include <asm/bootparam.h>
#include <stdlib.h>

#include "command_line.h"
#include "load_oracle.h"

#define SETUP_END_MINIMUM offsetof(struct boot_params, hdr.handover_offset)
#define SETUP_END_MAXIMUM offsetof(struct boot_params, edd_mbr_sig_buffer)
#define ROOM_BELOW_4_LEVELS ((wide)1 << 47)
#define PIECES 7

typedef unsigned __int128 wide;

static wide round_up(wide value, wide border)
{
	return (value + border - 1) / border * border;
}

static bool aligned(u64 value)
{
	return value % MK_PAGE_SIZE == 0;
}

/* The setup header as the kernel's own structure; it lies at an odd address in the file. */
static struct setup_header setup_header(const void *header)
{
	struct setup_header setup;

	memcpy(&setup, (const u8 *)header + offsetof(struct boot_params, hdr), sizeof(setup));
	return setup;
}

int oracle_image(struct mk_image *image, const void *header, size_t size, u64 file_size)
{
	struct setup_header setup = { .setup_sects = 0 };
	u32 setup_size, header_end;

	memset(image, 0, sizeof(*image));
	if (size < SETUP_END_MINIMUM || size > file_size)
		return -ENOEXEC;
	memcpy(&setup, (const u8 *)header + offsetof(struct boot_params, hdr),
	       SETUP_END_MINIMUM - offsetof(struct boot_params, hdr));
	setup_size = 512 * (setup.setup_sects ? setup.setup_sects + 1 : 5);
	header_end = offsetof(struct boot_params, hdr.header) + (setup.jump >> 8);
	if (setup.boot_flag != 0xaa55 || memcmp(&setup.header, "HdrS", 4) ||
	    setup.version < 0x20c || (setup.xloadflags & 3) != 3 || !setup.relocatable_kernel)
		return -ENOEXEC;
	if (setup.setup_sects > 64 || setup_size > size || file_size - setup_size <= 0x200 ||
	    setup_size > file_size || header_end < SETUP_END_MINIMUM ||
	    header_end > SETUP_END_MAXIMUM || (file_size - setup_size) / 16 < setup.syssize)
		return -ENOEXEC;
	if (__builtin_popcount(setup.kernel_alignment) != 1 || setup.kernel_alignment < 0x1000 ||
	    setup.kernel_alignment > 0x40000000 || setup.init_size < file_size - setup_size)
		return -ENOEXEC;

	image->file_size = file_size;
	image->preferred_address = setup.pref_address;
	image->setup_size = setup_size;
	image->header_end = header_end;
	image->init_size = setup.init_size;
	image->alignment = setup.kernel_alignment;
	image->cmdline_size = setup.cmdline_size;
	return 0;
}

bool oracle_version(const struct mk_image *image, const void *header)
{
	const char *text = (const char *)header + 0x200 + setup_header(header).kernel_version;
	unsigned int major, minor;
	char start[16] = "";

	if (!image->version_major && !image->version_minor)
		return true;
	if (text >= (const char *)header + image->setup_size)
		return false;
	strncpy(start, text, (const char *)header + image->setup_size - text < 15 ?
		(const char *)header + image->setup_size - text : 15);
	return sscanf(start, "%5u.%5u", &major, &minor) == 2 && major == image->version_major &&
	       minor == image->version_minor;
}

/*
 * Page tables for the first GB and [start, end): a root, and one table for each 512 GB and each
 * GB touched.
 */
static u32 tables(wide start, wide end)
{
	u64 seen_512gb = 0, seen_gb = 0;
	u32 count = 3;
	wide address;

	for (address = start; address < end && count <= MK_LOW_TABLES_PAGES;
	     address = (address >> 30 << 30) + ((wide)1 << 30)) {
		if (address >> 39 != seen_512gb) {
			seen_512gb = address >> 39;
			count++;
		}
		if (address >> 30 != seen_gb) {
			seen_gb = address >> 30;
			count++;
		}
	}
	return count;
}

/*
 * The first address behind the kernel at its lowest place in this range; 0 when it cannot be
 * there.
 */
static wide kernel_end_in(const struct oracle_load *load, const struct mk_range *range)
{
	const struct mk_image *image = load->image;
	wide limit = (wide)range->start + range->size, end;

	end = (wide)range->start + load->shared_size + round_up(load->acpi_size, MK_PAGE_SIZE) +
	      MK_PAGE_SIZE + MK_COMMAND_LINE_MAX;
	if (load->kho_size)
		end = round_up(end, load->kho_size) + load->kho_size;
	end += image->setup_size;
	if (end < image->preferred_address)
		end = image->preferred_address;
	end = round_up(end, image->alignment) + round_up(image->init_size, MK_PAGE_SIZE);
	if (end > limit || end > ROOM_BELOW_4_LEVELS)
		return 0;
	return tables(range->start, end) > MK_LOW_TABLES_PAGES ? 0 : end;
}

static bool initrd_fits(const struct oracle_load *load, const struct mk_range *boot,
			wide kernel_end)
{
	wide size = round_up(load->initrd_size, MK_PAGE_SIZE);
	u32 i;

	for (i = 0; i < load->memory->count; i++) {
		const struct mk_range *range = &load->memory->range[i];
		wide start = range == boot ? kernel_end : range->start;

		if (start + size <= (wide)range->start + range->size)
			return true;
	}
	return !size;
}

int oracle_layout(const struct oracle_load *load)
{
	u32 i;

	for (i = 0; i < load->memory->count; i++) {
		const struct mk_range *range = &load->memory->range[i];
		wide end = kernel_end_in(load, range);

		if (end && initrd_fits(load, range, end))
			return 0;
	}
	return -ENOSPC;
}

static bool is_one_of(const struct mk_ranges *memory, const struct mk_range *range)
{
	u32 i;

	for (i = 0; i < memory->count; i++)
		if (memory->range[i].start == range->start &&
		    memory->range[i].size == range->size && memory->range[i].node == range->node)
			return true;
	return false;
}

/* All of [start, start + size) in one range. */
static bool is_inside(const struct mk_ranges *memory, wide start, wide size)
{
	u32 i;

	for (i = 0; i < memory->count; i++)
		if (start >= memory->range[i].start &&
		    start + size <= (wide)memory->range[i].start + memory->range[i].size)
			return true;
	return false;
}

static const char *initrd_fault(const struct oracle_load *load, const struct mk_layout *layout)
{
	wide start = layout->initrd, size = round_up(load->initrd_size, MK_PAGE_SIZE);

	if (layout->initrd_size != load->initrd_size)
		return "another initrd size";
	if (!size)
		return layout->initrd ? "an initrd without bytes" : NULL;
	if (!aligned(layout->initrd))
		return "the initrd begins within a page";
	if (!is_inside(load->memory, start, size))
		return "the initrd is not in one range";
	if (start < layout->kernel_end && start + size > layout->boot.start)
		return "the initrd overlaps the kernel";
	return NULL;
}

/* The pieces of the boot range in their order: none may begin before the last one ended. */
static const char *pieces_fault(const struct oracle_load *load, const struct mk_layout *layout)
{
	const struct mk_image *image = load->image;
	const struct {
		const char *name;
		wide start, size;
	} pieces[PIECES] = {
		{ "shared area", layout->control, load->shared_size },
		{ "ACPI tables", layout->acpi, load->acpi_size },
		{ "boot_params", layout->boot_params, MK_PAGE_SIZE },
		{ "command line", layout->command_line, MK_COMMAND_LINE_MAX },
		{ "KHO", load->kho_size ? layout->kho : layout->image, load->kho_size },
		{ "setup sectors", layout->image, image->setup_size },
		{ "kernel", layout->kernel, image->init_size },
	};
	wide end = layout->boot.start;
	u32 i;

	for (i = 0; i < PIECES; i++) {
		if (pieces[i].start < end)
			return pieces[i].name;
		end = pieces[i].start + pieces[i].size;
	}
	if (end > layout->kernel_end || layout->kernel_end > ROOM_BELOW_4_LEVELS ||
	    layout->kernel_end > (wide)layout->boot.start + layout->boot.size)
		return "the kernel ends too far up";
	return NULL;
}

const char *oracle_layout_fault(const struct oracle_load *load, const struct mk_layout *layout)
{
	const struct mk_image *image = load->image;
	const char *fault;

	if (layout->low_window != load->low_window)
		return "another low window";
	if (!is_one_of(load->memory, &layout->boot))
		return "the boot range is none of the instance's";
	fault = pieces_fault(load, layout);
	if (fault)
		return fault;
	if (!aligned(layout->control) || !aligned(layout->acpi) || !aligned(layout->boot_params) ||
	    !aligned(layout->kernel_end))
		return "not at page borders";
	if (layout->acpi_size < load->acpi_size || !aligned(layout->acpi_size) ||
	    layout->acpi + layout->acpi_size > layout->boot_params)
		return "no room for the ACPI tables";
	if (layout->kho_size != load->kho_size ||
	    (load->kho_size ? layout->kho % load->kho_size : layout->kho))
		return "KHO's area is at another border";
	if (layout->image + image->setup_size != layout->kernel ||
	    (wide)layout->image + image->file_size > layout->kernel_end)
		return "the file does not bring the kernel to its place";
	if (layout->kernel % image->alignment || layout->kernel < image->preferred_address)
		return "the kernel would move itself";
	if (tables(layout->boot.start, layout->kernel_end) > MK_LOW_TABLES_PAGES)
		return "the launch could not map it";
	return initrd_fault(load, layout);
}

/* Each entry of its own kind in its own place; with the sum right, nothing is missing either. */
static const char *entry_fault(const struct oracle_load *load, const struct mk_layout *layout,
			       const struct boot_e820_entry *entry)
{
	u64 fake_ioapic = load->low_window + MK_LOW_IOAPIC_PAGE * MK_PAGE_SIZE;
	bool in_window = entry->addr >= load->low_window &&
			 entry->addr + entry->size <= load->low_window + MK_LOW_WINDOW_SIZE;

	if (!entry->size || !aligned(entry->addr) || !aligned(entry->size))
		return "an entry that is empty or within a page";
	if (!in_window && !is_inside(load->memory, entry->addr, entry->size))
		return "an entry of what is not the instance's";
	switch (entry->type) {
	case 1:
		return NULL;
	case 2:
		if (entry->addr == fake_ioapic && entry->size == MK_PAGE_SIZE)
			return NULL;
		if (entry->addr == layout->control && entry->size == load->shared_size)
			return NULL;
		return "something else is reserved";
	case 3:
		if (entry->addr == layout->acpi && entry->size == layout->acpi_size)
			return NULL;
		return "the ACPI entry is elsewhere";
	default:
		return "a type that nobody asked for";
	}
}

static const char *map_fault(const struct oracle_load *load, const struct mk_layout *layout,
			     const struct boot_params *params)
{
	u64 end = 0, sum[4] = { 0 }, total = MK_LOW_WINDOW_SIZE;
	u32 i;

	for (i = 0; i < params->e820_entries; i++) {
		const struct boot_e820_entry *entry = &params->e820_table[i];
		const char *fault = entry_fault(load, layout, entry);

		if (fault)
			return fault;
		if (i && entry->addr < end)
			return "entries overlap or are not sorted";
		end = entry->addr + entry->size;
		sum[entry->type] += entry->size;
	}
	for (i = 0; i < load->memory->count; i++)
		total += load->memory->range[i].size;
	if (sum[1] + sum[2] + sum[3] != total)
		return "the map does not cover the instance's memory";
	if (sum[2] != MK_PAGE_SIZE + load->shared_size || sum[3] != layout->acpi_size)
		return "something that is reserved is missing";
	return NULL;
}

/*
 * A page made from the structure, of which only the map is taken over, must be the same to the
 * last byte.
 */
const char *oracle_boot_params_fault(const struct oracle_load *load, const struct mk_layout *layout,
				     const void *header, const void *page)
{
	static struct boot_params actual, expected;
	const size_t start = offsetof(struct boot_params, hdr);

	memcpy(&actual, page, sizeof(actual));
	memset(&expected, 0, sizeof(expected));
	memcpy((u8 *)&expected + start, (const u8 *)header + start,
	       load->image->header_end - start);
	expected.hdr.type_of_loader = 0xff;
	expected.hdr.setup_data = layout->kho;
	expected.hdr.ramdisk_image = layout->initrd & 0xffffffff;
	expected.ext_ramdisk_image = layout->initrd >> 32;
	expected.hdr.ramdisk_size = load->initrd_size & 0xffffffff;
	expected.ext_ramdisk_size = load->initrd_size >> 32;
	expected.hdr.cmd_line_ptr = layout->command_line & 0xffffffff;
	expected.ext_cmd_line_ptr = layout->command_line >> 32;
	expected.acpi_rsdp_addr = layout->acpi;
	expected.e820_entries = actual.e820_entries;
	if (actual.e820_entries > E820_MAX_ENTRIES_ZEROPAGE)
		return "more entries than there is room for";
	memcpy(expected.e820_table, actual.e820_table,
	       actual.e820_entries * sizeof(actual.e820_table[0]));
	if (memcmp(&actual, &expected, sizeof(actual)))
		return "a field differs";
	return map_fault(load, layout, &actual);
}
