// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code at the entry of a kernel that mkctl has unpacked ahead of its start (core/unpacked.h). It does what is left of
 * the work of the kernel's own (arch/x86/boot/compressed): chooses a place in memory and a virtual address, both at
 * random unless the command line says nokaslr, copies the kernel there, adds to the addresses in it, and jumps.
 *
 * Comes to run as the boot protocol has it (Documentation/arch/x86/boot.rst, "64-bit Boot Protocol"): on one CPU, with
 * all that was loaded, the zero page and the command line mapped one to one; knows no address of its own.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unpacked_kernel.h"

/* The zero page (Documentation/arch/x86/zero-page.rst). */
#define EXT_RAMDISK_IMAGE 0x0c0
#define EXT_RAMDISK_SIZE 0x0c4
#define EXT_CMD_LINE_PTR 0x0c8
#define E820_ENTRIES 0x1e8
#define LOADFLAGS 0x211
#define KASLR_FLAG 0x02		/* tells the kernel that it was moved, and may place more at random */
#define RAMDISK_IMAGE 0x218
#define RAMDISK_SIZE 0x21c
#define CMD_LINE_PTR 0x228
#define SETUP_DATA 0x250
#define E820_TABLE 0x2d0
#define E820_ENTRY_SIZE 20
#define E820_RAM 1
#define CMD_LINE_MAX 4096
#define ZERO_PAGE_SIZE 4096

/* A setup_data node (Documentation/arch/x86/boot.rst, "setup_data"; arch/x86/include/uapi/asm/bootparam.h). */
#define NODE_TYPE 8
#define NODE_LENGTH 12
#define NODE_HEADER 16
#define NODE_RNG_SEED 9
#define NODE_SEED_MAX 4096

/* Page tables of four levels (Intel SDM volume 3, "4-Level Paging"). */
#define PRESENT_WRITABLE 0x003UL
#define LARGE_PAGE 0x080UL
#define ADDRESS_MASK 0x000ffffffffff000UL
#define LARGE_PAGE_SIZE (1UL << 21)
#define TABLE_ENTRIES 512
#define TOP_SHIFT 39
#define LARGE_SHIFT 21
#define LEVEL_BITS 9
#define SPARE_TABLES 8		/* what lies in one piece below 1 GB needs two of each of two levels, at most, and so does a node */

#define CPUID_FEATURES 1
#define CPUID_RDRAND (1 << 30)
#define RDRAND_TRIES 10
#define GOLDEN 0x9e3779b97f4a7c15UL	/* 2^64 by the golden ratio: spreads what goes in over the upper bits */

struct range {
	uint64_t start, end;
};

/* The kernel must not come to lie in these. */
enum { LOADED, INITRD, ZERO_PAGE, COMMAND_LINE, SEED, KEPT };

struct start {
	uint8_t *params;
	uint8_t *loaded;
	const struct unpacked_kernel *kernel;
	struct range kept[KEPT];
	uint64_t seed;		/* a part of what the host gives the kernel for its random numbers; 0 where it does not */
	bool stays;		/* nokaslr, or more in the zero page than is known here */
	bool nokaslr;
};

static uint64_t tables[SPARE_TABLES][TABLE_ENTRIES] __attribute__((aligned(4096)));
static uint32_t tables_used;

extern const uint8_t code_end[];

/* At the entry rsp is anything, and rsi the zero page. */
static uint8_t stack[4096] __attribute__((aligned(16), used));

__asm__(".section .text.entry, \"ax\"\n"
	"	cld\n"
	"	cli\n"
	"	lea stack + 4096(%rip), %rsp\n"
	"	mov %rsi, %rdi\n"
	"	call place_kernel\n"
	"	mov %rdx, %rsi\n"
	"	jmp *%rax\n"
	".text\n");

static uint32_t get32(const uint8_t *place)
{
	return *(const uint32_t *)place;
}

/* A value whose upper half has a place of its own. */
static uint64_t get_split(const uint8_t *params, uint32_t low, uint32_t high)
{
	return get32(params + low) | (uint64_t)get32(params + high) << 32;
}

static struct range range_of(uint64_t start, uint64_t size)
{
	return (struct range){ start, start + size };
}

/* Is this one of the command line's words? */
static bool says(const char *line, const char *word)
{
	uint32_t at = 0, length;

	while (at < CMD_LINE_MAX && line[at]) {
		for (length = 0; word[length] && line[at + length] == word[length]; length++)
			;
		if (!word[length] && (!line[at + length] || line[at + length] == ' '))
			return true;
		while (at < CMD_LINE_MAX && line[at] && line[at] != ' ')
			at++;
		while (line[at] == ' ')
			at++;
	}
	return false;
}

static uint64_t rdrand(void)
{
	uint32_t a = CPUID_FEATURES, b, c = 0, d;
	uint64_t value = 0;
	uint8_t good = 0;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	for (uint32_t i = 0; (c & CPUID_RDRAND) && i < RDRAND_TRIES && !good; i++)
		__asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(good));
	return good ? value : 0;
}

/* Below that bound, at random: what the host gives, what the CPU has, when that is, and what is in the file. */
static uint64_t random_below(const struct start *start, uint64_t bound)
{
	uint64_t value = (start->seed ^ start->kernel->seed ^ rdrand() ^ __builtin_ia32_rdtsc()) * GOLDEN;

	return (uint64_t)(((unsigned __int128)value * bound) >> 64);
}

static bool may_lie_at(const struct start *start, uint64_t place)
{
	uint64_t end = place + start->kernel->memory_size;

	for (uint32_t i = 0; i < KEPT; i++)
		if (place < start->kept[i].end && start->kept[i].start < end)
			return false;
	return true;
}

/* The places in one range of memory: how many, or where the one of that number is. */
static uint64_t places_in(const struct start *start, struct range range, uint64_t *number)
{
	const struct unpacked_kernel *kernel = start->kernel;
	uint64_t place = (range.start + kernel->alignment - 1) & -kernel->alignment;
	uint64_t found = 0;

	if (place < kernel->linked)
		place = kernel->linked;
	for (; place + kernel->memory_size <= range.end; place += kernel->alignment) {
		if (!may_lie_at(start, place))
			continue;
		if (number && !(*number)--)
			return place;
		found++;
	}
	return number ? 0 : found;
}

static bool read_range(const struct start *start, uint32_t index, struct range *range)
{
	const uint8_t *entry = start->params + E820_TABLE + index * E820_ENTRY_SIZE;

	*range = range_of(*(const uint64_t *)entry, *(const uint64_t *)(entry + 8));
	return get32(entry + 16) == E820_RAM;
}

/* Right behind what is loaded there is always room: the file's init_size says so. */
static uint64_t choose_place(const struct start *start)
{
	uint64_t behind = (start->kept[LOADED].end + start->kernel->alignment - 1) & -start->kernel->alignment;
	uint32_t count = start->params[E820_ENTRIES];
	uint64_t places = 0, number, place;
	struct range range;

	if (start->stays)
		return behind;
	for (uint32_t i = 0; i < count; i++)
		if (read_range(start, i, &range))
			places += places_in(start, range, NULL);
	if (!places)
		return behind;
	number = random_below(start, places);
	for (uint32_t i = 0; i < count; i++) {
		place = read_range(start, i, &range) ? places_in(start, range, &number) : 0;
		if (place)
			return place;
	}
	return behind;
}

/* By how much the kernel's virtual addresses are larger than it is linked for. */
static uint64_t choose_shift(const struct start *start)
{
	const struct unpacked_kernel *kernel = start->kernel;
	uint64_t end = kernel->linked + kernel->memory_size;

	if (start->nokaslr || !(kernel->words + kernel->long_words) || end > UNPACKED_VIRTUAL_SPAN)
		return 0;
	return random_below(start, (UNPACKED_VIRTUAL_SPAN - end) / kernel->alignment + 1) * kernel->alignment;
}

/* The tables that are there map what was loaded; one that is missing comes from here. */
static uint64_t *next_table(uint64_t *entry)
{
	if (!(*entry & 1))
		*entry = (uint64_t)tables[tables_used++] | PRESENT_WRITABLE;
	return (uint64_t *)(*entry & ADDRESS_MASK);
}

static void map_large_page(uint64_t address)
{
	uint64_t *table, *entry;

	__asm__ volatile("mov %%cr3, %0" : "=r"(table));
	table = (uint64_t *)((uint64_t)table & ADDRESS_MASK);
	for (uint32_t shift = TOP_SHIFT; shift > LARGE_SHIFT; shift -= LEVEL_BITS) {
		entry = &table[(address >> shift) % TABLE_ENTRIES];
		if ((*entry & 1) && (*entry & LARGE_PAGE))
			return;		/* one of 1 GB */
		table = next_table(entry);
	}
	entry = &table[(address >> LARGE_SHIFT) % TABLE_ENTRIES];
	if (!(*entry & 1))
		*entry = address | LARGE_PAGE | PRESENT_WRITABLE;
}

static void map(struct range range)
{
	for (uint64_t at = range.start & -LARGE_PAGE_SIZE; at < range.end; at += LARGE_PAGE_SIZE)
		map_large_page(at);
}

static void copy(void *to, const void *from, uint64_t size)
{
	uint64_t count = size / sizeof(uint64_t);

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

/* Adds the shift to what the kernel has at these places. */
static void shift_addresses(const struct start *start, uint64_t place, uint64_t shift)
{
	const struct unpacked_kernel *kernel = start->kernel;
	const uint32_t *low = (const uint32_t *)(start->loaded + kernel->lists);
	uint8_t *base = (uint8_t *)place - (uint32_t)UNPACKED_VIRTUAL_BASE - kernel->linked;
	uint32_t i;

	for (i = 0; i < kernel->words; i++)
		*(uint32_t *)(base + *low++) += shift;
	for (i = 0; i < kernel->inverse_words; i++)
		*(uint32_t *)(base + *low++) -= shift;
	for (i = 0; i < kernel->long_words; i++)
		*(uint64_t *)(base + *low++) += shift;
}

/*
 * What the zero page has more for the kernel may name memory that must be left alone: then the kernel stays where it is
 * sure to be none. A seed for its random numbers names none, and is all that most kernels are given. The last eight of its
 * bytes serve here as well: of its thirty-two the place that the kernel gets tells no more than a few bits.
 */
static bool has_only_a_seed(struct start *start)
{
	uint64_t address = *(const uint64_t *)(start->params + SETUP_DATA), length;
	const uint8_t *node = (const uint8_t *)address;

	start->kept[SEED] = range_of(address, 0);
	if (!address)
		return true;
	map(range_of(address, NODE_HEADER));
	length = get32(node + NODE_LENGTH);
	start->kept[SEED] = range_of(address, NODE_HEADER + length);
	if (*(const uint64_t *)node || get32(node + NODE_TYPE) != NODE_RNG_SEED)
		return false;
	if (length >= sizeof(start->seed) && length <= NODE_SEED_MAX) {
		map(start->kept[SEED]);
		start->seed = *(const uint64_t *)(node + NODE_HEADER + length - sizeof(start->seed));
	}
	return true;
}

static void look(struct start *start)
{
	uint8_t *params = start->params;
	const char *line = (const char *)get_split(params, CMD_LINE_PTR, EXT_CMD_LINE_PTR);

	start->kernel = (const struct unpacked_kernel *)code_end;
	start->loaded = (uint8_t *)start->kernel - start->kernel->here;
	start->nokaslr = says(line, "nokaslr");
	start->stays = !has_only_a_seed(start) || start->nokaslr;
	start->kept[LOADED] = range_of((uint64_t)start->loaded, start->kernel->size);
	start->kept[INITRD] = range_of(get_split(params, RAMDISK_IMAGE, EXT_RAMDISK_IMAGE),
				       get_split(params, RAMDISK_SIZE, EXT_RAMDISK_SIZE));
	start->kept[ZERO_PAGE] = range_of((uint64_t)params, ZERO_PAGE_SIZE);
	start->kept[COMMAND_LINE] = range_of((uint64_t)line, CMD_LINE_MAX);
}

struct jump {
	uint64_t to;		/* rax */
	uint8_t *params;	/* rdx */
};

__attribute__((used)) struct jump place_kernel(uint8_t *params)
{
	struct start start = { .params = params };
	uint64_t place, shift;

	look(&start);
	place = choose_place(&start);
	shift = choose_shift(&start);
	map(range_of(place, start.kernel->memory_size));
	copy((void *)place, start.loaded + start.kernel->image, start.kernel->image_size);
	shift_addresses(&start, place, shift);
	if (!start.nokaslr && start.kernel->words)
		params[LOADFLAGS] |= KASLR_FLAG;
	return (struct jump){ place + start.kernel->entry, params };
}
