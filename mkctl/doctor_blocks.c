// SPDX-License-Identifier: GPL-2.0-only
/* Questions about memory blocks, the pieces in which memory leaves this kernel: which can go, what holds the others. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "cpu_list.h"
#include "doctor.h"
#include "place.h"
#include "size.h"
#include "sysfs.h"

#define SMALL_BLOCK (512ULL << 20)	/* larger ones can seldom be emptied on a machine that has run */
#define PAGE_BYTES 4096
#define PAGES_AT_ONCE 8192
#define LOOK_MS 2000	/* a terabyte of movable pages takes longer */
#define LIST_WORTH 60	/* characters; a longer list of blocks is no help */
#define PAGE_RESERVED 32	/* the kernel's own, KPF_RESERVED of include/linux/kernel-page-flags.h */

/**
 * struct blocks - the memory blocks of this machine
 * @bytes:     of each
 * @number:    their numbers, ascending
 * @count:     how many
 */
struct blocks {
	u64 bytes;
	u32 *number;
	u32 count;
};

static void add_block(struct blocks *blocks, const char *name)
{
	u32 *number = realloc(blocks->number, (blocks->count + 1) * sizeof(*number));

	if (!number)
		return;
	blocks->number = number;
	number[blocks->count++] = strtoul(name + strlen("memory"), NULL, 10);
}

static int ascending(const void *a, const void *b)
{
	const u32 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* To be freed: @blocks->number. */
static bool find_blocks(struct blocks *blocks)
{
	char path[SYSFS_PATH_SIZE], text[32];
	struct dirent *entry;
	DIR *directory;

	memset(blocks, 0, sizeof(*blocks));
	if (!doctor_read(text, sizeof(text), "sys/devices/system/memory/block_size_bytes"))
		return false;
	blocks->bytes = strtoull(text, NULL, 16);
	sysfs_path(path, "devices/system/memory");
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		if (!strncmp(entry->d_name, "memory", 6) && entry->d_name[6] >= '0' && entry->d_name[6] <= '9')
			add_block(blocks, entry->d_name);
	if (directory)
		closedir(directory);
	if (blocks->count)
		qsort(blocks->number, blocks->count, sizeof(*blocks->number), ascending);
	return blocks->count && blocks->bytes;
}

/* How many of them have a file that begins so. */
static u32 count_blocks(const struct blocks *blocks, const char *file, const char *beginning)
{
	u32 i, count = 0;
	char text[64];

	for (i = 0; i < blocks->count; i++)
		count += doctor_read(text, sizeof(text), "sys/devices/system/memory/memory%u/%s", blocks->number[i], file) &&
			 !strncmp(text, beginning, strlen(beginning));
	return count;
}

/* Which can go the kernel tells as far as it knows beforehand; what is in the zone for movable memory surely can. */
static void ask_blocks(struct finding *finding)
{
	struct blocks blocks;
	char size[SIZE_TEXT];

	if (!find_blocks(&blocks)) {
		finding_warn(finding, "memory can still be had as contiguous pages, or kept at boot with memmap=",
			     "this kernel shows no memory blocks, so none can be taken out");
		return;
	}
	size_text(size, blocks.bytes);
	if (blocks.bytes > SMALL_BLOCK)
		finding_warn(finding, "have the pool made soon after boot, or give movablecore= on the command line",
			     "a memory block has %s here; one page that stays keeps all of a block", size);
	else
		finding_pass(finding, "%u of %u memory blocks of %s can go as far as the kernel tells, %u of them surely",
			     count_blocks(&blocks, "removable", "1"), blocks.count, size,
			     count_blocks(&blocks, "valid_zones", "Movable"));
	free(blocks.number);
}

/* What keeps a block here; the first three are what the module does not take either (module/memory/host_ram.c). */
enum holder { BROKEN, HUGE, KERNEL, HOLE, NOTHING, HOLDERS };

static const char *const held_by[HOLDERS] = {
	[BROKEN] = "broken pages", [HUGE] = "huge pages", [KERNEL] = "this kernel's own pages",
	[HOLE] = "holes", [NOTHING] = "nothing that stays"
};

/*
 * Pages that a driver has for itself, or has pinned, look like any other from here: what is said to be held by nothing
 * may stay all the same.
 */
static enum holder holder_of_page(u64 flags)
{
	static const struct {
		u32 bit;
		enum holder holder;
	} table[] = {
		{ KPF_HWPOISON, BROKEN }, { KPF_NOPAGE, HOLE }, { KPF_HUGE, HUGE }, { KPF_SLAB, KERNEL },
		{ KPF_PGTABLE, KERNEL }, { KPF_OFFLINE, KERNEL }, { PAGE_RESERVED, KERNEL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (flags >> table[i].bit & 1)
			return table[i].holder;
	return NOTHING;
}

/* The worst that is among these pages, of which there may be no more at the end of memory. */
static enum holder holder_of_pages(int fd, u64 first, u32 count)
{
	static u64 flags[PAGES_AT_ONCE];
	ssize_t length = pread(fd, flags, count * sizeof(*flags), first * sizeof(*flags));
	enum holder worst = NOTHING, holder;
	u32 i, there = length > 0 ? length / sizeof(*flags) : 0;

	for (i = 0; i < there; i++) {
		holder = holder_of_page(flags[i]);
		if (holder < worst)
			worst = holder;
	}
	return there < count && worst == NOTHING ? HOLE : worst;
}

static enum holder holder_of_block(int fd, const struct blocks *blocks, u32 number)
{
	u64 pages = blocks->bytes / PAGE_BYTES, at;
	enum holder worst = NOTHING, holder;

	for (at = 0; at < pages && worst == NOTHING; at += PAGES_AT_ONCE) {
		u32 count = pages - at < PAGES_AT_ONCE ? pages - at : PAGES_AT_ONCE;

		holder = holder_of_pages(fd, number * pages + at, count);
		if (holder < worst)
			worst = holder;
	}
	return worst;
}

/* Sorts the blocks by what holds them. Returns how many were looked at, from the top, where the pool begins, down. */
static u32 sort_blocks(int fd, const struct blocks *blocks, u32 *number[HOLDERS], u32 count[HOLDERS])
{
	u64 end = clock_ms() + LOOK_MS;
	u32 i, looked = 0;

	for (i = blocks->count; i-- && clock_ms() < end; looked++) {
		enum holder holder = holder_of_block(fd, blocks, blocks->number[i]);

		number[holder][count[holder]++] = blocks->number[i];
	}
	return looked;
}

/* "; 3 hold huge pages (8-10)" */
static void add_holder(char *text, size_t size, enum holder holder, u32 *number, u32 count)
{
	size_t length = strlen(text);
	char *list;

	if (!count)
		return;
	snprintf(text + length, size - length, "%s%u hold%s %s", *text ? "; " : "", count, count == 1 ? "s" : "",
		 held_by[holder]);
	qsort(number, count, sizeof(*number), ascending);
	list = cpu_list_text(number, count);
	length = strlen(text);
	if (list && strlen(list) <= LIST_WORTH)
		snprintf(text + length, size - length, " (%s)", list);
	free(list);
}

static void tell_holders(struct finding *finding, const struct blocks *blocks, u32 looked,
			 u32 *number[HOLDERS], const u32 count[HOLDERS])
{
	char text[FINDING_TEXT / 2] = "", of[64] = "";
	u32 i;

	for (i = HOLDERS; i--;)
		add_holder(text, sizeof(text), i, number[i], count[i]);
	if (looked < blocks->count)
		snprintf(of, sizeof(of), "of the topmost %u, ", looked);
	if (count[NOTHING])
		finding_pass(finding, "of %u memory blocks, %s%s", blocks->count, of, text);
	else
		finding_warn(finding, "movablecore= on the command line keeps some free; else the pool is of contiguous pages",
			     "of %u memory blocks, %s%s", blocks->count, of, text);
}

/* An array for each kind, in one piece, to be freed. */
static u32 *make_lists(u32 *number[HOLDERS], u32 count)
{
	u32 *all = calloc((size_t)count * HOLDERS, sizeof(*all));
	u32 i;

	for (i = 0; all && i < HOLDERS; i++)
		number[i] = all + (size_t)i * count;
	return all;
}

/* What /proc/kpageflags tells of each page, to root alone. */
static void ask_holders(struct finding *finding)
{
	u32 *number[HOLDERS], count[HOLDERS] = { 0 }, looked, *all = NULL;
	char path[SYSFS_PATH_SIZE];
	struct blocks blocks;
	int fd;

	snprintf(path, sizeof(path), "%s/kpageflags", PLACE_PROC);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!find_blocks(&blocks) || fd < 0) {
		finding_pass(finding, "what holds memory blocks is %s", fd < 0 ? "for root to know, by /proc/kpageflags" :
			     "not known: there are none");
		goto out;
	}
	all = make_lists(number, blocks.count);
	if (!all)
		goto out;
	looked = sort_blocks(fd, &blocks, number, count);
	tell_holders(finding, &blocks, looked, number, count);
out:
	free(all);
	free(blocks.number);
	if (fd >= 0)
		close(fd);
}

const struct question doctor_blocks[] = {
	{ "blocks", ask_blocks },
	{ "holders", ask_holders },
	{ 0 }
};
