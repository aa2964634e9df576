// SPDX-License-Identifier: GPL-2.0-only
/* The handover, written by the host and read by the spawn kernel. */
#include "handover.h"
#include "fdt.h"

#define CELL_SIZE 4
#define RANGE_SIZE 16	/* address and size, two cells each */

#define refuse(why, format, ...) mk_refuse(why, -EINVAL, "handover: " format, ##__VA_ARGS__)

int mk_handover_write(const struct mk_description *description, void *buffer, size_t size)
{
	struct mk_fdt_writer writer;

	mk_fdt_write_begin(&writer, buffer, size);
	mk_fdt_write_node(&writer, "");
	mk_fdt_write_string(&writer, "compatible", MK_COMPATIBLE);
	mk_describe_images(&writer, description);
	mk_fdt_write_node(&writer, "instances");
	mk_describe_instance(&writer, description);
	mk_fdt_write_end_node(&writer);
	mk_describe_assigned(&writer, description);
	mk_fdt_write_end_node(&writer);
	return mk_fdt_write_finish(&writer);
}

static bool is_string(const struct mk_fdt *fdt, int node, const char *name, const char *wanted)
{
	struct mk_fdt_property property;

	return mk_fdt_property(fdt, node, name, &property) &&
	       property.size == strlen(wanted) + 1 && !memcmp(property.value, wanted, property.size);
}

static int read_ranges(struct mk_handover *handover, const struct mk_fdt *fdt, int node,
		       struct mk_reason *why)
{
	struct mk_ranges *memory = &handover->memory;
	struct mk_fdt_property property;
	u32 i;

	if (!mk_fdt_property(fdt, node, "memory-ranges", &property) || !property.size ||
	    property.size % RANGE_SIZE || property.size / RANGE_SIZE > MK_INSTANCE_RANGES_MAX)
		return refuse(why, "\"memory-ranges\" is missing or malformed");
	for (i = 0; i < property.size; i += RANGE_SIZE) {
		struct mk_range range = {
			.start = mk_get_be64(property.value + i),
			.size = mk_get_be64(property.value + i + 8),
			.node = MK_ANY_NODE,
		};

		if (mk_ranges_add(memory, &range))
			return refuse(why, "memory range 0x%llx of 0x%llx bytes is malformed or overlaps",
				      (unsigned long long)range.start,
				      (unsigned long long)range.size);
	}
	if (mk_ranges_total(memory) != handover->tree.instance[0].memory_bytes)
		return refuse(why, "the memory ranges are 0x%llx bytes together, \"memory-bytes\" is 0x%llx",
			      (unsigned long long)mk_ranges_total(memory),
			      (unsigned long long)handover->tree.instance[0].memory_bytes);
	return 0;
}

static int read_image_ranges(struct mk_handover *handover, const struct mk_fdt *fdt, int node,
			     struct mk_reason *why)
{
	const struct mk_instance_config *config = handover->tree.instance;
	struct mk_fdt_property property;
	u32 i;

	for (i = 0; i < config->image_count; i++)
		if (config->image[i] != i)
			return refuse(why, "the images stand in another order than the instance names them");
	if (handover->tree.image_count != config->image_count)
		return refuse(why, "it holds %u images, of which the instance names %u",
			      handover->tree.image_count, config->image_count);
	if (!config->image_count)
		return 0;
	if (!mk_fdt_property(fdt, node, "image-ranges", &property) ||
	    property.size != config->image_count * RANGE_SIZE)
		return refuse(why, "\"image-ranges\" does not name one for each of the %u images",
			      config->image_count);
	for (i = 0; i < config->image_count; i++) {
		const struct mk_disk_image_config *image = &handover->tree.image[config->image[i]];
		struct mk_range *range = &handover->images[i];

		range->start = mk_get_be64(property.value + i * RANGE_SIZE);
		range->size = mk_get_be64(property.value + i * RANGE_SIZE + 8);
		range->node = MK_ANY_NODE;
		if (range->size != image->memory_bytes || range->start % MK_LARGE_PAGE_SIZE)
			return refuse(why, "image \"%s\" is 0x%llx bytes at 0x%llx, \"memory-bytes\" is 0x%llx",
				      image->name, (unsigned long long)range->size,
				      (unsigned long long)range->start,
				      (unsigned long long)image->memory_bytes);
	}
	return 0;
}

static int read_apic_ids(struct mk_handover *handover, const struct mk_fdt *fdt, int node,
			 struct mk_reason *why)
{
	u32 count = handover->tree.cpu_total, i, j;
	struct mk_fdt_property property;

	if (!mk_fdt_property(fdt, node, "apic-ids", &property) || property.size != count * CELL_SIZE)
		return refuse(why, "\"apic-ids\" does not name one for each of the %u CPUs", count);
	for (i = 0; i < count; i++) {
		handover->apic_ids[i] = mk_get_be32(property.value + i * CELL_SIZE);
		for (j = 0; j < i; j++)
			if (handover->apic_ids[j] == handover->apic_ids[i])
				return refuse(why, "APIC id %u is there twice", handover->apic_ids[i]);
	}
	return 0;
}

int mk_handover_read(struct mk_handover *handover, const void *blob, size_t size,
		     struct mk_reason *why)
{
	struct mk_fdt fdt;
	int node, error;

	handover->memory.range = handover->range;
	handover->memory.count = 0;
	handover->memory.capacity = MK_INSTANCE_RANGES_MAX;
	error = mk_fdt_open(&fdt, blob, size, why);
	if (error)
		return error;
	if (!is_string(&fdt, MK_FDT_ROOT, "compatible", MK_COMPATIBLE))
		return refuse(why, "the root is not compatible with \"%s\"", MK_COMPATIBLE);
	error = mk_tree_read_instances(&handover->tree, &fdt, MK_FDT_ROOT, why);
	if (error)
		return error;
	if (handover->tree.count != 1)
		return refuse(why, "it holds %u instances, not one", handover->tree.count);
	node = mk_fdt_child(&fdt, MK_FDT_ROOT, "assigned");
	if (node < 0)
		return refuse(why, "node \"assigned\" is missing");
	error = read_ranges(handover, &fdt, node, why);
	if (!error)
		error = read_apic_ids(handover, &fdt, node, why);
	return error ? error : read_image_ranges(handover, &fdt, node, why);
}
