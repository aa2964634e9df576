/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flattened device trees (Devicetree Specification v0.4, chapter 5): a strict reader and a
 * sequential writer. Stock x86 kernels export no libfdt, so core brings its own; tests hold it
 * against libfdt and dtc.
 *
 * The reader verifies the whole blob once, in mk_fdt_open(). What follows (names, subnodes,
 * properties) cannot fail and cannot leave the blob. A node is known by its offset; a negative one
 * means "none".
 */
#ifndef MK_CORE_FDT_H
#define MK_CORE_FDT_H

#include "port.h"
#include "reason.h"

/* The format: header fields (5.2), memory reservation block (5.3), structure block (5.4). */
#define MK_FDT_MAGIC 0xd00dfeed
#define MK_FDT_VERSION 17		/* what is written, and the oldest that is read */
#define MK_FDT_COMPATIBLE_VERSION 16	/* what a version 17 tree states as last_comp_version */
#define MK_FDT_HEADER_SIZE 40
#define MK_FDT_RESERVATION_SIZE 16
#define MK_FDT_RESERVATION_ALIGN 8
#define MK_FDT_TOKEN_SIZE 4		/* also the alignment of every token */

enum mk_fdt_header_field {
	MK_FDT_FIELD_MAGIC = 0,
	MK_FDT_FIELD_TOTAL_SIZE = 4,
	MK_FDT_FIELD_STRUCTURE = 8,
	MK_FDT_FIELD_STRINGS = 12,
	MK_FDT_FIELD_RESERVATIONS = 16,
	MK_FDT_FIELD_VERSION = 20,
	MK_FDT_FIELD_LAST_COMP_VERSION = 24,
	MK_FDT_FIELD_BOOT_CPU = 28,
	MK_FDT_FIELD_STRINGS_SIZE = 32,
	MK_FDT_FIELD_STRUCTURE_SIZE = 36,
};

enum mk_fdt_tag {
	MK_FDT_BEGIN_NODE = 1,
	MK_FDT_END_NODE = 2,
	MK_FDT_PROP = 3,
	MK_FDT_NOP = 4,
	MK_FDT_END = 9,
};

/*
 * Limits of the reader. They bound the search for duplicate names (see fdt_read.c), so that a
 * hostile tree of 1 MiB is decided in well under a second. A multikernel tree needs five levels
 * (counting what dtc -@ adds), 2047 siblings (one for each id) and names of 31 characters.
 */
#define MK_FDT_DEPTH_MAX 8
#define MK_FDT_SIBLINGS_MAX 2048	/* properties of a node, and subnodes of a node */
#define MK_FDT_NAME_MAX 63

#define MK_FDT_ROOT 0			/* the root node of every tree */

/**
 * struct mk_fdt - a verified tree; all fields belong to fdt_read.c
 * @structure:      the structure block
 * @strings:        the strings block
 * @structure_size: bytes in @structure
 * @strings_size:   bytes in @strings
 */
struct mk_fdt {
	const u8 *structure;
	const char *strings;
	u32 structure_size;
	u32 strings_size;
};

/**
 * struct mk_fdt_property - one property of a node
 * @name:  NUL terminated, in the blob
 * @value: @size bytes in the blob, of no particular alignment
 * @size:  may be 0
 * @next:  for mk_fdt_next_property()
 */
struct mk_fdt_property {
	const char *name;
	const u8 *value;
	u32 size;
	u32 next;
};

/**
 * mk_fdt_total_size - how large is the tree that begins here
 * @start: the first bytes of a DTB, untrusted
 * @size:  how many are there
 * @total: receives the total size that the header states, unchecked
 *
 * Context: any; pure.
 * Return: 0, -EAGAIN (too few bytes to tell), -EINVAL (not the beginning of a DTB).
 */
int mk_fdt_total_size(const void *start, size_t size, u32 *total);

/**
 * mk_fdt_open - verify a tree
 * @fdt:  filled in; refers to @blob
 * @blob: the DTB, untrusted, of any alignment; must not change nor go as long as @fdt is used
 * @size: bytes in @blob; more than the total size its header states is fine
 * @why:  the sentence, when refused
 *
 * Verifies all that chapter 5 of the specification demands: header, order, bounds and alignment of
 * the blocks, a terminated memory reservation block, every token, one root, properties before
 * subnodes, names that are terminated and unique in their node, and nothing after FDT_END. Names
 * must be printable ASCII, so that they can be shown, and the limits above must hold.
 *
 * Context: any; pure.
 * Return: 0, -EINVAL.
 */
int mk_fdt_open(struct mk_fdt *fdt, const void *blob, size_t size, struct mk_reason *why);

/* The name of a node, in the blob; "" for the root. */
const char *mk_fdt_name(const struct mk_fdt *fdt, int node);

/* Subnodes in the order of the tree: a node, or a negative value when there is none. */
int mk_fdt_first_child(const struct mk_fdt *fdt, int node);
int mk_fdt_next_sibling(const struct mk_fdt *fdt, int node);

/* The subnode with exactly this name, or a negative value. */
int mk_fdt_child(const struct mk_fdt *fdt, int node, const char *name);

#define mk_fdt_for_each_child(fdt, parent, child) \
	for ((child) = mk_fdt_first_child(fdt, parent); (child) >= 0; \
	     (child) = mk_fdt_next_sibling(fdt, child))

/**
 * mk_fdt_properties - begin to iterate over the properties of a node
 * @fdt:      the tree
 * @node:     the node
 * @property: what mk_fdt_next_property() goes on with; holds no property yet
 */
void mk_fdt_properties(const struct mk_fdt *fdt, int node, struct mk_fdt_property *property);

/* Go on to the next property: true, or false when there is none left. */
bool mk_fdt_next_property(const struct mk_fdt *fdt, struct mk_fdt_property *property);

/* Find the property with exactly this name: true, or false when the node has none. */
bool mk_fdt_property(const struct mk_fdt *fdt, int node, const char *name,
		     struct mk_fdt_property *property);

/**
 * struct mk_fdt_writer - a tree that is being written; all fields belong to fdt_write.c
 * @buffer:        where the tree goes
 * @size:          bytes in @buffer
 * @used:          header, reservations and structure block so far, growing up
 * @strings_size:  strings block so far, growing down from the end of @buffer
 * @depth:         nodes that are open
 * @error:         the first error; everything after it does nothing
 * @in_properties: the next token may be a property
 */
struct mk_fdt_writer {
	u8 *buffer;
	size_t size;
	size_t used;
	size_t strings_size;
	u32 depth;
	int error;
	bool in_properties;
};

/**
 * mk_fdt_write_begin - start a tree
 * @writer: filled in
 * @buffer: receives the tree
 * @size:   bytes in @buffer
 *
 * The calls that follow write a tree in its order: nodes within each other, the root (named "")
 * first, in each node properties before subnodes. Errors are kept and told once, by
 * mk_fdt_write_finish(): -ENOSPC for a full buffer, -EINVAL for calls out of order. Names are the
 * caller's word: they are not checked.
 *
 * Context: any; pure.
 */
void mk_fdt_write_begin(struct mk_fdt_writer *writer, void *buffer, size_t size);

void mk_fdt_write_node(struct mk_fdt_writer *writer, const char *name);
void mk_fdt_write_end_node(struct mk_fdt_writer *writer);

/**
 * mk_fdt_write_space - write a property whose value the caller fills in
 * @writer: the tree
 * @name:   of the property
 * @size:   of its value, bytes
 *
 * Return: @size zeroed bytes, to be filled before the tree is finished; NULL after an error.
 */
void *mk_fdt_write_space(struct mk_fdt_writer *writer, const char *name, size_t size);

/* Properties: plain bytes, a string, 32-bit cells, one 64-bit number in two cells. */
void mk_fdt_write_bytes(struct mk_fdt_writer *writer, const char *name, const void *value,
			size_t size);
void mk_fdt_write_string(struct mk_fdt_writer *writer, const char *name, const char *value);
void mk_fdt_write_cells(struct mk_fdt_writer *writer, const char *name, const u32 *cells,
			u32 count);
void mk_fdt_write_u32(struct mk_fdt_writer *writer, const char *name, u32 value);
void mk_fdt_write_u64(struct mk_fdt_writer *writer, const char *name, u64 value);

/**
 * mk_fdt_write_finish - complete the tree: all nodes must have ended
 * @writer: the tree
 *
 * Context: any; pure.
 * Return: size of the DTB in the buffer, -ENOSPC, -EINVAL.
 */
int mk_fdt_write_finish(struct mk_fdt_writer *writer);

#endif
