// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the host is made to give up memory.
 *
 * Whole memory blocks are best: removed, they are no longer in the host's direct map, so the host
 * cannot even touch them by mistake. Blocks that hold unmovable pages stay; what is missing is had
 * as contiguous pages.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/lockdep.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <asm/pgtable.h>
#include <asm/set_memory.h>

#include "base.h"
#include "compat.h"
#include "kernel_files.h"
#include "memory/block.h"
#include "memory/broken.h"
#include "memory/host_memory.h"
#include "memory/host_ram.h"
#include "memory/patience.h"

#define BLOCKS_PATIENCE (30 * HZ)	/* for all tries at blocks together; more for much memory */
#define PAGES_PATIENCE (30 * HZ)	/* for all tries at contiguous pages together */
#define PAGES_LARGEST (1ULL << 30)		/* the piece that is tried first for contiguous pages */
#define GIVE_BACK_AT_ONCE (32ULL << 20)		/* of contiguous pages: some milliseconds of a CPU */
#define ADD_MEMORY_TRIES 5
#define ADD_MEMORY_PAUSE_MS 100
#define FIRMWARE_ENTRIES_MAX 1024		/* of the firmware's map that are looked at */
#define FIRMWARE_TEXT_SIZE 64			/* for its addresses and for "System RAM" */
#define SYSFS_NAME_SIZE 64

/**
 * struct taking - memory on its way out of the host
 * @map:     what may be had
 * @taken:   those that have been taken so far
 * @missing: bytes that are still wanted
 */
struct taking {
	struct host_ram *map;
	struct list_head taken;
	u64 missing;
};

static struct host_region *new_region(u64 start, u64 size, int node, enum host_memory_source source)
{
	struct host_region *region = kzalloc(sizeof(*region), GFP_KERNEL);

	if (!region)
		return NULL;
	region->range.start = start;
	region->range.size = size;
	region->range.node = node;
	region->range.host_ram = source == HOST_MEMORY_PAGES;
	region->source = source;
	return region;
}

/* The name is for people: a region without one is as good. */
static void name_region(struct host_region *region)
{
	struct resource *resource = &region->resource;

	resource->name = "Multikernel pool";
	resource->start = region->range.start;
	resource->end = mk_range_end(&region->range) - 1;
	resource->flags = IORESOURCE_MEM | IORESOURCE_BUSY;
	if (insert_resource(&iomem_resource, resource))
		resource->flags = 0;
}

static void forget_name(struct host_region *region)
{
	if (region->resource.flags)
		remove_resource(&region->resource);
}

static bool mapped_by_1g_page(u64 physical)
{
	unsigned int level = PG_LEVEL_NONE;

	return lookup_address((unsigned long)phys_to_virt(physical), &level) && level == PG_LEVEL_1G;
}

/*
 * The kernel cannot remove part of what a 1 GB page of its direct map covers: it takes the page for
 * a table and clears what it finds there (arch/x86/mm/init_64.c, remove_pud_table(), 6.1 to 7.2).
 * So such a page is split first, by a change of caching and back of 2 MB that are ours for that
 * moment.
 */
static int split_direct_map(struct host_ram *map, u64 start, u64 size)
{
	const int pages = MK_LARGE_PAGE_SIZE / PAGE_SIZE;
	u64 end = start + size;

	if (!mapped_by_1g_page(start))
		return 0;
	for (; start < end; start += MK_LARGE_PAGE_SIZE) {
		unsigned long address = (unsigned long)phys_to_virt(start);

		if (!host_ram_may_move(map, start, MK_LARGE_PAGE_SIZE) ||
		    mk_alloc_contig_range(PHYS_PFN(start), PHYS_PFN(start) + pages))
			continue;
		if (!set_memory_uc(address, pages))
			set_memory_wb(address, pages);
		free_contig_range(PHYS_PFN(start), pages);
		break;
	}
	return start >= end || mapped_by_1g_page(start) ? -EBUSY : 0;
}

/*
 * The kernel splits the "System RAM" entry of a removed block in two, and fails, with a warning and
 * the entry left as it is, when the upper part would have to have sub-entries, such as the kernel's
 * own image (kernel/resource.c, release_mem_region_adjustable(), 6.1 to 7.2). An entry of our own
 * shows whether there are any. It comes to lie around an entry with the same borders, which a block
 * has that was given back before: that one goes whole.
 */
static bool entry_can_be_split(u64 start, u64 size)
{
	struct resource probe = {
		.name = "Multikernel probe",
		.start = start,
		.end = start + size - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};
	const struct resource *same;
	bool fine;

	if (insert_resource(&iomem_resource, &probe))
		return false;
	same = probe.child;
	if (same)
		fine = same->start == start && same->end == probe.end && !same->child;
	else
		fine = !probe.sibling || probe.parent->start == start ||
		       probe.parent->end == probe.end;
	remove_resource(&probe);
	return fine;
}

static int take_block(struct taking *taking, u64 start, u64 size)
{
	struct page *page = pfn_to_online_page(PHYS_PFN(start));
	struct host_region *region;
	int error;

	if (host_ram_is_ejectable(taking->map, start, size) || !host_ram_can_spare_place(start, size) ||
	    !host_ram_may_move(taking->map, start, size) || !entry_can_be_split(start, size))
		return -EBUSY;
	region = new_region(start, size, page_to_nid(page), HOST_MEMORY_BLOCK);
	if (!region)
		return -ENOMEM;
	region->movable = host_ram_is_movable(start);
	error = split_direct_map(taking->map, start, size);
	if (!error)
		error = offline_and_remove_memory(start, size);
	if (error) {
		kfree(region);
		return error;
	}
	name_region(region);
	list_add(&region->list, &taking->taken);
	taking->missing -= min(taking->missing, size);
	return 0;
}

/* Whole blocks from the top down, of movable memory or of the other. */
static void take_blocks(struct taking *taking, bool movable)
{
	const struct host_ram_ranges *ram = &taking->map->ram;
	u64 size = memory_block_size_bytes();
	u32 i = ram->count;

	while (i--) {
		u64 start = mk_align_down(mk_range_end(&ram->range[i]), size);

		while (taking->missing && start >= size && start - size >= ram->range[i].start) {
			start -= size;
			if (host_ram_is_movable(start) != movable)
				continue;
			if (!patience_step(block_patience(size)))
				return;
			take_block(taking, start, size);
		}
	}
}

/*
 * Pages that are given up look to the kernel like any that are in use, and where all memory is to
 * be movable it would try to move them without end once a block with some of them shall go
 * (mm/memory_hotplug.c, offline_pages()). Reserved ones it leaves alone, and so do we.
 */
static void set_reserved(u64 start, u64 size, bool reserved)
{
	unsigned long pfn = PHYS_PFN(start), end = PHYS_PFN(start + size);

	for (; pfn < end; pfn++) {
		if (reserved)
			SetPageReserved(pfn_to_page(pfn));
		else
			ClearPageReserved(pfn_to_page(pfn));
	}
}

static int take_piece(struct taking *taking, u64 start, u64 size)
{
	struct host_region *region;
	int error;

	if (!host_ram_can_spare_place(start, size) || !host_ram_may_move(taking->map, start, size))
		return -EBUSY;
	region = new_region(start, size, page_to_nid(pfn_to_page(PHYS_PFN(start))),
			    HOST_MEMORY_PAGES);
	if (!region)
		return -ENOMEM;
	error = mk_alloc_contig_range(PHYS_PFN(start), PHYS_PFN(start + size));
	if (error) {
		kfree(region);
		return error;
	}
	set_reserved(start, size, true);
	name_region(region);
	list_add(&region->list, &taking->taken);
	taking->missing -= size;
	return 0;
}

/* Contiguous pages, in pieces that halve from 1 GB to 2 MB. */
static void take_pages(struct taking *taking)
{
	const struct host_ram_ranges *ram = &taking->map->ram;
	u64 size, start;
	u32 i;

	for (size = PAGES_LARGEST; taking->missing && size >= MK_LARGE_PAGE_SIZE; size /= 2) {
		if (size > taking->missing)
			continue;
		for (i = ram->count; i--;) {
			start = mk_align_down(mk_range_end(&ram->range[i]), size);
			while (taking->missing >= size && start >= size &&
			       start - size >= ram->range[i].start) {
				start -= size;
				if (!patience_step(PAGES_PATIENCE))
					return;
				take_piece(taking, start, size);
			}
		}
	}
}

/* Blocks first; what cannot be had so as contiguous pages. */
static void take_all(struct taking *taking)
{
	u64 bytes = taking->missing;

	patience_begin(BLOCKS_PATIENCE + HZ * bytes / BLOCK_BYTES_IN_A_SECOND);
	take_blocks(taking, true);
	take_blocks(taking, false);
	patience_end();
	if (!taking->missing || signal_pending(current))
		return;
	pr_info("pool: %llu of %llu MB are not to be had as whole memory blocks, taking contiguous pages\n",
		taking->missing >> 20, bytes >> 20);
	patience_begin(PAGES_PATIENCE);
	take_pages(taking);
	patience_end();
}

static int refuse_rest(const struct taking *taking, u64 bytes, struct mk_reason *why)
{
	u64 got = bytes - taking->missing;

	if (signal_pending(current))
		return mk_refuse(why, -EINTR,
				 "pool: a signal came when %llu of the %llu MB wanted were there",
				 got >> 20, bytes >> 20);
	return mk_refuse(why, -ENOMEM,
			 "pool: the host can give up %llu of the %llu MB wanted%s; movablecore= on its command line makes sure of more",
			 got >> 20, bytes >> 20,
			 taking->map->huge_pages ? ", and keeps huge pages that are set aside" : "");
}

int host_memory_take(u64 bytes, struct list_head *regions, struct mk_reason *why)
{
	struct taking taking = { .missing = bytes };
	struct host_region *region, *next;
	int error = 0;

	lockdep_assert_held(&change_lock);
	INIT_LIST_HEAD(&taking.taken);
	if (!host_ram_can_spare(bytes))
		return mk_refuse(why, -ENOMEM,
				 "pool: %llu MB wanted, the host has %llu MB available and keeps %llu of them",
				 bytes >> 20, ((u64)si_mem_available() << PAGE_SHIFT) >> 20,
				 host_ram_reserve() >> 20);
	taking.map = host_ram_read();
	if (!taking.map)
		return mk_refuse(why, -ENOMEM, "pool: no memory for the map of the host's memory");
	take_all(&taking);
	if (taking.missing) {
		list_for_each_entry_safe(region, next, &taking.taken, list)
			host_memory_give_back(region);
		error = refuse_rest(&taking, bytes, why);
	} else {
		list_splice(&taking.taken, regions);
	}
	kfree(taking.map);
	return error;
}

/* One line of an entry of the firmware's map, without the newline. */
static int read_firmware_entry(struct vfsmount *mount, u32 entry, const char *field, char *text,
			       size_t size)
{
	char name[SYSFS_NAME_SIZE];
	loff_t position = 0;
	struct file *file;
	ssize_t length;

	snprintf(name, sizeof(name), "firmware/memmap/%u/%s", entry, field);
	file = kernel_files_open(mount, name, O_RDONLY);
	if (IS_ERR(file))
		return PTR_ERR(file);
	length = kernel_read(file, text, size - 1, &position);
	fput(file);
	if (length < 0)
		return length;
	text[length] = '\0';
	strim(text);
	return 0;
}

/*
 * How much of a range an entry of the firmware's map has as memory; negative when there is no such
 * entry.
 */
static s64 firmware_ram_in(struct vfsmount *mount, u32 entry, const struct mk_range *range)
{
	char text[FIRMWARE_TEXT_SIZE];
	u64 start, last;
	int error;

	error = read_firmware_entry(mount, entry, "start", text, sizeof(text));
	if (!error)
		error = kstrtou64(text, 0, &start);
	if (!error)
		error = read_firmware_entry(mount, entry, "end", text, sizeof(text));
	if (!error)
		error = kstrtou64(text, 0, &last);
	if (!error)
		error = read_firmware_entry(mount, entry, "type", text, sizeof(text));
	if (error)
		return error;
	if (strcmp(text, "System RAM") || last < range->start || start >= mk_range_end(range))
		return 0;
	return min(last, mk_range_end(range) - 1) - max(start, range->start) + 1;
}

/*
 * What the host does not use may be memory that the command line kept from it, or the firmware's,
 * or no memory at all: only the firmware's own map knows, which memmap= leaves alone.
 */
static bool firmware_says_ram(const struct mk_range *range)
{
	struct vfsmount *mount = block_files_mount();
	u64 covered = 0;
	s64 bytes;
	u32 entry;

	if (IS_ERR(mount))
		return false;
	for (entry = 0; entry < FIRMWARE_ENTRIES_MAX; entry++) {
		bytes = firmware_ram_in(mount, entry, range);
		if (bytes < 0)
			break;
		covered += bytes;
	}
	block_files_unmount(mount);
	return covered >= range->size;
}

int host_memory_claim(const struct mk_range *range, struct list_head *regions, struct mk_reason *why)
{
	struct host_region *region;

	if (region_intersects(range->start, range->size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT)
		return mk_refuse(why, -EBUSY,
				 "pool: the host uses memory at 0x%llx; keep it back with memmap=%lluM$0x%llx on its command line",
				 range->start, range->size >> 20, range->start);
	if (region_intersects(range->start, range->size, IORESOURCE_MEM,
			      IORES_DESC_RESERVED) != REGION_INTERSECTS ||
	    !firmware_says_ram(range))
		return mk_refuse(why, -EBUSY, "pool: 0x%llx to 0x%llx is not memory kept from the host",
				 range->start, mk_range_end(range) - 1);
	region = new_region(range->start, range->size, MK_ANY_NODE, HOST_MEMORY_KEPT_BACK);
	if (!region)
		return mk_refuse(why, -ENOMEM, "pool: no memory to note a region");
	name_region(region);
	list_add(&region->list, regions);
	return 0;
}

/* The kernel has marked it itself if it acted upon the machine check; marked pages are freed to nobody. */
static void mark_broken(const struct mk_range *range)
{
	u64 page;

	if (!broken_bytes(range->start, range->size))
		return;
	for (page = range->start; page < mk_range_end(range); page += PAGE_SIZE)
		if (broken_bytes(page, PAGE_SIZE))
			SetPageHWPoison(pfn_to_page(PHYS_PFN(page)));
}

/*
 * The kernel frees them one by one and lets nobody else on this CPU meanwhile (mm/page_alloc.c,
 * free_contig_range(), 6.1 to 7.3), and there may be terabytes of them.
 */
static void give_back_pages(const struct host_region *region)
{
	u64 start = region->range.start, end = mk_range_end(&region->range), size;

	mark_broken(&region->range);
	for (; start < end; start += size) {
		size = min(end - start, GIVE_BACK_AT_ONCE);
		set_reserved(start, size, false);
		free_contig_range(PHYS_PFN(start), PHYS_PFN(size));
		cond_resched();
	}
}

/*
 * It needs some memory itself, 2 MB for a block of 128. A host that is short of it may have some in
 * a moment.
 */
static int add_block(const struct host_region *region)
{
	int tries = ADD_MEMORY_TRIES, error;

	do {
		error = add_memory(region->range.node, region->range.start, region->range.size, MHP_NONE);
	} while (error == -ENOMEM && --tries && !msleep_interruptible(ADD_MEMORY_PAUSE_MS));
	return error;
}

/*
 * A block with a broken page stays out: its pages would be free before the kernel could be told of
 * the broken one.
 */
static void give_back_block(const struct host_region *region)
{
	int error;

	if (broken_bytes(region->range.start, region->range.size)) {
		pr_warn("the host does without its memory at 0x%llx, %llu MB, until it is rebooted: some of it is broken\n",
			region->range.start, region->range.size >> 20);
		return;
	}
	error = add_block(region);

	if (!error)
		error = block_bring_online(region->range.start, region->range.size, region->movable);
	if (error)
		pr_err("the host did not take its memory at 0x%llx back: error %d\n",
		       region->range.start, error);
}

void host_memory_give_back(struct host_region *region)
{
	lockdep_assert_held(&change_lock);
	forget_name(region);
	if (region->source == HOST_MEMORY_BLOCK)
		give_back_block(region);
	else if (region->source == HOST_MEMORY_PAGES)
		give_back_pages(region);
	list_del(&region->list);
	kfree(region);
}
