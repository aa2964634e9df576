// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code of a kernel that is up at once and does nothing but live and end, for tests of what is around it: it takes the
 * place of the 64-bit entry of a stock bzImage (tiny_kernel in lib.sh). As our module would in a spawn, it has a
 * heartbeat, does what the host asks of it, and says a last word; as a stock kernel would, it can use the registers of
 * its ACPI tables instead. Words on its command line, each with a default:
 *
 *	tiny.end=idle | hang | panic | reboot | poweroff | reset | sleep	(reset and sleep by the ACPI registers)
 *	tiny.after=MILLISECONDS						(0)
 *	tiny.heart=yes | no						(no: no heartbeat)
 *	tiny.device=none | run | outside | wild				(none)
 *	tiny.resize=none | obey | refuse | keep | claim | deaf | panic | reboot | wild	(none)
 *
 * With "run" it is the driver of the device in the first slot: it sets it up, kicks its first queue when it has, and
 * again whenever it is called. With "outside" the queue that it sets up does not lie in its memory. With "wild" it writes
 * anything to all slots at each tick, mostly what looks like a request, and rings the host.
 *
 * When it is asked for CPUs or memory, it does as if it took them and gave them back (obey), says no (refuse), or only
 * to giving back memory (keep), begins and never answers (claim), or does not look (deaf), ends by a panic or a reboot
 * instead of an answer; or writes anything at each tick (wild). It takes memory in blocks of 2 MB.
 *
 * Runs on one CPU, at whatever address it is loaded to. Everything that it reads lies in what the launch has mapped: the
 * boot range from its start to the kernel's end.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control_page.h"
#include "device_table.h"

/* The zero page (Documentation/arch/x86/zero-page.rst). */
#define EXT_CMD_LINE_PTR 0x0c8
#define ACPI_RSDP_ADDR 0x070
#define CMD_LINE_PTR 0x228

/* RSDP, table header, and the table that names the shared area (core/acpi.c). */
#define RSDP_XSDT 24
#define TABLE_LENGTH 4
#define XSDT_ENTRIES 36
#define SHARED_AREA 36

/* core/acpi.h */
#define RESET_VALUE 0x52
#define SLEEP_VALUE 0x34

/* Local APIC: registers by offset (Intel SDM volume 3, "APIC Register Address Map"). */
#define APIC 0xfee00000UL
#define APIC_EOI "0xfee000b0"
#define APIC_SPURIOUS 0x0f0
#define APIC_ID 0x020
#define APIC_COMMAND 0x300
#define APIC_DESTINATION 0x310
#define APIC_TIMER 0x320
#define APIC_TIMER_COUNT 0x380
#define APIC_TIMER_DIVIDE 0x3e0
#define ENABLED 0x100
#define SPURIOUS_VECTOR 0xff
#define PERIODIC 0x20000
#define TICK_VECTOR 0x20
#define CALL_VECTOR 0x31
#define TICK_COUNT 10000000	/* 10 ms where the timer has 1 GHz, as an emulated one has */
#define DIVIDE_BY_ONE 0xb

/* A page of 1 GB, present, writable, not cached. */
#define UNCACHED_1G 0x9b
#define ADDRESS_MASK 0x000ffffffffff000UL

/* core/resize_request.h */
#define REMOVE_MEMORY 4
#define REFUSED 12		/* ENOMEM */
#define LARGE_PAGE 0x200000UL

#define STACK_SIZE "0x4000"	/* behind the code, where the stock kernel has its own */

struct gate {
	uint16_t offset_low, selector;
	uint16_t type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};
#define INTERRUPT_GATE 0x8e00

static struct gate gates[CALL_VECTOR + 1];

extern const char code_end[] __attribute__((visibility("hidden")));	/* tests/vm/tiny.lds */

/* Where the driver's queue is: a table of descriptors, and two rings. */
#define QUEUE_SIZE 8
static struct {
	uint8_t descriptors[16 * QUEUE_SIZE];
	uint8_t available[6 + 2 * QUEUE_SIZE];
	uint8_t used[6 + 8 * QUEUE_SIZE] __attribute__((aligned(4)));
} queue __attribute__((aligned(16)));

__attribute__((used)) static volatile uint32_t calls;

/*
 * The entry: %rsi points to the zero page, there is no stack yet. And all that a tick is for: it
 * ends a halt.
 */
__asm__(".section .text.entry, \"ax\"\n"
	"	cli\n"
	"	leaq	code_end + " STACK_SIZE "(%rip), %rsp\n"
	"	movq	%rsi, %rdi\n"
	"	call	tiny\n"
	"1:	hlt\n"
	"	jmp	1b\n"
	"tick:	push	%rax\n"
	"	movl	$" APIC_EOI ", %eax\n"
	"	movl	$0, (%rax)\n"
	"	pop	%rax\n"
	"	iretq\n"
	"called: incl	calls(%rip)\n"
	"	jmp	tick\n"
	".text\n");

static uint64_t read_u64(uint64_t address)
{
	uint64_t value;

	__builtin_memcpy(&value, (const void *)address, sizeof(value));
	return value;
}

static uint32_t read_u32(uint64_t address)
{
	uint32_t value;

	__builtin_memcpy(&value, (const void *)address, sizeof(value));
	return value;
}

static uint64_t counter(void)
{
	return __builtin_ia32_rdtsc();
}

static void write_apic(uint64_t reg, uint32_t value)
{
	*(volatile uint32_t *)(APIC + reg) = value;
}

/*
 * The launch has mapped no more than it needs: its tables get the gigabyte with the local APIC,
 * too.
 */
static void map_apic(void)
{
	uint64_t root, table;

	__asm__ volatile("mov %%cr3, %0" : "=r"(root));
	table = read_u64(root & ADDRESS_MASK) & ADDRESS_MASK;
	((volatile uint64_t *)table)[APIC >> 30] = (APIC >> 30 << 30) | UNCACHED_1G;
}

static void set_gate(uint8_t vector, uint64_t address)
{
	uint16_t code;

	__asm__ volatile("mov %%cs, %0" : "=r"(code));
	gates[vector] = (struct gate){
		.offset_low = address,
		.selector = code,
		.type = INTERRUPT_GATE,
		.offset_middle = address >> 16,
		.offset_high = address >> 32,
	};
}

static void begin_ticks(void)
{
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) table = {
		sizeof(gates) - 1, (uint64_t)gates,
	};
	uint64_t tick, called;

	__asm__ volatile("leaq tick(%%rip), %0; leaq called(%%rip), %1" : "=r"(tick), "=r"(called));
	set_gate(TICK_VECTOR, tick);
	set_gate(CALL_VECTOR, called);
	__asm__ volatile("lidt %0" : : "m"(table));
	map_apic();
	write_apic(APIC_SPURIOUS, ENABLED | SPURIOUS_VECTOR);
	write_apic(APIC_TIMER_DIVIDE, DIVIDE_BY_ONE);
	write_apic(APIC_TIMER, PERIODIC | TICK_VECTOR);
	write_apic(APIC_TIMER_COUNT, TICK_COUNT);
}

/* What stands behind a word on the command line, or NULL. */
static const char *find_word(const char *line, const char *word)
{
	for (; *line; line++) {
		size_t i = 0;

		while (word[i] && line[i] == word[i])
			i++;
		if (!word[i])
			return line + i;
	}
	return NULL;
}

static uint64_t find_number(const char *line, const char *word)
{
	const char *digits = find_word(line, word);
	uint64_t number = 0;

	while (digits && *digits >= '0' && *digits <= '9')
		number = number * 10 + (*digits++ - '0');
	return number;
}

static bool begins(const char *text, const char *with)
{
	while (*with)
		if (*text++ != *with++)
			return false;
	return true;
}

static volatile struct mk_control *find_control(uint64_t zero_page)
{
	uint64_t xsdt = read_u64(read_u64(zero_page + ACPI_RSDP_ADDR) + RSDP_XSDT);
	uint64_t end = xsdt + read_u32(xsdt + TABLE_LENGTH), entry;

	for (entry = xsdt + XSDT_ENTRIES; entry < end; entry += sizeof(uint64_t))
		if (begins((const char *)read_u64(entry), "MKSA"))
			return (volatile struct mk_control *)read_u64(read_u64(entry) + SHARED_AREA);
	return NULL;
}

static void say(volatile struct mk_control *control, uint32_t word)
{
	static const char panic[] = "a tiny kernel panics";
	size_t i;

	for (i = 0; word == MK_WORD_PANIC && i < sizeof(panic); i++)
		control->last_text[i] = panic[i];
	control->last_word = word;
}

static void end(volatile struct mk_control *control, const char *how)
{
	while (begins(how, "hang"))
		__asm__ volatile("cli; hlt");
	if (begins(how, "panic"))
		say(control, MK_WORD_PANIC);
	else if (begins(how, "reboot"))
		say(control, MK_WORD_REBOOT);
	else if (begins(how, "poweroff"))
		say(control, MK_WORD_POWEROFF);
	else if (begins(how, "reset"))
		control->acpi_reset = RESET_VALUE;
	else if (begins(how, "sleep"))
		control->acpi_sleep = SLEEP_VALUE;
}

static void send(uint32_t apic_id, uint32_t vector)
{
	if (!vector)
		return;
	write_apic(APIC_DESTINATION, apic_id << 24);
	write_apic(APIC_COMMAND, vector & 0xff);
}

static volatile uint8_t *slot_of(volatile struct mk_control *control, uint32_t slot)
{
	return (volatile uint8_t *)control + control->devices + slot * 2 * MK_DEVICE_PAGE;
}

static void ask(volatile struct mk_control *control, volatile struct mk_device_spawn *page, uint32_t status)
{
	page->status = status;
	__asm__ volatile("" : : : "memory");
	page->asked++;
	send(control->host_apic_id, control->host_vector);
}

static void set_up(volatile struct mk_device_spawn *page, const volatile struct mk_device_host *host,
		   uint64_t offset)
{
	volatile struct mk_device_spawn_queue *first = &page->queue[0];
	size_t i;

	page->features[0] = host->features[0];
	page->features[1] = host->features[1];
	first->descriptors = (uint64_t)queue.descriptors + offset;
	first->driver = (uint64_t)queue.available;
	first->device = (uint64_t)queue.used;
	first->call = MK_DEVICE_PLACE(*(volatile uint32_t *)(APIC + APIC_ID) >> 24, CALL_VECTOR);
	first->size = QUEUE_SIZE;
	first->ready = 1;
	for (i = 1; i < MK_DEVICE_QUEUES; i++)
		page->queue[i].ready = 0;
}

/* The steps of virtio 1.2, 3.1.1, one a tick; then kicks. */
static void drive(volatile struct mk_control *control, uint64_t offset)
{
	static const uint8_t steps[] = { 0, 1, 3, 0xb, 0xf };
	static uint32_t step, seen;
	volatile struct mk_device_host *host = (void *)slot_of(control, 0);
	volatile struct mk_device_spawn *page = (void *)(slot_of(control, 0) + MK_DEVICE_PAGE);
	uint64_t kick = host->queue[0].kick;

	if (page->generation != host->generation) {
		page->generation = host->generation;
		page->asked = host->answered;
		step = seen = 0;
	}
	if (!host->generation || page->asked != host->answered)
		return;
	if (step < sizeof(steps)) {
		set_up(page, host, offset);
		ask(control, page, steps[step++]);
	} else if (seen != calls + 1) {
		seen = calls + 1;
		send(MK_DEVICE_PLACE_APIC_ID(kick), MK_DEVICE_PLACE_VECTOR(kick));
	}
}

static uint64_t random_number(void)
{
	static uint64_t state = 1;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* The next step of a driver; a reset when there is none. */
static uint32_t follows(uint32_t status)
{
	static const uint8_t steps[] = { 0, 1, 3, 0xb, 0xf };
	size_t i;

	for (i = 0; i + 1 < sizeof(steps); i++)
		if (status == steps[i])
			return steps[i + 1];
	return 0;
}

/* For a while anything, for a while what a driver does, so that there is something to break. */
static void run_wild(volatile struct mk_control *control, uint32_t slot)
{
	static uint32_t ticks;
	volatile struct mk_device_host *host = (void *)slot_of(control, slot);
	volatile uint64_t *words = (void *)(slot_of(control, slot) + MK_DEVICE_PAGE);
	volatile struct mk_device_spawn *page = (void *)words;
	bool tame = ticks++ / 2048 & 1;
	uint64_t how = random_number();
	size_t i;

	for (i = 0; !tame && how & 1 && i < MK_DEVICE_PAGE / sizeof(*words); i++)
		words[i] = random_number();
	if (tame || how & 2)
		set_up(page, host, !tame && how & 4 ? random_number() : 0);
	if (tame || how & 8)
		page->generation = host->generation;
	ask(control, page, tame || how & 0x70 ? follows(host->status) : how >> 8 & 0xff);
	send(MK_DEVICE_PLACE_APIC_ID(host->queue[0].kick), MK_DEVICE_PLACE_VECTOR(host->queue[0].kick));
}

static void do_devices(volatile struct mk_control *control, const char *how)
{
	uint32_t slot;

	if (begins(how, "run"))
		drive(control, 0);
	else if (begins(how, "outside"))
		drive(control, 1ULL << 40);
	else if (begins(how, "wild"))
		for (slot = 0; slot < MK_DEVICE_SLOTS; slot++)
			run_wild(control, slot);
}

/* Would it give back what it runs in? From the zero page to the end of all that the launch has mapped. */
static bool wants_me(volatile struct mk_control *control, uint64_t zero_page)
{
	uint64_t start = zero_page & ~(LARGE_PAGE - 1), end = (uint64_t)code_end + 2 * LARGE_PAGE;

	return control->resize_wish == REMOVE_MEMORY && control->memory_start < end &&
	       control->memory_start + control->memory_size > start;
}

/* Mostly some of what a kernel would answer, so that there is something to go wrong. */
static void answer_wildly(volatile struct mk_control *control, uint32_t asked, bool refuses)
{
	uint64_t how = random_number();

	control->memory_block = how & 1 ? 2 : 1U << (how >> 8 & 31);
	control->resize_claimed = how & 2 ? asked : how >> 16;
	control->resize_result = refuses ? REFUSED : how & 4 ? 0 : how >> 24;
	control->resize_answered = how & 8 ? asked : how >> 32;
}

static void do_resize(volatile struct mk_control *control, const char *how, uint64_t zero_page)
{
	uint32_t asked = control->resize_asked;
	bool refuses = begins(how, "refuse") || wants_me(control, zero_page) ||
		       (begins(how, "keep") && control->resize_wish == REMOVE_MEMORY);

	if (begins(how, "none"))
		return;
	if (begins(how, "wild")) {
		answer_wildly(control, asked, refuses);
		return;
	}
	control->memory_block = 2;
	if (asked == control->resize_claimed || begins(how, "deaf"))
		return;
	control->resize_claimed = asked;
	if (begins(how, "panic"))
		say(control, MK_WORD_PANIC);
	else if (begins(how, "reboot"))
		say(control, MK_WORD_REBOOT);
	if (begins(how, "panic") || begins(how, "reboot") || begins(how, "claim"))
		return;
	control->resize_result = refuses ? REFUSED : 0;
	__asm__ volatile("" : : : "memory");
	control->resize_answered = asked;
}

__attribute__((used)) static void tiny(uint64_t zero_page)
{
	const char *line = (const char *)(read_u32(zero_page + CMD_LINE_PTR) |
					  (uint64_t)read_u32(zero_page + EXT_CMD_LINE_PTR) << 32);
	volatile struct mk_control *control = find_control(zero_page);
	uint64_t start = counter(), khz = find_number(line, "tsc_early_khz=");
	uint64_t after = find_number(line, "tiny.after=") * khz;
	const char *how = find_word(line, "tiny.end=") ?: "idle";
	const char *devices = find_word(line, "tiny.device=") ?: "none";
	const char *resize = find_word(line, "tiny.resize=") ?: "none";
	bool heart = !begins(find_word(line, "tiny.heart=") ?: "yes", "no");

	begin_ticks();
	while (control) {
		if (heart)
			control->heartbeat = counter() | 1;
		if (control->request == MK_ASK_POWEROFF)
			say(control, MK_WORD_POWEROFF);
		else if (control->request == MK_ASK_REBOOT)
			say(control, MK_WORD_REBOOT);
		else if (counter() - start >= after)
			end(control, how);
		do_devices(control, devices);
		do_resize(control, resize, zero_page);
		__asm__ volatile("sti; hlt; cli" : : : "memory");
	}
}
