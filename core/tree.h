/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The multikernel-v1 tree: what an operator may ask for, as plain numbers. tree.c owns the rules
 * that can be decided by looking at the tree alone; plan.c owns those that need to know the
 * machine.
 */
#ifndef MK_CORE_TREE_H
#define MK_CORE_TREE_H

#include "port.h"
#include "ranges.h"
#include "reason.h"

#define MK_COMPATIBLE "multikernel-v1"
#define MK_NAME_MAX 31
#define MK_ID_MAX 2047
#define MK_INSTANCES_MAX MK_ID_MAX	/* ids are unique, so no tree can hold more */
#define MK_CPUS_MAX 8192		/* the largest NR_CPUS of x86-64 (arch/x86/Kconfig): ids are below */
#define MK_LATER_CPUS_MAX 2048		/* that an instance may get beside those that it has */
#define MK_DISK_IMAGES_MAX 64		/* in a tree */
#define MK_TREE_SIZE_MAX (1U << 20)	/* largest device tree that can be uploaded, bytes */

/**
 * struct mk_disk_image_config - one disk image in memory, as the tree describes it
 * @name:         directory name, NUL terminated
 * @memory_bytes: non-zero, a multiple of MK_LARGE_PAGE_SIZE
 */
struct mk_disk_image_config {
	char name[MK_NAME_MAX + 1];
	u64 memory_bytes;
};

/**
 * struct mk_instance_config - one instance as the tree describes it
 * @name:         directory name, NUL terminated
 * @id:           1 to MK_ID_MAX
 * @first_cpu:    where its CPUs begin in mk_tree.cpu
 * @cpu_count:    how many; the first one is its boot CPU
 * @first_max:    where the CPUs that it may have begin in mk_tree.max_cpu
 * @max_count:    how many, @cpu_count of them the ones it has; 0: only those
 * @memory_bytes: non-zero, page aligned
 * @image_count:  how many disk images it names
 * @image:        where they are in mk_tree.image, in its order; none is there twice
 */
struct mk_instance_config {
	char name[MK_NAME_MAX + 1];
	u32 id;
	u32 first_cpu;
	u32 cpu_count;
	u32 first_max;
	u32 max_count;
	u64 memory_bytes;
	u32 image_count;
	u8 image[MK_INSTANCE_IMAGES_MAX];
};

/**
 * struct mk_tree - a whole tree; about 280 KB, so never on a stack
 * @count:       number of instances
 * @cpu_total:   number of entries used in @cpu
 * @image_count: number of disk images
 * @instance:    the instances, in the order of the tree
 * @max_total:   number of entries used in @max_cpu
 * @cpu:         CPU ids as the host numbers them, instance after instance
 * @max_cpu:     the same of those that instances may have
 * @image:       the disk images, in the order of the tree
 */
struct mk_tree {
	u32 count;
	u32 cpu_total;
	u32 max_total;
	u32 image_count;
	struct mk_instance_config instance[MK_INSTANCES_MAX];
	u32 cpu[MK_CPUS_MAX];
	u32 max_cpu[MK_CPUS_MAX];
	struct mk_disk_image_config image[MK_DISK_IMAGES_MAX];
};

/**
 * mk_tree_parse - read and check an uploaded device tree
 * @tree: filled in; what it holds after a failure must not be used
 * @blob: the DTB, untrusted; must not change during the call
 * @size: bytes in @blob; must be at least the total size its header states
 * @why:  the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0, -EINVAL (not a DTB, damaged, a rule of the interface broken), -EFBIG (over
 * MK_TREE_SIZE_MAX).
 */
int mk_tree_parse(struct mk_tree *tree, const void *blob, size_t size, struct mk_reason *why);

struct mk_fdt;

/**
 * mk_tree_read_instances - read "images" and "instances" of a tree that has been verified
 * @tree:   filled in, as by mk_tree_parse()
 * @fdt:    from mk_fdt_open()
 * @parent: the node that holds the two; "images" may be missing
 * @why:    the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0 or -EINVAL.
 */
int mk_tree_read_instances(struct mk_tree *tree, const struct mk_fdt *fdt, int parent,
			   struct mk_reason *why);

/**
 * mk_tree_add - append an instance to a tree under construction
 * @tree:   zeroed or built with earlier calls
 * @config: all is taken but first_cpu, first_max and max_count, which are ignored
 * @cpus:   @config->cpu_count ids
 *
 * The module keeps its present state in this form, for mk_plan(). Checks nothing but the capacity.
 *
 * Context: any; pure.
 * Return: 0 or -ENOSPC.
 */
int mk_tree_add(struct mk_tree *tree, const struct mk_instance_config *config, const u32 *cpus);

/**
 * mk_tree_add_max - say which CPUs the instance that was added last may have
 * @tree:  as for mk_tree_add()
 * @cpus:  their ids; all that it has are among them
 * @count: how many; 0: it only has what it has
 *
 * Context: any; pure.
 * Return: 0 or -ENOSPC.
 */
int mk_tree_add_max(struct mk_tree *tree, const u32 *cpus, u32 count);

/**
 * mk_tree_add_image - append a disk image to a tree under construction
 * @tree:   as for mk_tree_add()
 * @config: the image
 *
 * Context: any; pure.
 * Return: 0 or -ENOSPC.
 */
int mk_tree_add_image(struct mk_tree *tree, const struct mk_disk_image_config *config);

/* The image of that name as its place in mk_tree.image, or mk_tree.image_count: there is none. */
u32 mk_tree_find_image(const struct mk_tree *tree, const char *name);

static inline const u32 *mk_tree_cpus(const struct mk_tree *tree, const struct mk_instance_config *config)
{
	return tree->cpu + config->first_cpu;
}

static inline const u32 *mk_tree_max_cpus(const struct mk_tree *tree,
					  const struct mk_instance_config *config)
{
	return tree->max_cpu + config->first_max;
}

/* How many CPUs it can have at one time, of all that are named for it. */
static inline u32 mk_most_cpus(const struct mk_instance_config *config)
{
	return config->max_count > config->cpu_count ? config->max_count : config->cpu_count;
}

static inline bool mk_has_cpu(const u32 *cpus, u32 count, u32 cpu)
{
	while (count--)
		if (cpus[count] == cpu)
			return true;
	return false;
}

#endif
