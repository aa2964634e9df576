// SPDX-License-Identifier: GPL-2.0-only
/*
 * mk_handover_read() on any bytes: what it takes obeys every rule, and written once more by
 * mk_handover_write() and read again it is the same.
 */
#include "fuzz.h"
#include "handover.h"
#include "oracle.h"

static struct mk_handover handover, again;

static void check_rules(void)
{
	const struct mk_tree *tree = &handover.tree;
	const struct mk_ranges *memory = &handover.memory;
	u64 total = 0;
	u32 i, j;

	MUST(tree->count == 1, "one instance");
	MUST(tree->cpu_total && tree->cpu_total <= MK_CPUS_MAX &&
	     tree->instance[0].cpu_count == tree->cpu_total, "CPUs");
	MUST(memory->range == handover.range && memory->count && memory->count <= MK_INSTANCE_RANGES_MAX,
	     "ranges");
	for (i = 0; i < memory->count; i++) {
		const struct mk_range *range = &memory->range[i];

		MUST(range->size && !((range->start | range->size) % MK_PAGE_SIZE), "alignment");
		MUST(range->start + range->size > range->start, "wraps around");
		MUST(!i || range->start > mk_range_end(range - 1), "order");
		total += range->size;
	}
	MUST(total == tree->instance[0].memory_bytes, "sum");
	for (i = 0; i < tree->cpu_total; i++)
		for (j = 0; j < i; j++)
			MUST(handover.apic_ids[i] != handover.apic_ids[j], "APIC ids");
}

static void check_again(void)
{
	const struct mk_instance_config *config = handover.tree.instance;
	struct mk_image_place images[MK_INSTANCE_IMAGES_MAX];
	struct mk_description description = {
		.config = config,
		.cpus = mk_tree_cpus(&handover.tree, config),
		.apic_ids = handover.apic_ids,
		.memory = &handover.memory,
		.images = images,
	};
	size_t size = mk_describe_size(config->cpu_count) + 1024;
	void *buffer = malloc(size);
	int length;
	u32 i;

	MUST(buffer, "out of memory");
	for (i = 0; i < config->image_count; i++)
		images[i] = (struct mk_image_place){ &handover.tree.image[i], handover.images[i] };
	length = mk_handover_write(&description, buffer, size);
	MUST(length > 0, "does not fit");
	MUST(!mk_handover_read(&again, buffer, length, NULL), "refused what we wrote");
	free(buffer);
	for (i = 0; i < config->image_count; i++)
		MUST(again.images[i].start == handover.images[i].start &&
		     again.images[i].size == handover.tree.image[i].memory_bytes, "images");
	MUST(oracle_same_tree(&again.tree, &handover.tree), "tree");
	MUST(again.memory.count == handover.memory.count, "memory");
	for (i = 0; i < handover.memory.count; i++)
		MUST(again.range[i].start == handover.range[i].start &&
		     again.range[i].size == handover.range[i].size, "memory");
	MUST(!memcmp(again.apic_ids, handover.apic_ids, handover.tree.cpu_total * sizeof(u32)),
	     "APIC ids");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct mk_reason why = { .text = "" };
	int error = mk_handover_read(&handover, data, size, &why);

	MUST(!error || error == -EINVAL, "errno");
	MUST(!error || is_sentence(why.text), why.text);
	if (error)
		return 0;
	check_rules();
	check_again();
	return 0;
}
