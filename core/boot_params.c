// SPDX-License-Identifier: GPL-2.0-only
/* The zero page of a spawn kernel, field by field. */
#include "acpi.h"
#include "boot_params.h"

#define ACPI_RSDP_ADDR 0x070
#define EXT_RAMDISK_IMAGE 0x0c0
#define EXT_RAMDISK_SIZE 0x0c4
#define EXT_CMD_LINE_PTR 0x0c8
#define E820_ENTRIES 0x1e8
#define E820_TABLE 0x2d0
#define E820_ENTRY_SIZE 20
#define E820_ENTRIES_MAX 128

#define E820_RAM 1
#define E820_RESERVED 2
#define E820_ACPI 3

/* struct setup_data (Documentation/arch/x86/boot.rst, "setup_data") */
#define DATA_NEXT 0
#define DATA_TYPE 8
#define DATA_LENGTH 12
#define DATA_BYTES 16
#define DATA_RNG_SEED 9

#define LOADER_UNDEFINED 0xff	/* type_of_loader: a loader without a number of its own */

/* Writes a 64-bit value whose upper half has a place of its own. */
static void put_split(u8 *page, u32 low, u32 high, u64 value)
{
	mk_put_le32(page + low, value);
	mk_put_le32(page + high, value >> 32);
}

static int add_entry(u8 *page, u64 start, u64 end, u32 type)
{
	u8 *entry = page + E820_TABLE + page[E820_ENTRIES] * E820_ENTRY_SIZE;

	if (start == end)
		return 0;
	if (page[E820_ENTRIES] == E820_ENTRIES_MAX)
		return -ENOSPC;
	mk_put_le64(entry, start);
	mk_put_le64(entry + 8, end - start);
	mk_put_le32(entry + 16, type);
	page[E820_ENTRIES]++;
	return 0;
}

/* The range with the kernel begins with what the spawn must keep its hands off. */
static int add_boot_range(u8 *page, const struct mk_layout *layout)
{
	u64 acpi_end = layout->acpi + layout->acpi_size;
	int error;

	error = add_entry(page, layout->control, layout->acpi, E820_RESERVED);
	if (!error)
		error = add_entry(page, layout->acpi, acpi_end, E820_ACPI);
	if (!error)
		error = add_entry(page, acpi_end, mk_range_end(&layout->boot), E820_RAM);
	return error;
}

static int build_map(u8 *page, const struct mk_layout *layout, const struct mk_ranges *memory)
{
	u64 ioapic = layout->low_window + MK_LOW_IOAPIC_PAGE * MK_PAGE_SIZE;
	int error;
	u32 i;

	error = add_entry(page, layout->low_window, ioapic, E820_RAM);
	if (!error)
		error = add_entry(page, ioapic, ioapic + MK_PAGE_SIZE, E820_RESERVED);
	for (i = 0; i < memory->count && !error; i++) {
		const struct mk_range *range = &memory->range[i];

		if (range->start == layout->boot.start)
			error = add_boot_range(page, layout);
		else
			error = add_entry(page, range->start, mk_range_end(range), E820_RAM);
	}
	return error;
}

int mk_boot_params_build(void *page, const void *header, const struct mk_image *image,
			 const struct mk_layout *layout, const struct mk_ranges *memory)
{
	u8 *params = page;

	memset(params, 0, MK_PAGE_SIZE);
	memcpy(params + MK_SETUP_HEADER_START, (const u8 *)header + MK_SETUP_HEADER_START,
	       image->header_end - MK_SETUP_HEADER_START);
	params[MK_SETUP_TYPE_OF_LOADER] = LOADER_UNDEFINED;
	mk_put_le64(params + MK_SETUP_SETUP_DATA, layout->kho);
	mk_put_le64(params + ACPI_RSDP_ADDR, layout->acpi);
	put_split(params, MK_SETUP_RAMDISK_IMAGE, EXT_RAMDISK_IMAGE, layout->initrd);
	put_split(params, MK_SETUP_RAMDISK_SIZE, EXT_RAMDISK_SIZE, layout->initrd_size);
	put_split(params, MK_SETUP_CMD_LINE_PTR, EXT_CMD_LINE_PTR, layout->command_line);
	return build_map(params, layout, memory);
}

u64 mk_acpi_data_size(u32 cpu_count, u32 later_count)
{
	return mk_align_up(mk_acpi_size(cpu_count, later_count) + MK_SEED_SIZE, MK_PAGE_SIZE);
}

void mk_boot_params_add_seed(void *page, void *place, u64 address, const u8 seed[MK_SEED_BYTES])
{
	u8 *data = place;

	mk_put_le64(data + DATA_NEXT, mk_get_le64((u8 *)page + MK_SETUP_SETUP_DATA));
	mk_put_le32(data + DATA_TYPE, DATA_RNG_SEED);
	mk_put_le32(data + DATA_LENGTH, MK_SEED_BYTES);
	memcpy(data + DATA_BYTES, seed, MK_SEED_BYTES);
	mk_put_le64((u8 *)page + MK_SETUP_SETUP_DATA, address);
}
