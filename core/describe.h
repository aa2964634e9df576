/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance described for others: as device tree source text, and as a DTB with what was
 * assigned.
 */
#ifndef MK_CORE_DESCRIBE_H
#define MK_CORE_DESCRIBE_H

#include "port.h"
#include "ranges.h"
#include "tree.h"

/* A disk image, and where it is. */
struct mk_image_place {
	const struct mk_disk_image_config *config;
	struct mk_range range;
};

/**
 * struct mk_description - all there is to tell of an instance
 * @config:   name, id, memory
 * @cpus:     its @config->cpu_count CPU ids, as the host numbers them
 * @apic_ids: the APIC id of each, same order; NULL leaves the assignment out of the DTB
 * @memory:   physical ranges assigned; NULL leaves the assignment out of the DTB
 * @images:   its @config->image_count disk images; what the places in @config mean is left to
 *            whoever has the tree
 * @max_cpus: the @config->max_count CPUs that it may have
 */
struct mk_description {
	const struct mk_instance_config *config;
	const u32 *cpus;
	const u32 *apic_ids;
	const struct mk_ranges *memory;
	const struct mk_image_place *images;
	const u32 *max_cpus;
};

/**
 * mk_describe_text - the content of device_tree_source, to the letter
 * @description: the instance; assignments are not part of the text
 * @buffer:      receives the text, NUL terminated
 * @size:        bytes in @buffer
 *
 * Context: any; pure.
 * Return: length without the NUL, or -ENOSPC.
 */
int mk_describe_text(const struct mk_description *description, char *buffer, size_t size);

/**
 * mk_describe_dtb - the content of an instance's device_tree file
 * @description: the instance
 * @buffer:      receives the DTB
 * @size:        bytes in @buffer
 *
 * The root holds one node named like the instance, with the properties of device_tree_source, and
 * in a node "assigned" memory-ranges = <address size ...> (two cells each, 64 bit), apic-ids =
 * <...> and, with images, image-ranges like memory-ranges, in the order of image-names.
 *
 * Context: any; pure.
 * Return: size of the DTB, or -ENOSPC.
 */
int mk_describe_dtb(const struct mk_description *description, void *buffer, size_t size);

struct mk_fdt_writer;

/*
 * The two halves of that, as nodes of a tree that is being written: what was asked for, and what
 * was assigned.
 */
void mk_describe_instance(struct mk_fdt_writer *writer, const struct mk_description *description);
void mk_describe_assigned(struct mk_fdt_writer *writer, const struct mk_description *description);

/* And a node "images" as in an uploaded tree; nothing without images. */
void mk_describe_images(struct mk_fdt_writer *writer, const struct mk_description *description);

/*
 * An image in all that tells of it: its name twice, its size and its range, and what is around
 * them.
 */
#define MK_DESCRIBE_IMAGE_SIZE 192

/*
 * A buffer of this size holds the text or the DTB of any instance with this many CPUs at most.
 */
static inline size_t mk_describe_size(u32 cpu_count)
{
	return 4096 + 24 * (size_t)cpu_count + 16 * MK_INSTANCE_RANGES_MAX +
	       MK_INSTANCE_IMAGES_MAX * MK_DESCRIBE_IMAGE_SIZE;
}

#endif
