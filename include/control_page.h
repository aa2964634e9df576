/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shared area: the memory of an instance through which its spawn kernel and the host speak, and
 * all that a host kernel must know to recognise a running instance. It begins with the control
 * page; handover, console rings and device table follow at the offsets that the page names.
 *
 * It lies in memory that the spawn may write, so to the host every field is hostile input: read
 * once, checked, never used as an index or an address. The host keeps its own copy of what it wrote
 * itself, and trusts only that.
 *
 * A stock kernel writes two bytes of it and knows nothing of the rest: the ACPI tables made for it
 * name them as its reset register and as its sleep register (core/acpi.h has the values).
 *
 * Both sides are x86-64: fields are little endian and naturally aligned. A field is written by one
 * side only.
 */
#ifndef MULTIKERNEL_CONTROL_PAGE_H
#define MULTIKERNEL_CONTROL_PAGE_H

#include <linux/types.h>

#define MK_CONTROL_MAGIC 0x6c6f72746e6f636bULL	/* "kcontrol" */
#define MK_CONTROL_VERSION 2
#define MK_CONTROL_TEXT 240

/*
 * The second half of the control page: a byte for each CPU that may come (core/acpi.h), in the order
 * of the tables. It is what ACPI has for its _STA: 0, the CPU is not there. Our module in the spawn
 * writes it when the host has given that CPU.
 */
#define MK_CONTROL_CPU_STATUS 2048	/* offset in the page */
#define MK_CONTROL_CPUS 2048		/* bytes, and CPUs that may come, at most */

/*
 * What a spawn kernel says before it ends (last_word), beside the two ACPI bytes of a stock kernel.
 */
enum mk_last_word {
	MK_WORD_NONE,
	MK_WORD_PANIC,		/* last_text is the panic's first line */
	MK_WORD_REBOOT,
	MK_WORD_POWEROFF,
	MK_WORD_HALT,
};

/* What the host asks of a spawn kernel (request). */
enum mk_host_request {
	MK_ASK_NOTHING,
	MK_ASK_POWEROFF,	/* shut down in good order */
	MK_ASK_REBOOT,
};

/**
 * struct mk_control - the control page
 *
 * Written by the host before the start, constant from then on:
 * @magic:         MK_CONTROL_MAGIC
 * @version:       MK_CONTROL_VERSION
 * @id:            the instance's id
 * @size:          bytes of the whole shared area, the control page included
 * @handover:      offset of the handover tree from the start of the area, bytes
 * @handover_size: its room, bytes
 * @output:        offset of the console ring from spawn to host (struct mk_ring in core/ring.h)
 * @output_size:   its bytes, header included
 * @input:         the same from host to spawn
 * @input_size:    see above
 * @checksum:      makes the sum of all 32-bit words from @magic to here zero
 * @devices:       offset of the device table (include/device_table.h); 0, and @devices_size, too: a
 *                 host that knows of none. Not in the sum, which is as old as version 1
 * @devices_size:  its bytes, MK_DEVICE_TABLE_SIZE or more
 *
 * Written by a stock kernel through ACPI:
 * @acpi_reset:    MK_ACPI_RESET_VALUE
 * @acpi_sleep:    MK_ACPI_SLEEP_VALUE
 *
 * Written by the host at any time:
 * @host_apic_id:  where the host is rung
 * @host_vector:   by which vector; 0: it cannot be, it polls
 * @request:       enum mk_host_request
 * @request_count: changes with each request, so that one can be made again; written after @request,
 *                 1 before the first. 0: a host that knows nothing of it
 * @clock_tsc:     time stamp counter at the moment of @clock_ns
 * @clock_ns:      the host's wall clock, nanoseconds since 1970
 * @window:        of the host's console: rows in the low 16 bits, columns in the high ones; 0: not
 *                 known
 * @resize_asked:  sequence of a request for a CPU or for memory (core/resize_request.h), written
 *                 after all that belongs to it; 0: none yet
 * @resize_wish:   enum mk_resize_wish
 * @cpu_number:    which CPU, as the host numbers it
 * @cpu_apic_id:   as the hardware numbers it
 * @resize_withdrawn: sequence of the request that the host waits for no longer
 * @memory_start:  which memory, its physical address
 * @memory_size:   bytes of it
 *
 * Written by the spawn at any time:
 * @spawn_apic_id: where the spawn is rung
 * @spawn_vector:  by which vector; 0: it cannot be, it polls
 * @resize_claimed: sequence of the request that it acts upon
 * @resize_answered: sequence of the one that it has answered, written after the next
 * @resize_result: 0, or an errno as a positive number
 * @memory_block:  it takes memory in blocks of so many MB, at multiples of them; 0: none
 * @heartbeat:     counts up several times a second while its module lives; 0 before and after
 * @busy_ms:       how long its CPUs were not idle, all of them together, milliseconds
 * @busy_at_ms:    for how long it has run by then, milliseconds; written after @busy_ms, with each
 *                 beat of the heart; 0: it does not tell
 * @memory_used:   bytes of its memory that it could not give to anyone new, with each beat as well;
 *                 0: it does not tell
 * @last_word:     enum mk_last_word, written after the next two
 * @last_word_tsc: time stamp counter at that moment
 * @last_text:     NUL terminated, printable
 *
 * Zero, and read by nobody:
 * @reserved1:     8 bytes
 * @reserved2:     62 bytes
 * @reserved4:     8 bytes
 * @reserved5:     8 bytes
 * @reserved6:     4 bytes
 * @reserved7:     48 bytes
 */
struct mk_control {
	__u64 magic;
	__u32 version;
	__u32 id;
	__u32 size;
	__u32 handover;
	__u32 handover_size;
	__u32 output;
	__u32 output_size;
	__u32 input;
	__u32 input_size;
	__u32 checksum;
	__u32 devices;
	__u32 devices_size;
	__u8 reserved1[8];

	__u8 acpi_reset;
	__u8 acpi_sleep;
	__u8 reserved2[62];

	__u32 host_apic_id;
	__u32 host_vector;
	__u32 request;
	__u32 request_count;
	__u64 clock_tsc;
	__u64 clock_ns;
	__u32 window;
	__u32 resize_asked;
	__u32 resize_wish;
	__u32 cpu_number;
	__u32 cpu_apic_id;
	__u32 resize_withdrawn;
	__u8 reserved4[8];

	__u32 spawn_apic_id;
	__u32 spawn_vector;
	__u64 heartbeat;
	__u32 resize_claimed;
	__u32 resize_answered;
	__u32 resize_result;
	__u32 memory_block;
	__u64 memory_used;
	__u8 reserved5[8];
	__u64 busy_ms;
	__u64 busy_at_ms;

	__u32 last_word;
	__u32 reserved6;
	__u64 last_word_tsc;
	char last_text[MK_CONTROL_TEXT];

	__u64 memory_start;
	__u64 memory_size;
	__u8 reserved7[48];
};

#endif
