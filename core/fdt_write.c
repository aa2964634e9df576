// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sequential writer of flattened device trees. While a tree is written, the strings block grows
 * down from the end of the buffer, so a property can only note how far from that end its name
 * begins. Finishing turns the distances into offsets and moves the block to its place.
 */
#include "fdt.h"

/* @size zeroed bytes more at the end of the structure block, padded to whole tokens; or NULL. */
static u8 *grow(struct mk_fdt_writer *writer, size_t size)
{
	size_t left = writer->size - writer->used - writer->strings_size;
	u8 *p = writer->buffer + writer->used;

	if (writer->error)
		return NULL;
	if (size > left || mk_align_up(size, MK_FDT_TOKEN_SIZE) > left) {
		writer->error = -ENOSPC;
		return NULL;
	}
	size = mk_align_up(size, MK_FDT_TOKEN_SIZE);
	writer->used += size;
	return memset(p, 0, size);
}

static void misuse(struct mk_fdt_writer *writer)
{
	if (!writer->error)
		writer->error = -EINVAL;
}

/* How far from the end of the buffer the name begins; it is added when it is not there yet. */
static u32 string_distance(struct mk_fdt_writer *writer, const char *name)
{
	const u8 *end = writer->buffer + writer->size;
	const u8 *p = end - writer->strings_size;
	size_t size = strlen(name) + 1;

	for (; p < end; p += strlen((const char *)p) + 1)
		if (!strcmp((const char *)p, name))
			return end - p;
	if (size > writer->size - writer->used - writer->strings_size) {
		writer->error = -ENOSPC;
		return 0;
	}
	writer->strings_size += size;
	memcpy(writer->buffer + writer->size - writer->strings_size, name, size);
	return writer->strings_size;
}

void mk_fdt_write_begin(struct mk_fdt_writer *writer, void *buffer, size_t size)
{
	*writer = (struct mk_fdt_writer){
		.buffer = buffer,
		.size = size < INT_MAX ? size : INT_MAX,
	};

	/* The header is written last; one entry of zeros is a whole memory reservation block. */
	grow(writer, MK_FDT_HEADER_SIZE + MK_FDT_RESERVATION_SIZE);
}

void mk_fdt_write_node(struct mk_fdt_writer *writer, const char *name)
{
	size_t size = strlen(name) + 1;
	bool is_root = writer->used == MK_FDT_HEADER_SIZE + MK_FDT_RESERVATION_SIZE;
	u8 *p;

	if (is_root != !writer->depth)
		misuse(writer);
	p = grow(writer, MK_FDT_TOKEN_SIZE + size);
	if (!p)
		return;
	mk_put_be32(p, MK_FDT_BEGIN_NODE);
	memcpy(p + MK_FDT_TOKEN_SIZE, name, size);
	writer->depth++;
	writer->in_properties = true;
}

void mk_fdt_write_end_node(struct mk_fdt_writer *writer)
{
	u8 *p;

	if (!writer->depth)
		misuse(writer);
	p = grow(writer, MK_FDT_TOKEN_SIZE);
	if (!p)
		return;
	mk_put_be32(p, MK_FDT_END_NODE);
	writer->depth--;
	writer->in_properties = false;
}

void *mk_fdt_write_space(struct mk_fdt_writer *writer, const char *name, size_t size)
{
	u32 distance;
	u8 *p;

	if (!writer->in_properties)
		misuse(writer);
	if (size > INT_MAX && !writer->error)
		writer->error = -ENOSPC;
	if (writer->error)
		return NULL;
	distance = string_distance(writer, name);
	p = grow(writer, MK_FDT_TOKEN_SIZE + 8 + size);
	if (!p)
		return NULL;
	mk_put_be32(p, MK_FDT_PROP);
	mk_put_be32(p + 4, size);
	mk_put_be32(p + 8, distance);
	return p + MK_FDT_TOKEN_SIZE + 8;
}

void mk_fdt_write_bytes(struct mk_fdt_writer *writer, const char *name, const void *value,
			size_t size)
{
	void *p = mk_fdt_write_space(writer, name, size);

	if (p && size)
		memcpy(p, value, size);
}

void mk_fdt_write_string(struct mk_fdt_writer *writer, const char *name, const char *value)
{
	mk_fdt_write_bytes(writer, name, value, strlen(value) + 1);
}

void mk_fdt_write_cells(struct mk_fdt_writer *writer, const char *name, const u32 *cells,
			u32 count)
{
	u8 *p = mk_fdt_write_space(writer, name, sizeof(*cells) * (size_t)count);
	u32 i;

	if (!p)
		return;
	for (i = 0; i < count; i++)
		mk_put_be32(p + sizeof(*cells) * i, cells[i]);
}

void mk_fdt_write_u32(struct mk_fdt_writer *writer, const char *name, u32 value)
{
	mk_fdt_write_cells(writer, name, &value, 1);
}

void mk_fdt_write_u64(struct mk_fdt_writer *writer, const char *name, u64 value)
{
	u8 *p = mk_fdt_write_space(writer, name, sizeof(value));

	if (p)
		mk_put_be64(p, value);
}

/* Turn the distances that properties hold into offsets in the strings block. */
static void resolve_names(struct mk_fdt_writer *writer)
{
	u8 *p = writer->buffer + MK_FDT_HEADER_SIZE + MK_FDT_RESERVATION_SIZE;

	while (mk_get_be32(p) != MK_FDT_END) {
		u32 tag = mk_get_be32(p);

		p += MK_FDT_TOKEN_SIZE;
		if (tag == MK_FDT_BEGIN_NODE) {
			p += mk_align_up(strlen((char *)p) + 1, MK_FDT_TOKEN_SIZE);
		} else if (tag == MK_FDT_PROP) {
			mk_put_be32(p + 4, writer->strings_size - mk_get_be32(p + 4));
			p += 8 + mk_align_up(mk_get_be32(p), MK_FDT_TOKEN_SIZE);
		}
	}
}

static void write_header(struct mk_fdt_writer *writer)
{
	const u32 reservations = MK_FDT_HEADER_SIZE;
	const u32 structure = MK_FDT_HEADER_SIZE + MK_FDT_RESERVATION_SIZE;
	u8 *header = writer->buffer;

	mk_put_be32(header + MK_FDT_FIELD_MAGIC, MK_FDT_MAGIC);
	mk_put_be32(header + MK_FDT_FIELD_TOTAL_SIZE, writer->used + writer->strings_size);
	mk_put_be32(header + MK_FDT_FIELD_STRUCTURE, structure);
	mk_put_be32(header + MK_FDT_FIELD_STRINGS, writer->used);
	mk_put_be32(header + MK_FDT_FIELD_RESERVATIONS, reservations);
	mk_put_be32(header + MK_FDT_FIELD_VERSION, MK_FDT_VERSION);
	mk_put_be32(header + MK_FDT_FIELD_LAST_COMP_VERSION, MK_FDT_COMPATIBLE_VERSION);
	mk_put_be32(header + MK_FDT_FIELD_BOOT_CPU, 0);
	mk_put_be32(header + MK_FDT_FIELD_STRINGS_SIZE, writer->strings_size);
	mk_put_be32(header + MK_FDT_FIELD_STRUCTURE_SIZE, writer->used - structure);
}

int mk_fdt_write_finish(struct mk_fdt_writer *writer)
{
	bool is_empty = writer->used == MK_FDT_HEADER_SIZE + MK_FDT_RESERVATION_SIZE;
	u8 *p;

	if (writer->depth || is_empty)
		misuse(writer);
	p = grow(writer, MK_FDT_TOKEN_SIZE);
	if (!p)
		return writer->error;
	mk_put_be32(p, MK_FDT_END);
	resolve_names(writer);
	write_header(writer);
	memmove(writer->buffer + writer->used, writer->buffer + writer->size - writer->strings_size,
		writer->strings_size);
	return writer->used + writer->strings_size;
}
