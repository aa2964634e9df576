// SPDX-License-Identifier: GPL-2.0-only
/* Four levels, of which the last is a 2 MB page: every x86-64 CPU has them. */
#include "identity_map.h"

#define ENTRY_PRESENT (1 << 0)
#define ENTRY_WRITABLE (1 << 1)
#define ENTRY_LARGE (1 << 7)
#define ENTRY_ADDRESS 0x000ffffffffff000ULL
#define INDEX_MASK 511
#define ROOT_SHIFT 39
#define POINTER_SHIFT 30
#define DIRECTORY_SHIFT 21

static u8 *entry_of(u8 *table, u64 address, int shift)
{
	return table + ((address >> shift) & INDEX_MASK) * 8;
}

/* The table below an entry, made when there is none yet. */
static u8 *table_below(struct mk_identity_map *map, u8 *entry)
{
	u64 value = mk_get_le64(entry);

	if (!value) {
		if (map->used == map->count)
			return NULL;
		value = (map->physical + map->used++ * MK_PAGE_SIZE) | ENTRY_PRESENT | ENTRY_WRITABLE;
		mk_put_le64(entry, value);
	}
	return map->pages + ((value & ENTRY_ADDRESS) - map->physical);
}

int mk_identity_map_add(struct mk_identity_map *map, u64 start, u64 end)
{
	u64 address;

	if (end > MK_IDENTITY_MAP_END)
		return -EINVAL;
	for (address = mk_align_down(start, MK_LARGE_PAGE_SIZE); address < end;
	     address += MK_LARGE_PAGE_SIZE) {
		u8 *table;

		table = table_below(map, entry_of(map->pages, address, ROOT_SHIFT));
		if (table)
			table = table_below(map, entry_of(table, address, POINTER_SHIFT));
		if (!table)
			return -ENOSPC;
		mk_put_le64(entry_of(table, address, DIRECTORY_SHIFT),
			    address | ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_LARGE);
	}
	return 0;
}

/* Tables of one level, each for 2^shift bytes: those of [start, end), and the one of address 0. */
static u64 count_tables(u64 start, u64 end, int shift)
{
	u64 first = start >> shift, last = (end - 1) >> shift;

	return last - first + 1 + (first ? 1 : 0);
}

u64 mk_identity_map_pages(u64 start, u64 end)
{
	return 1 + count_tables(start, end, ROOT_SHIFT) + count_tables(start, end, POINTER_SHIFT);
}
