/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of an upload that makes, keeps and removes disk images; apply.c takes its steps in
 * order.
 */
#ifndef MK_MODULE_APPLY_IMAGES_H
#define MK_MODULE_APPLY_IMAGES_H

#include <linux/list.h>

#include "plan.h"
#include "ranges.h"
#include "reason.h"
#include "tree.h"

struct disk_image;
struct instance;

/**
 * struct image_change - what becomes of the images
 * @desired: the uploaded tree
 * @plan:    what to do
 * @joining: images that are being made
 * @leaving: images that go
 * @image:   for each image of @desired the one that is kept, or that is being made
 */
struct image_change {
	const struct mk_tree *desired;
	const struct mk_plan *plan;
	struct list_head joining;
	struct list_head leaving;
	struct disk_image *image[MK_DISK_IMAGES_MAX];
};

void images_begin(struct image_change *change, const struct mk_tree *desired,
		  const struct mk_plan *plan);

/* Adds the present images to a tree, in their order. Context: under change_lock. */
int images_describe(struct mk_tree *present);

/* Marks the images that go. Context: under change_lock. */
void images_choose_leaving(struct image_change *change);
void images_spare_leaving(struct image_change *change);

/*
 * Makes the new ones; has an instance that is being made name its own. Context: under change_lock.
 */
int images_make_joining(struct image_change *change, struct mk_reason *why);
void images_discard_joining(struct image_change *change);
void images_name(const struct image_change *change, struct instance *instance,
		 const struct mk_instance_config *config);

/* How many places the plan of the pool's free memory needs for them. */
u32 images_places(const struct image_change *change);

/*
 * Adds that of the leaving ones to the pool's free memory as it will be. Return: 0, or an error of
 * mk_ranges_add().
 */
int images_return_memory(struct image_change *change, struct mk_ranges *free);

/**
 * images_take_memory - one piece for each new image
 * @change: whose
 * @free:   the pool's free memory as it will be
 * @why:    the sentence, when refused
 *
 * Context: under change_lock.
 * Return: 0 or -ENOSPC.
 */
int images_take_memory(struct image_change *change, struct mk_ranges *free, struct mk_reason *why);

/*
 * Clears the memory of the new ones. From here on nothing can be written to those that go, and they
 * are empty even if they stay after all. Context: under change_lock.
 */
int images_clear(struct image_change *change, struct mk_reason *why);

/*
 * Takes the directories away, or makes them, all that can be made; the list changes. Context: the
 * last under both locks.
 */
void images_hide(struct list_head *list);
int images_show(struct list_head *list, struct mk_reason *why);
void images_exchange(struct image_change *change);

/* Nothing here can fail: names in /proc/iomem, and the last of those that have gone. */
void images_commit(struct image_change *change);

/* Removes all: no instance is there any more. Context: under change_lock. */
void images_remove_all(void);

#endif
