// SPDX-License-Identifier: GPL-2.0-only
/*
 * A test's own module, never shipped: it fills memory that is nobody's with a pattern, and later
 * tells where the pattern is broken. It takes the host's free pages and, as parameters, physical
 * ranges that are not the host's to use.
 *
 *	insmod poison.ko fill=START,SIZE,... watch=START,SIZE,... leave_mb=200
 *	cat /sys/module/poison/parameters/filled	bytes looked at
 *	cat /sys/module/poison/parameters/found		words of the ranges to fill that were not zero before
 *	cat /sys/module/poison/parameters/parts		how many ranges they are, the free pages
 *							counted as one
 *	cat /sys/module/poison/parameters/changed	"START-END" for each run of changed bytes
 *	echo 1 >/sys/module/poison/parameters/disturb	change the first byte of each range and of
 *							one free page; once more: undo that
 *
 * Ranges to fill are zeroed when the module goes. Those to watch are only compared with a copy:
 * someone may read them.
 */
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>

#define REGIONS_MAX 32
#define WORD sizeof(u64)
#define MULTIPLIER 0x9e3779b97f4a7c15ULL	/* odd, so that no two addresses share a value */

/**
 * struct region - memory at a physical address
 * @start:   bytes, a multiple of WORD
 * @size:    the same
 * @mapping: where it is seen
 * @copy:    what was in it; NULL where it holds the pattern
 */
struct region {
	u64 start;
	u64 size;
	u64 *mapping;
	u64 *copy;
};

static u64 fill[2 * REGIONS_MAX], watch[2 * REGIONS_MAX];
static unsigned int fill_count, watch_count, leave_mb = 200;
module_param_array(fill, ullong, &fill_count, 0);
module_param_array(watch, ullong, &watch_count, 0);
module_param(leave_mb, uint, 0);

static struct region regions[2 * REGIONS_MAX];
static unsigned int region_count;
static LIST_HEAD(blocks);	/* of free pages; the order of each is its page's private */
static u64 total, found;

static u64 pattern(u64 address)
{
	return address * MULTIPLIER;
}

static void fill_words(u64 *words, u64 start, u64 size)
{
	u64 i;

	for (i = 0; i < size / WORD; i++)
		words[i] = pattern(start + i * WORD);
}

/* The list of runs of changed bytes under way; it ends where the page that sysfs gives is full. */
struct report {
	char *text;
	int length;
	u64 start, end;		/* the run, if they differ */
};

static void end_run(struct report *report)
{
	if (report->start != report->end)
		report->length += sysfs_emit_at(report->text, report->length, "0x%llx-0x%llx\n",
						report->start, report->end - 1);
	report->start = report->end = 0;
}

static void changed_byte(struct report *report, u64 address)
{
	if (report->end != address || report->start == report->end) {
		end_run(report);
		report->start = address;
	}
	report->end = address + 1;
}

/* Holds a word against what it should be. */
static void compare(struct report *report, u64 address, u64 is, u64 should)
{
	unsigned int byte;

	if (is == should)
		return;
	for (byte = 0; byte < WORD; byte++)
		if ((is ^ should) >> (8 * byte) & 0xff)
			changed_byte(report, address + byte);
}

static void compare_region(struct report *report, const struct region *region)
{
	u64 i;

	for (i = 0; i < region->size / WORD; i++) {
		u64 address = region->start + i * WORD;

		compare(report, address, region->mapping[i],
			region->copy ? region->copy[i] : pattern(address));
		if (i % (PAGE_SIZE / WORD) == 0)
			cond_resched();
	}
}

static void compare_block(struct report *report, struct page *page)
{
	u64 start = page_to_phys(page), size = PAGE_SIZE << page_private(page), i;
	u64 *words = page_address(page);

	for (i = 0; i < size / WORD; i++)
		compare(report, start + i * WORD, words[i], pattern(start + i * WORD));
	cond_resched();
}

static int get_changed(char *text, const struct kernel_param *parameter)
{
	struct report report = { .text = text };
	struct page *page;
	unsigned int i;

	for (i = 0; i < region_count; i++)
		compare_region(&report, &regions[i]);
	list_for_each_entry(page, &blocks, lru)
		compare_block(&report, page);
	end_run(&report);
	return report.length;
}

static const struct kernel_param_ops changed_ops = { .get = get_changed };
module_param_cb(changed, &changed_ops, NULL, 0400);
module_param_named(filled, total, ullong, 0400);
module_param(found, ullong, 0400);

static int get_parts(char *text, const struct kernel_param *parameter)
{
	return sysfs_emit(text, "%u\n", region_count + !list_empty(&blocks));
}

static const struct kernel_param_ops parts_ops = { .get = get_parts };
module_param_cb(parts, &parts_ops, NULL, 0400);

/* So that a test can see that it would see. */
static int disturb(const char *text, const struct kernel_param *parameter)
{
	struct page *page = list_first_entry_or_null(&blocks, struct page, lru);
	unsigned int i;

	for (i = 0; i < region_count; i++)
		*regions[i].mapping ^= 1;
	if (!page)
		return -ENOENT;
	*(u64 *)page_address(page) ^= 1;
	return 0;
}

static const struct kernel_param_ops disturb_ops = { .set = disturb };
module_param_cb(disturb, &disturb_ops, NULL, 0200);

/* The direct map has all of the first MB, whatever is there; memremap() wants one kind of memory. */
static u64 *map(u64 start, u64 size)
{
	return start < SZ_1M ? phys_to_virt(start) : memremap(start, size, MEMREMAP_WB);
}

static void unmap(const struct region *region)
{
	if (region->start >= SZ_1M)
		memunmap(region->mapping);
}

static u64 count_words(const u64 *words, u64 size)
{
	u64 count = 0, i;

	for (i = 0; i < size / WORD; i++)
		count += !!words[i];
	return count;
}

static int add_region(u64 start, u64 size, bool fill)
{
	struct region *region = &regions[region_count];

	if (start % WORD || size % WORD || !size)
		return -EINVAL;
	*region = (struct region){ .start = start, .size = size };
	region->mapping = map(start, size);
	if (!region->mapping)
		return -ENXIO;
	if (fill) {
		found += count_words(region->mapping, size);
		fill_words(region->mapping, start, size);
	} else {
		region->copy = vmalloc(size);
		if (!region->copy) {
			unmap(region);
			return -ENOMEM;
		}
		memcpy(region->copy, region->mapping, size);
	}
	total += size;
	region_count++;
	return 0;
}

static void remove_regions(void)
{
	while (region_count) {
		struct region *region = &regions[--region_count];

		if (!region->copy)
			memset(region->mapping, 0, region->size);
		unmap(region);
		vfree(region->copy);
	}
}

static int add_regions(const u64 *pairs, unsigned int count, bool fill)
{
	unsigned int i;
	int error = 0;

	if (count % 2)
		return -EINVAL;
	for (i = 0; i < count && !error; i += 2)
		error = add_region(pairs[i], pairs[i + 1], fill);
	return error;
}

/* Free memory down to what the host needs to go on. */
static void take_free_pages(unsigned int order)
{
	u64 leave = (u64)leave_mb << (20 - PAGE_SHIFT);
	struct page *page;

	while (global_zone_page_state(NR_FREE_PAGES) > leave + (1UL << order)) {
		page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_NORETRY | __GFP_NOWARN, order);
		if (!page)
			return;
		set_page_private(page, order);
		list_add(&page->lru, &blocks);
		fill_words(page_address(page), page_to_phys(page), PAGE_SIZE << order);
		total += PAGE_SIZE << order;
		cond_resched();
	}
}

static void give_pages_back(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &blocks, lru) {
		unsigned int order = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		__free_pages(page, order);
	}
}

static int __init poison_init(void)
{
	static const unsigned int orders[] = { 9, 4, 0 };
	unsigned int i;
	int error;

	error = add_regions(fill, fill_count, true);
	if (!error)
		error = add_regions(watch, watch_count, false);
	if (error) {
		remove_regions();
		return error;
	}
	for (i = 0; i < ARRAY_SIZE(orders); i++)
		take_free_pages(orders[i]);
	return 0;
}

static void __exit poison_exit(void)
{
	give_pages_back();
	remove_regions();
}

module_init(poison_init);
module_exit(poison_exit);
MODULE_DESCRIPTION("Memory that nobody may change, for tests of multikernel");
MODULE_LICENSE("GPL");
