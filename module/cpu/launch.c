// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a CPU is started: INIT, SIPI to a page below 1 MB, from there into the kernel; and how one is
 * stopped: INIT, and a SIPI to a page where it leaves a mark, as the proof, and rests until it is
 * called again.
 *
 * Source: Intel SDM volume 3, "Multiple-Processor (MP) Initialization"; INIT leaves a CPU waiting
 * for a SIPI whatever it ran, except in VMX root operation, where it is held off.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include <asm/trapnr.h>

#include "base.h"
#include "cpu/apic.h"
#include "cpu/boot_cpu.h"
#include "cpu/launch.h"
#include "identity_map.h"
#include "layout.h"
#include "memory/low_memory.h"

/*
 * The SDM's 10 ms from INIT to SIPI are for buses of the last century: the kernel itself leaves
 * them out on every CPU that has 64 bits (arch/x86/kernel/smpboot.c, smp_quirk_init_udelay()). A
 * SIPI that came too early is made good by the next: to a CPU that does not wait for one it means
 * nothing.
 */
#define INIT_SETTLE_US 100
#define MARK_CHECK_US 100	/* between two looks at the mark */
#define SIPI_AGAIN_US 1000	/* from one SIPI to the next */
#define START_TIMEOUT_MS 1000	/* a CPU takes microseconds; a busy emulator can take longer */
#define START_TRIES 20		/* at least: all of that time may be one moment in which the machine was held up */

#define MARK_PARKED 1
#define MARK_LAUNCHED 2

/* Of the page's own descriptors (Intel SDM volume 3, "IDT Descriptors"). */
#define CODE32 0x08
#define INTERRUPT_GATE 0x8e00

/* The beginning of launch_page.S. */
struct launch_page {
	u8 jump[8];
	u32 park;
	u32 mark;
	u32 root_table;
	u32 enter32;
	u16 enter32_segment;
	u32 enter64;
	u16 enter64_segment;
	u16 gdt_limit;
	u32 gdt_address;
	u16 idt_limit;
	u32 idt_address;
	u8 padding[4];
	u64 entry;
	u64 boot_params;
	u16 park_idt_limit;
	u32 park_idt_address;
} __packed;

struct gate {
	u16 offset_low;
	u16 selector;
	u16 type;
	u16 offset_high;
} __packed;

/* As launch_page.S lists them. */
enum { BEGIN32, BEGIN64, GDT, PARK_IDT, MACHINE_CHECK, REST, QUIET, OFFSETS };

extern const u8 launch_page[], launch_page_end[];
extern const u32 launch_page_offsets[OFFSETS];

/* Copies the launch page to where a CPU shall begin. */
static struct launch_page *write_page(u64 physical)
{
	struct launch_page *page = low_memory_map(physical);

	memcpy(page, launch_page, launch_page_end - launch_page);
	page->enter32 = physical + launch_page_offsets[BEGIN32];
	page->enter64 = physical + launch_page_offsets[BEGIN64];
	page->gdt_address = physical + launch_page_offsets[GDT];
	return page;
}

static void write_gate(struct launch_page *page, u64 physical, u32 vector, u32 offset)
{
	struct gate *gate = (void *)page + launch_page_offsets[PARK_IDT];

	gate[vector] = (struct gate){
		.offset_low = physical + offset,
		.selector = CODE32,
		.type = INTERRUPT_GATE,
		.offset_high = (physical + offset) >> 16,
	};
}

/* Once and for all: CPUs rest there while others are called. */
void launch_init(void)
{
	u64 physical = low_memory_park_page();
	struct launch_page *page = write_page(physical);

	lockdep_assert_held(&multikernel_lock);
	page->park = true;
	page->park_idt_address = physical + launch_page_offsets[PARK_IDT];
	write_gate(page, physical, X86_TRAP_GP, launch_page_offsets[QUIET]);
	write_gate(page, physical, X86_TRAP_NMI, launch_page_offsets[REST]);
	write_gate(page, physical, X86_TRAP_MC, launch_page_offsets[MACHINE_CHECK]);
}

static bool has_mark(const struct launch_page *page, u32 mark)
{
	u32 waited;

	for (waited = 0; waited < SIPI_AGAIN_US; waited += MARK_CHECK_US) {
		if (READ_ONCE(page->mark) == mark)
			return true;
		fsleep(MARK_CHECK_US);
	}
	return READ_ONCE(page->mark) == mark;
}

/* Calls a CPU to a page and waits for its mark. */
static int call_to(u32 apic_id, u64 physical, struct launch_page *page, u32 mark)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(START_TIMEOUT_MS);
	u32 tries = 0;

	if (!boot_cpu_send_init(apic_id))
		return boot_cpu_call(apic_id, physical, &page->mark, mark);
	fsleep(INIT_SETTLE_US);
	do {
		apic_send_startup(apic_id, physical);
		if (has_mark(page, mark))
			return 0;
	} while (++tries < START_TRIES || time_before(jiffies, deadline));
	return -ETIMEDOUT;
}

/* Page tables for the entry, in the window itself: the root must lie below 4 GB. */
static int write_tables(u64 window, u64 kernel, u64 kernel_end, u32 *root)
{
	u64 physical = window + MK_LOW_TABLES_PAGE * MK_PAGE_SIZE;
	struct mk_identity_map map = {
		.pages = low_memory_map(physical),
		.physical = physical,
		.count = MK_LOW_TABLES_PAGES,
		.used = 1,
	};
	int error;

	memset(map.pages, 0, MK_LOW_TABLES_PAGES * MK_PAGE_SIZE);
	*root = physical;
	error = mk_identity_map_add(&map, window, window + MK_LOW_WINDOW_SIZE);
	if (error)
		return error;
	return mk_identity_map_add(&map, kernel, kernel_end);
}

int launch_kernel(u32 apic_id, u64 window, u64 kernel, u64 kernel_end, u64 entry, u64 boot_params)
{
	struct launch_page *page;
	int error;
	u32 root;

	error = write_tables(window, kernel, kernel_end, &root);
	if (error)
		return error;
	page = write_page(window);
	page->root_table = root;
	page->entry = entry;
	page->boot_params = boot_params;
	return call_to(apic_id, window, page, MARK_LAUNCHED);
}

void launch_halt(const u32 *apic_ids, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		boot_cpu_send_init(apic_ids[i]);	/* one with the BSP flag waits for launch_stop() */
}

static int stop_one(u32 apic_id)
{
	u64 physical = low_memory_park_page();
	struct launch_page *page = low_memory_map(physical);

	/* Those who rest there have left theirs long ago. */
	WRITE_ONCE(page->mark, 0);
	return call_to(apic_id, physical, page, MARK_PARKED);
}

int launch_stop(const u32 *apic_ids, u32 count, u32 *lost)
{
	int error = 0;
	u32 i;

	lockdep_assert_held(&multikernel_lock);
	/* One with the BSP flag takes a moment, in which it could start the others again: so it is first. */
	if (boot_cpu_has_flag(apic_ids[0]) && stop_one(apic_ids[0])) {
		*lost = 0;
		return -ETIMEDOUT;
	}
	/* All at once first: what still runs could undo the stopping of the others. */
	launch_halt(apic_ids, count);
	for (i = 0; i < count && !error; i++) {
		error = stop_one(apic_ids[i]);
		if (error)
			*lost = i;
	}
	return error;
}
