// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not all of the host's memory can be had, nor should be: what a driver has added it may take away
 * again (virtio_mem, kmem); a memory device can be ejected; broken pages must not reach anyone;
 * huge pages that were set aside are somebody's. A spawn that gives memory back asks here as well.
 */
#include <linux/acpi.h>
#include <linux/hugetlb.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "memory/host_ram.h"

#define RESERVE_MIN (64ULL << 20)	/* available memory that any host keeps */
#define RESERVE_PART 128		/* of its memory a large host keeps one such part */
#define MEMORY_DEVICE "PNP0C80"		/* ACPI Specification 6.5, 9.11 "Memory Devices" */

static void note(struct host_ram_ranges *ranges, u64 start, u64 size)
{
	if (ranges->count == HOST_RAM_RANGES_MAX)
		return;
	ranges->range[ranges->count].start = start;
	ranges->range[ranges->count++].size = size;
}

static int note_ram(struct resource *resource, void *argument)
{
	struct host_ram *map = argument;

	if (!(resource->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED))
		note(&map->ram, resource->start, resource_size(resource));
	return 0;
}

static acpi_status note_ejectable(struct acpi_resource *resource, void *argument)
{
	struct host_ram *map = argument;
	struct acpi_resource_address64 range;

	if (ACPI_SUCCESS(acpi_resource_to_address64(resource, &range)) &&
	    range.resource_type == ACPI_MEMORY_RANGE && range.address.address_length)
		note(&map->ejectable, range.address.minimum, range.address.address_length);
	return AE_OK;
}

/* By itself, or with what it is part of. */
static bool can_be_ejected(acpi_handle device)
{
	do {
		if (acpi_has_method(device, "_EJ0") || acpi_has_method(device, "_EJD"))
			return true;
	} while (ACPI_SUCCESS(acpi_get_parent(device, &device)));
	return false;
}

static acpi_status look_at_device(acpi_handle device, u32 depth, void *argument, void **result)
{
	if (can_be_ejected(device))
		acpi_walk_resources(device, METHOD_NAME__CRS, note_ejectable, argument);
	return AE_OK;
}

/*
 * Once the last of the host's memory of a device has been removed, nothing keeps the device from
 * being ejected, whoever uses it now; and the host would remove the memory once more, and die of it
 * (drivers/acpi/acpi_memhotplug.c, acpi_memory_remove_memory(), 6.1 to 7.3).
 */
static void read_ejectable(struct host_ram *map)
{
	if (ACPI_SUCCESS(acpi_get_devices(MEMORY_DEVICE, look_at_device, map, NULL)) &&
	    map->ejectable.count < HOST_RAM_RANGES_MAX)
		return;
	/* It is not known, or there are too many to be noted: then all may be. */
	map->ejectable.count = max(map->ejectable.count, 1U);
	map->ejectable.range[0].start = 0;
	map->ejectable.range[0].size = ~0ULL;
}

struct host_ram *host_ram_read(void)
{
	struct host_ram *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return NULL;
	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1, map,
			    note_ram);
	read_ejectable(map);
	return map;
}

bool host_ram_is_ejectable(const struct host_ram *map, u64 start, u64 size)
{
	u32 i;

	for (i = 0; i < map->ejectable.count; i++) {
		const struct mk_range *range = &map->ejectable.range[i];

		if (start < mk_range_end(range) && range->start < start + size)
			return true;
	}
	return false;
}

static bool page_may_move(struct host_ram *map, struct page *page)
{
	struct folio *folio = page_folio(page);

	if (PageReserved(page) || PageHWPoison(page) || folio_maybe_dma_pinned(folio))
		return false;
	if (!folio_test_large(folio) || !PageHuge(page))
		return true;
	map->huge_pages = true;
	return false;
}

/*
 * Of one subsection, which is online as a whole or not at all (pfn_to_online_page() and
 * check_pfn_span(), mm/memory_hotplug.c, 6.1 to 7.3). Its ends tell its zone, as they tell that of
 * as large a pageblock (__pageblock_pfn_to_page(), mm/page_alloc.c). All else is asked of each page.
 */
static bool pages_may_move(struct host_ram *map, const struct zone *zone, unsigned long pfn,
			   unsigned long end)
{
	struct page *page = pfn_to_online_page(pfn), *last;

	if (!page)
		return false;
	last = page + (end - pfn) - 1;
	if (page_zone(page) != zone || page_zone(last) != zone)
		return false;
	for (; page <= last; page++)
		if (!page_may_move(map, page))
			return false;
	return true;
}

bool host_ram_may_move(struct host_ram *map, u64 start, u64 size)
{
	unsigned long pfn = PHYS_PFN(start), end = PHYS_PFN(start + size), next;
	const struct page *page = pfn_to_online_page(pfn);

	if (!page)
		return false;
	for (; pfn < end; pfn = next) {
		next = min(end, ALIGN(pfn + 1, PAGES_PER_SUBSECTION));
		if (!pages_may_move(map, page_zone(page), pfn, next))
			return false;
	}
	return true;
}

bool host_ram_is_movable(u64 start)
{
	struct page *page = pfn_to_online_page(PHYS_PFN(start));

	return page && page_zonenum(page) == ZONE_MOVABLE;
}

u64 host_ram_reserve(void)
{
	return max_t(u64, RESERVE_MIN, ((u64)totalram_pages() << PAGE_SHIFT) / RESERVE_PART);
}

bool host_ram_can_spare(u64 bytes)
{
	u64 available = (u64)si_mem_available() << PAGE_SHIFT, reserve = host_ram_reserve();

	return available >= reserve && bytes <= available - reserve;
}

/* Free, or what can be had from the page cache. As si_mem_available() counts (mm/page_alloc.c). */
static u64 available_in(struct zone *zone)
{
	u64 pages = zone_page_state(zone, NR_FREE_PAGES) +
		    zone_page_state(zone, NR_ZONE_INACTIVE_FILE) +
		    zone_page_state(zone, NR_ZONE_ACTIVE_FILE);
	u64 kept = high_wmark_pages(zone);

	return pages > kept ? (pages - kept) << PAGE_SHIFT : 0;
}

/* Of all nodes: in their movable zones, or in all the others. */
static u64 available(bool movable)
{
	u64 bytes = 0;
	int node, i;

	for_each_online_node(node)
		for (i = 0; i < MAX_NR_ZONES; i++)
			if ((i == ZONE_MOVABLE) == movable)
				bytes += available_in(&NODE_DATA(node)->node_zones[i]);
	return bytes;
}

/* What finds no other place among movable memory moves to where the kernel has its own. */
bool host_ram_can_spare_place(u64 start, u64 size)
{
	u64 burden = size;

	if (host_ram_is_movable(start))
		burden -= min(burden, available(true));
	return host_ram_can_spare(size) && available(false) >= host_ram_reserve() + burden;
}

/* As much again is for tables of pages, and for whoever takes some meanwhile. */
bool host_ram_can_describe(u64 bytes)
{
	return available(false) >= 2 * (bytes >> PAGE_SHIFT) * sizeof(struct page);
}
