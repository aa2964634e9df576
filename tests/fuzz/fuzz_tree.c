// SPDX-License-Identifier: GPL-2.0-only
/*
 * mk_tree_parse() on any bytes, held against a second implementation of all the rules; and the
 * descriptions of what was accepted: libfdt and our reader must accept the DTB and find in it what
 * went in.
 */
#include <libfdt.h>
#include <stdlib.h>

#include "describe.h"
#include "fdt.h"
#include "fuzz.h"
#include "oracle.h"

static void check_cells(const struct mk_fdt *fdt, int node, const char *name, const u32 *cells,
			u32 count)
{
	struct mk_fdt_property property;
	u32 i;

	MUST(mk_fdt_property(fdt, node, name, &property), name);
	MUST(property.size == 4 * count, name);
	for (i = 0; i < count; i++)
		MUST(mk_get_be32(property.value + 4 * i) == cells[i], name);
}

static void check_assigned(const struct mk_fdt *fdt, int node,
			   const struct mk_description *description)
{
	const struct mk_range *range = description->memory->range;
	int assigned = mk_fdt_child(fdt, node, "assigned");
	u32 cells[4] = { range->start >> 32, range->start, range->size >> 32, range->size };

	MUST(assigned >= 0, "assigned");
	check_cells(fdt, assigned, "memory-ranges", cells, ARRAY_SIZE(cells));
	check_cells(fdt, assigned, "apic-ids", description->apic_ids,
		    description->config->cpu_count);
}

static void check_dtb(const struct mk_description *description, void *buffer, size_t size)
{
	const struct mk_instance_config *config = description->config;
	u32 memory[2] = { config->memory_bytes >> 32, config->memory_bytes };
	u32 wide = config->memory_bytes >> 32 ? 1 : 0;
	struct mk_fdt fdt;
	int length, node, resources;

	length = mk_describe_dtb(description, buffer, size);
	MUST(length > 0, "mk_describe_size() is too small");
	MUST(!fdt_check_full(buffer, length), "libfdt refuses our DTB");
	MUST(!mk_fdt_open(&fdt, buffer, length, NULL), "our reader refuses our DTB");
	node = mk_fdt_child(&fdt, MK_FDT_ROOT, config->name);
	MUST(node >= 0, config->name);
	check_cells(&fdt, node, "id", &config->id, 1);
	resources = mk_fdt_child(&fdt, node, "resources");
	MUST(resources >= 0, "resources");
	check_cells(&fdt, resources, "cpus", description->cpus, config->cpu_count);
	if (config->max_count)
		check_cells(&fdt, resources, "cpus-max", description->max_cpus, config->max_count);
	check_cells(&fdt, resources, "memory-bytes", memory + 1 - wide, 1 + wide);
	check_assigned(&fdt, node, description);
	MUST(mk_describe_dtb(description, buffer, length - 1) == -ENOSPC, "a byte too few");
}

static void check_text(const struct mk_description *description, char *buffer, size_t size)
{
	int length = mk_describe_text(description, buffer, size);

	MUST(length > 0 && strlen(buffer) == (size_t)length, "mk_describe_size() is too small");
	MUST(mk_describe_text(description, buffer, length) == -ENOSPC, "no room for the NUL");
}

static void check_description(const struct mk_tree *tree, const struct mk_instance_config *config)
{
	size_t size = mk_describe_size(mk_most_cpus(config));
	struct mk_range range = { .start = MK_PAGE_SIZE, .size = config->memory_bytes };
	struct mk_ranges memory = { .range = &range, .count = 1, .capacity = 1 };
	struct mk_image_place images[MK_INSTANCE_IMAGES_MAX];
	struct mk_description description = {
		.config = config,
		.cpus = mk_tree_cpus(tree, config),
		.apic_ids = mk_tree_cpus(tree, config),
		.memory = &memory,
		.images = images,
		.max_cpus = mk_tree_max_cpus(tree, config),
	};
	void *buffer = malloc(size);
	u32 i;

	MUST(buffer, "out of memory");
	for (i = 0; i < config->image_count; i++)
		images[i] = (struct mk_image_place){ .config = &tree->image[config->image[i]] };
	check_dtb(&description, buffer, size);
	check_text(&description, buffer, size);
	free(buffer);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct mk_tree tree, expected, again;
	struct mk_reason why = { .text = "" };
	u8 *copy = malloc(size + 1);
	u32 i;
	int err;

	MUST(copy, "out of memory");
	memcpy(copy + 1, data, size);
	err = mk_tree_parse(&tree, copy + 1, size, &why);
	free(copy);
	MUST(err == oracle_tree(&expected, data, size), why.text);
	MUST(!err || is_sentence(why.text), why.text);
	if (err)
		return 0;
	MUST(oracle_same_tree(&tree, &expected), "the trees differ");
	memset(&again, 0, sizeof(again));
	for (i = 0; i < tree.image_count; i++)
		MUST(!mk_tree_add_image(&again, &tree.image[i]), tree.image[i].name);
	for (i = 0; i < tree.count; i++) {
		const struct mk_instance_config *config = &tree.instance[i];

		check_description(&tree, config);
		MUST(!mk_tree_add(&again, config, mk_tree_cpus(&tree, config)), config->name);
		MUST(!mk_tree_add_max(&again, mk_tree_max_cpus(&tree, config), config->max_count),
		     config->name);
	}
	MUST(oracle_same_tree(&again, &expected), "mk_tree_add() makes another tree");
	return 0;
}
