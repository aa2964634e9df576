// SPDX-License-Identifier: GPL-2.0-only
/* How an instance is told to others: the text of device_tree_source, and the DTB of device_tree. */
#include "describe.h"
#include "fdt.h"

#define KB 1024ULL
#define MB (1024 * KB)

/* Text that is appended to; @length goes on counting when the buffer is full. */
struct text {
	char *buffer;
	size_t size;
	size_t length;
};

static void __printf(2, 3) append(struct text *text, const char *format, ...)
{
	size_t used = text->length < text->size ? text->length : text->size;
	va_list args;

	va_start(args, format);
	text->length += vsnprintf(text->buffer + used, text->size - used, format, args);
	va_end(args);
}

static void append_cpus(struct text *text, const char *name, const u32 *cpus, u32 count)
{
	u32 i;

	append(text, "        %s = <", name);
	for (i = 0; i < count; i++)
		append(text, i ? " %u" : "%u", cpus[i]);
	append(text, ">;\n");
}

static void append_memory(struct text *text, u64 bytes)
{
	u64 unit = bytes % MB ? KB : MB;

	append(text, "        memory-bytes = <");
	if (bytes >> 32)
		append(text, "0x%x ", (u32)(bytes >> 32));
	append(text, "0x%x>; // %llu %s\n", (u32)bytes, (unsigned long long)(bytes / unit),
	       unit == MB ? "MB" : "KB");
}

static void append_images(struct text *text, const struct mk_description *description)
{
	u32 i;

	for (i = 0; i < description->config->image_count; i++)
		append(text, i ? ", \"%s\"" : "        image-names = \"%s\"",
		       description->images[i].config->name);
	if (i)
		append(text, ";\n");
}

int mk_describe_text(const struct mk_description *description, char *buffer, size_t size)
{
	struct text text = { .buffer = buffer, .size = size };

	append(&text, "/dts-v1/;\n\n/%s {\n", description->config->name);
	append(&text, "    compatible = \"%s\";\n", MK_COMPATIBLE);
	append(&text, "    id = <%u>;\n", description->config->id);
	append(&text, "    resources {\n");
	append_cpus(&text, "cpus", description->cpus, description->config->cpu_count);
	if (description->config->max_count)
		append_cpus(&text, "cpus-max", description->max_cpus,
			    description->config->max_count);
	append_memory(&text, description->config->memory_bytes);
	append_images(&text, description);
	append(&text, "    };\n};\n");
	return text.length < size ? (int)text.length : -ENOSPC;
}

static void write_memory_bytes(struct mk_fdt_writer *writer, u64 bytes)
{
	if (bytes >> 32)
		mk_fdt_write_u64(writer, "memory-bytes", bytes);
	else
		mk_fdt_write_u32(writer, "memory-bytes", bytes);
}

/* A list of strings, each with its NUL. */
static void write_image_names(struct mk_fdt_writer *writer,
			      const struct mk_description *description)
{
	u32 count = description->config->image_count, size = 0, i;
	char *p;

	for (i = 0; i < count; i++)
		size += strlen(description->images[i].config->name) + 1;
	p = size ? mk_fdt_write_space(writer, "image-names", size) : NULL;
	for (i = 0; p && i < count; i++) {
		strcpy(p, description->images[i].config->name);
		p += strlen(p) + 1;
	}
}

static void write_resources(struct mk_fdt_writer *writer, const struct mk_description *description)
{
	const struct mk_instance_config *config = description->config;

	mk_fdt_write_node(writer, "resources");
	mk_fdt_write_cells(writer, "cpus", description->cpus, config->cpu_count);
	if (config->max_count)
		mk_fdt_write_cells(writer, "cpus-max", description->max_cpus, config->max_count);
	write_memory_bytes(writer, config->memory_bytes);
	write_image_names(writer, description);
	mk_fdt_write_end_node(writer);
}

void mk_describe_images(struct mk_fdt_writer *writer, const struct mk_description *description)
{
	u32 i;

	if (!description->config->image_count)
		return;
	mk_fdt_write_node(writer, "images");
	for (i = 0; i < description->config->image_count; i++) {
		mk_fdt_write_node(writer, description->images[i].config->name);
		write_memory_bytes(writer, description->images[i].config->memory_bytes);
		mk_fdt_write_end_node(writer);
	}
	mk_fdt_write_end_node(writer);
}

static void put_range(u8 *p, const struct mk_range *range)
{
	mk_put_be64(p, range->start);
	mk_put_be64(p + 8, range->size);
}

static void write_image_ranges(struct mk_fdt_writer *writer,
			       const struct mk_description *description)
{
	u32 count = description->config->image_count, i;
	u8 *p = count ? mk_fdt_write_space(writer, "image-ranges", 16 * (size_t)count) : NULL;

	for (i = 0; p && i < count; i++, p += 16)
		put_range(p, &description->images[i].range);
}

static void write_memory_ranges(struct mk_fdt_writer *writer, const struct mk_ranges *memory)
{
	u8 *p = mk_fdt_write_space(writer, "memory-ranges", 16 * (size_t)memory->count);
	u32 i;

	if (!p)
		return;
	for (i = 0; i < memory->count; i++, p += 16)
		put_range(p, &memory->range[i]);
}

void mk_describe_assigned(struct mk_fdt_writer *writer, const struct mk_description *description)
{
	if (!description->memory && !description->apic_ids)
		return;
	mk_fdt_write_node(writer, "assigned");
	if (description->memory)
		write_memory_ranges(writer, description->memory);
	if (description->apic_ids)
		mk_fdt_write_cells(writer, "apic-ids", description->apic_ids,
				   description->config->cpu_count);
	write_image_ranges(writer, description);
	mk_fdt_write_end_node(writer);
}

static void begin_instance(struct mk_fdt_writer *writer, const struct mk_description *description)
{
	mk_fdt_write_node(writer, description->config->name);
	mk_fdt_write_string(writer, "compatible", MK_COMPATIBLE);
	mk_fdt_write_u32(writer, "id", description->config->id);
	write_resources(writer, description);
}

void mk_describe_instance(struct mk_fdt_writer *writer, const struct mk_description *description)
{
	begin_instance(writer, description);
	mk_fdt_write_end_node(writer);
}

int mk_describe_dtb(const struct mk_description *description, void *buffer, size_t size)
{
	struct mk_fdt_writer writer;

	mk_fdt_write_begin(&writer, buffer, size);
	mk_fdt_write_node(&writer, "");
	begin_instance(&writer, description);
	mk_describe_assigned(&writer, description);
	mk_fdt_write_end_node(&writer);
	mk_fdt_write_end_node(&writer);
	return mk_fdt_write_finish(&writer);
}
