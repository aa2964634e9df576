// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an upload makes, keeps and removes disk images. An image that is kept is not touched. One
 * that goes is named by no instance that stays: core/plan.c sees to that.
 */
#include <linux/list.h>

#include "base.h"
#include "instance/disk_image.h"
#include "instance/instance.h"
#include "memory/pool.h"
#include "memory/range_memory.h"
#include "upload/apply_images.h"

void images_begin(struct image_change *change, const struct mk_tree *desired,
		  const struct mk_plan *plan)
{
	change->desired = desired;
	change->plan = plan;
	INIT_LIST_HEAD(&change->joining);
	INIT_LIST_HEAD(&change->leaving);
}

int images_describe(struct mk_tree *present)
{
	struct disk_image *image;
	int error = 0;

	lockdep_assert_held(&change_lock);
	list_for_each_entry(image, &disk_images, list)
		if (!error)
			error = mk_tree_add_image(present, &image->config);
	return error;
}

void images_choose_leaving(struct image_change *change)
{
	struct disk_image *image;
	u32 i = 0;

	lockdep_assert_held(&change_lock);
	list_for_each_entry(image, &disk_images, list)
		if (change->plan->image_destroy[i++])
			list_add_tail(&image->upload_list, &change->leaving);
}

void images_spare_leaving(struct image_change *change)
{
	struct disk_image *image, *next;

	list_for_each_entry_safe(image, next, &change->leaving, upload_list) {
		list_del_init(&image->upload_list);
		disk_image_spare(image);
	}
}

int images_make_joining(struct image_change *change, struct mk_reason *why)
{
	u32 i;

	lockdep_assert_held(&change_lock);
	for (i = 0; i < change->desired->image_count; i++) {
		const struct mk_disk_image_config *config = &change->desired->image[i];
		bool kept = change->plan->image_action[i] == MK_KEEP;
		struct disk_image *image;

		image = kept ? disk_image_find(config->name) : disk_image_new(config);
		if (!image)
			return mk_refuse(why, -ENOMEM, "image \"%s\": no memory to make it",
					 config->name);
		change->image[i] = image;
		if (!kept)
			list_add_tail(&image->upload_list, &change->joining);
	}
	return 0;
}

static void let_go(struct list_head *list)
{
	struct disk_image *image, *next;

	list_for_each_entry_safe(image, next, list, upload_list) {
		list_del_init(&image->upload_list);
		kobject_put(&image->kobject);
	}
}

void images_discard_joining(struct image_change *change)
{
	let_go(&change->joining);
}

void images_name(const struct image_change *change, struct instance *instance,
		 const struct mk_instance_config *config)
{
	u32 i;

	for (i = 0; i < config->image_count; i++)
		instance_add_image(instance, change->image[config->image[i]]);
}

u32 images_places(const struct image_change *change)
{
	const struct list_head *place;
	u32 count = 0;

	list_for_each(place, &change->leaving)
		count++;
	list_for_each(place, &change->joining)
		count++;
	return count;
}

static int take_piece(struct disk_image *image, struct mk_ranges *free, struct mk_reason *why)
{
	u64 bytes = image->config.memory_bytes;
	int error = mk_ranges_take_piece(free, bytes, &image->range);

	return error ? mk_refuse(why, error,
				 "image \"%s\": the pool's free memory has no piece of 0x%llx bytes at a border of 2 MB, and an image is in one piece",
				 image->config.name, bytes) : 0;
}

int images_return_memory(struct image_change *change, struct mk_ranges *free)
{
	struct disk_image *image;
	int error = 0;

	list_for_each_entry(image, &change->leaving, upload_list)
		if (!error)
			error = mk_ranges_add(free, &image->range);
	return error;
}

int images_take_memory(struct image_change *change, struct mk_ranges *free, struct mk_reason *why)
{
	struct disk_image *image;
	int error = 0;

	lockdep_assert_held(&change_lock);
	list_for_each_entry(image, &change->joining, upload_list)
		if (!error)
			error = take_piece(image, free, why);
	return error;
}

int images_clear(struct image_change *change, struct mk_reason *why)
{
	struct disk_image *image;
	int error;

	lockdep_assert_held(&change_lock);
	list_for_each_entry(image, &change->leaving, upload_list)
		disk_image_retire(image);
	list_for_each_entry(image, &change->joining, upload_list) {
		error = range_clear(&image->range, NULL);
		if (error)
			return mk_refuse(why, error,
					 "image \"%s\": its memory cannot be cleared (error %d)",
					 image->config.name, error);
	}
	return 0;
}

void images_hide(struct list_head *list)
{
	struct disk_image *image;

	list_for_each_entry(image, list, upload_list)
		if (image->kobject.state_in_sysfs)
			disk_image_hide(image);
}

int images_show(struct list_head *list, struct mk_reason *why)
{
	struct disk_image *image;
	int error = 0, its_error;

	list_for_each_entry(image, list, upload_list) {
		its_error = disk_image_show(image);
		if (its_error && !error)
			error = mk_refuse(why, its_error, "image \"%s\": its directory cannot be made",
					  image->config.name);
	}
	return error;
}

void images_exchange(struct image_change *change)
{
	struct disk_image *image, *next;

	lockdep_assert_held(&multikernel_lock);
	list_for_each_entry(image, &change->leaving, upload_list)
		list_del_init(&image->list);
	list_for_each_entry_safe(image, next, &change->joining, upload_list) {
		list_del_init(&image->upload_list);
		list_add_tail(&image->list, &disk_images);
	}
}

static void name_memory(struct disk_image *image)
{
	struct mk_ranges ranges = { .range = &image->range, .count = 1, .capacity = 1 };

	image->names = pool_name_ranges(&ranges, "image", image->config.name);
}

static void forget_names(struct list_head *list)
{
	struct disk_image *image;

	list_for_each_entry(image, list, upload_list) {
		pool_forget_names(image->names);
		image->names = NULL;
	}
}

void images_commit(struct image_change *change)
{
	struct disk_image *image;

	forget_names(&change->leaving);
	list_for_each_entry(image, &disk_images, list)
		if (!image->names)
			name_memory(image);
	let_go(&change->leaving);
}

void images_remove_all(void)
{
	struct disk_image *image, *next;
	LIST_HEAD(leaving);

	lockdep_assert_held(&change_lock);
	mutex_lock(&multikernel_lock);
	list_for_each_entry_safe(image, next, &disk_images, list) {
		list_del_init(&image->list);
		list_add_tail(&image->upload_list, &leaving);
	}
	mutex_unlock(&multikernel_lock);
	images_hide(&leaving);
	forget_names(&leaving);
	let_go(&leaving);
}
