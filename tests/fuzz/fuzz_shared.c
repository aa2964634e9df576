// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a spawn finds of itself: the ACPI table that names the shared area (mk_acpi_read_shared())
 * and the control page there (mk_shared_read()), both of any bytes. What is taken lies where it may,
 * and written once more it says the same.
 *
 * The input: a byte of options, two bytes for the size of what can be read of the table or four for
 * that of the area, then table or page. An option makes the checksum right, which nothing else in
 * the input would.
 */
#include "../../include/control_page.h"
#include "../../include/device_table.h"
#include "acpi.h"
#include "fuzz.h"
#include "shared.h"

#define TABLE_BYTES_MAX 256
#define TABLE_LENGTH 4		/* ACPI 6.5, 5.2.6: where a table has its length and its checksum */
#define TABLE_CHECKSUM 9

enum { OPTION_TABLE = 1, OPTION_CHECKSUM = 2, OPTION_MAGIC = 4 };

static void repair_table(u8 *table, size_t size, bool magic)
{
	u8 sum = 0;
	size_t i;

	if (magic) {
		memcpy(table, MK_ACPI_SHARED_SIGNATURE, 4);
		mk_put_le32(table + TABLE_LENGTH, size);
	}
	for (i = 0; i < size; i++)
		sum += table[i];
	table[TABLE_CHECKSUM] -= sum;
}

static void check_table(u8 options, const u8 *data, size_t size)
{
	u8 *table = malloc(size ? size : 1);	/* of its own size, so that one byte too far is seen */
	u32 area_size;
	u64 address;

	MUST(table, "out of memory");
	memcpy(table, data, size);
	if (options & OPTION_CHECKSUM && size > TABLE_CHECKSUM)
		repair_table(table, size, options & OPTION_MAGIC);
	if (!mk_acpi_read_shared(table, size, &address, &area_size)) {
		MUST(address % MK_PAGE_SIZE == 0, "alignment");
		MUST(area_size && area_size <= MK_ACPI_SHARED_MAX, "size");
		MUST(address + area_size > address, "wraps around");
		MUST(!memcmp(table, MK_ACPI_SHARED_SIGNATURE, 4), "signature");
	}
	free(table);
}

/* Sum of the 32-bit words of the constant part is zero. */
static void repair_page(struct mk_control *page, u32 size, bool magic)
{
	u32 sum = 0;
	size_t i;

	if (magic) {
		page->magic = MK_CONTROL_MAGIC;
		page->version = MK_CONTROL_VERSION;
		page->size = size;
	}
	for (i = 0; i < offsetof(struct mk_control, checksum) + sizeof(page->checksum); i += 4)
		sum += mk_get_le32((const u8 *)page + i);
	page->checksum -= sum;
}

static void check_part(u32 *end, u32 offset, u32 bytes, u32 size)
{
	MUST(offset >= *end && offset % MK_PAGE_SIZE == 0, "behind the one before, at a page");
	MUST((u64)offset + bytes <= size, "inside the area");
	*end = offset + bytes;
}

static void check_page(u8 options, u32 area_size, const u8 *data, size_t size)
{
	struct mk_control *page = calloc(1, sizeof(*page)), *again = calloc(1, sizeof(*again));
	size_t constant = offsetof(struct mk_control, checksum) + sizeof(page->checksum);
	u32 id, end = MK_PAGE_SIZE;
	struct mk_shared shared;

	MUST(page && again, "out of memory");
	memcpy(page, data, size < sizeof(*page) ? size : sizeof(*page));
	if (options & OPTION_CHECKSUM)
		repair_page(page, area_size, options & OPTION_MAGIC);
	if (!mk_shared_read(&shared, &id, page, area_size)) {
		MUST(shared.size == area_size, "size");
		check_part(&end, shared.handover, shared.handover_size, area_size);
		check_part(&end, shared.output, shared.output_size, area_size);
		check_part(&end, shared.input, shared.input_size, area_size);
		if (shared.devices || shared.devices_size) {
			MUST(shared.devices_size >= MK_DEVICE_TABLE_SIZE, "the whole table");
			check_part(&end, shared.devices, shared.devices_size, area_size);
		}
		mk_shared_describe(again, &shared, id);
		MUST(!memcmp(again, page, constant), "written again");
	}
	free(again);
	free(page);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size < 5)
		return 0;
	if (data[0] & OPTION_TABLE)
		check_table(data[0], data + 1, size - 1 < TABLE_BYTES_MAX ? size - 1 : TABLE_BYTES_MAX);
	else
		check_page(data[0], mk_get_le32(data + 1) % (2 * MK_ACPI_SHARED_MAX), data + 5, size - 5);
	return 0;
}
