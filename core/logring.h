/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Linux kernel's log, read from outside out of its physical memory: alive, hung or dead, any
 * stock x86-64 kernel since 5.10. logring.c owns the way from raw memory to records: it finds the
 * VMCOREINFO note that the kernel keeps for crash dumps, learns from it where and how the printk
 * ring is laid out, and walks it.
 *
 * All of that memory is written by the kernel looked at and is taken as hostile: every value is
 * copied once and then checked, every loop has a bound, nothing outside the given ranges is ever
 * asked for.
 *
 * Formats: Documentation/admin-guide/kdump/vmcoreinfo.rst and kernel/printk/printk_ringbuffer.h of
 * Linux.
 */
#ifndef MK_CORE_LOGRING_H
#define MK_CORE_LOGRING_H

#include "port.h"
#include "ranges.h"

#define MK_LOG_TEXT_MAX 2048		/* no kernel writes longer records (PRINTK_MESSAGE_MAX) */
#define MK_LOG_LINE_MAX 256		/* of the lines of struct mk_log_panic, with the NUL */
#define MK_LOG_PANIC_WINDOW 8192	/* how many of the newest records are searched */
#define MK_LOG_NOTE_MAGIC_SIZE 24	/* bytes that make a page a VMCOREINFO note */

/*
 * mk_log_read_fn - how the memory is read
 * @context:  as given to mk_log_open()
 * @physical: physical address; the bytes asked for lie within one page of one of the given ranges
 * @buffer:   receives them
 * @size:     how many, at most a page
 *
 * Return: 0 or a negative errno, which is handed on.
 */
typedef int (*mk_log_read_fn)(void *context, u64 physical, void *buffer, size_t size);

/**
 * struct mk_log_record - one message
 * @sequence:  its number since boot; a gap is a message that was overwritten or never completed
 * @time_ns:   when, on the kernel's own clock, nanoseconds
 * @level:     severity, 0 (emergency) to 7 (debug)
 * @facility:  syslog facility, 0 for the kernel's own
 * @open:      its writer may still extend it; only the newest one can be so
 * @truncated: it was longer than MK_LOG_TEXT_MAX
 * @length:    bytes in @text, without the NUL
 * @text:      as the kernel stored it: newlines and any other byte may be in it
 */
struct mk_log_record {
	u64 sequence;
	u64 time_ns;
	u8 level;
	u8 facility;
	bool open;
	bool truncated;
	u32 length;
	char text[MK_LOG_TEXT_MAX + 1];
};

/* What the note says: addresses, sizes and offsets, each checked before it is used. */
struct mk_log_layout {
	u64 phys_base, top_page_table, five_levels, ring_pointer;
	u64 counter;
	u64 ring_size, ring_descriptors, ring_text;
	u64 descriptors_size, count_bits, descriptors, infos, head_id, tail_id;
	u64 descriptor_size, state, position;
	u64 position_size, begin, next;
	u64 info_size, sequence, time, length;
	u64 text_size, size_bits, data;
};

/* A translation that was walked before; size 0 marks a free slot. */
struct mk_log_mapping {
	u64 address, physical, size;
};

#define MK_LOG_MAPPINGS 8

/**
 * struct mk_log - an opened log; about 7 KB, so never on a kernel stack
 * @skip_reserved: pass over a message whose writer has not finished when there are complete ones
 *                 after it. True after mk_log_open(), which is right for a kernel that may be dead.
 *                 Who follows a live one sets it false, so as to give the writer time, and true
 *                 once that went on for too long.
 * @note:          physical address of the VMCOREINFO note that led here
 * @note_size:     bytes of its text
 * @note_text:     that text, as it was when it was read; "KEY=value" lines, not NUL terminated
 */
struct mk_log {
	bool skip_reserved;
	u64 note;
	u32 note_size;
	char note_text[MK_PAGE_SIZE];

	/* private: */
	mk_log_read_fn read;
	void *context;
	const struct mk_ranges *ranges;
	struct mk_log_layout layout;
	struct mk_log_mapping mapping[MK_LOG_MAPPINGS];
	u64 head_id, tail_id;			/* where these counters are */
	u64 descriptors, infos, data;		/* where the arrays begin */
	u64 count, data_size; /* entries in the first two, bytes in the third; powers of two */
	struct mk_log_record record;		/* for mk_log_find_panic() */
};

/**
 * struct mk_log_panic - the first words of a death
 * @panic: "Kernel panic - not syncing: ...", empty if there was none
 * @oops:  what led to it ("BUG: ...", "Oops: ...", "kernel BUG at ..."), empty if there was none
 *
 * One line each, NUL terminated, all characters printable ASCII.
 */
struct mk_log_panic {
	char panic[MK_LOG_LINE_MAX];
	char oops[MK_LOG_LINE_MAX];
};

/**
 * mk_log_open - find the log in a kernel's memory
 * @log:     filled in
 * @read:    reads that memory
 * @context: handed to @read
 * @ranges:  where that memory is, page-aligned ranges; must live as long as @log
 *
 * Reads the start of every page until a note turns up that leads to a working ring, from the
 * highest range and address down: there is the note most often. A kernel writes it halfway through
 * its boot (subsys_initcall). Notes of a kernel that ran in the same memory before can look just as
 * good. So whoever starts the next one there should first wipe the pages that mk_log_is_note()
 * knows.
 *
 * Context: any that @read allows.
 * Return: 0, -ENOENT (no log, or not yet), or what @read returned.
 */
int mk_log_open(struct mk_log *log, mk_log_read_fn read, void *context,
		const struct mk_ranges *ranges);

/**
 * mk_log_next - read the next message
 * @log:    from mk_log_open()
 * @cursor: sequence number to begin at, 0 for the oldest there is; moved past what was read
 * @record: filled in
 *
 * Messages that were overwritten, or whose text is not whole, are passed over. The cursor is not
 * moved past a message that is @record->open, so that a later call gives it again, whole.
 *
 * Context: any that the read function allows.
 * Return: 1, 0 (no more for now), -ESTALE (the ring is gone, or younger than the cursor: another
 * kernel runs here; open again), -EFAULT (a pointer leads out of the memory), or what the read
 * function returned.
 */
int mk_log_next(struct mk_log *log, u64 *cursor, struct mk_log_record *record);

/**
 * mk_log_find_panic - how a kernel died
 * @log:   from mk_log_open()
 * @panic: filled in, also when there is no panic but an oops
 *
 * Looks at the newest MK_LOG_PANIC_WINDOW messages only.
 *
 * Context: any that the read function allows.
 * Return: 0, -ENOENT (no panic there), or an error of mk_log_next().
 */
int mk_log_find_panic(struct mk_log *log, struct mk_log_panic *panic);

/**
 * struct mk_log_map - where a kernel has its memory in its own address space
 * @image:          virtual address of its image, a multiple of 2 MB
 * @image_physical: where that is
 * @image_size:     whole 2 MB pieces up to the last that is mapped; 0: not known
 * @direct_map:     where physical address 0 would be in the map of all memory; 0: not known
 */
struct mk_log_map {
	u64 image;
	u64 image_physical;
	u64 image_size;
	u64 direct_map;
};

/**
 * mk_log_find_map - learn from a kernel's page tables where KASLR has put things
 * @log: from mk_log_open()
 * @map: filled in; what the tables do not tell in a way that makes sense is not known
 *
 * Only @map->direct_map has been held against something, the place of the note; no part of the
 * image needs to be in the given ranges.
 *
 * Context: any that the read function allows.
 * Return: 0, or what the read function returned.
 */
int mk_log_find_map(struct mk_log *log, struct mk_log_map *map);

/**
 * mk_log_newest - a number that grows with every message
 * @log:    from mk_log_open()
 * @newest: receives the id of the newest message's descriptor
 *
 * Context: any that the read function allows.
 * Return: 0, -EFAULT, or what the read function returned.
 */
int mk_log_newest(struct mk_log *log, u64 *newest);

/**
 * mk_log_read - read the kernel's memory by its own, virtual address
 * @log:     from mk_log_open()
 * @address: in its image, or anything that its page tables map
 * @buffer:  receives the bytes
 * @size:    how many
 *
 * Context: any that the read function allows.
 * Return: 0, -EFAULT (that leads out of the memory), or what the read function returned.
 */
int mk_log_read(struct mk_log *log, u64 address, void *buffer, size_t size);

/**
 * mk_log_note_address - what the note says of an address
 * @log:     from mk_log_open()
 * @key:     as "SYMBOL(init_uts_ns)"
 * @address: receives it
 *
 * Context: any; pure.
 * Return: whether the note has a line of that key with a hexadecimal number.
 */
bool mk_log_note_address(const struct mk_log *log, const char *key, u64 *address);

/**
 * mk_log_is_note - does a page begin like a VMCOREINFO note
 * @page: its first MK_LOG_NOTE_MAGIC_SIZE bytes
 *
 * Context: any; pure.
 */
bool mk_log_is_note(const void *page);

#endif
