/* SPDX-License-Identifier: GPL-2.0-only */
/* Disk images: what they are, the list of them, and their directories. */
#ifndef MK_MODULE_DISK_IMAGE_H
#define MK_MODULE_DISK_IMAGE_H

#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "image_content.h"
#include "ranges.h"
#include "tree.h"

struct attribute_group;
struct pool_names;

/**
 * struct disk_image - a piece of the pool that spawn kernels see as persistent memory
 * @kobject:     its directory under images/; owns the structure's life: each instance that names it
 *               has a reference
 * @list:        in @disk_images; changed under change_lock and multikernel_lock
 * @upload_list: in the list of those that come or of those that go with an upload under way;
 *               change_lock
 * @config:      name, size; fixed once made, as is the next
 * @range:       its memory, in one piece
 * @names:       its line in /proc/iomem; change_lock
 * @lock:        what is written of it, one writer at a time; taken before multikernel_lock, and
 *               under change_lock where both are
 * @leaving:     its memory is about to be another's: nothing is written any more; @lock
 * @state:       written under @lock and multikernel_lock, read anywhere
 * @loaded:      bytes that were written; under @lock, read anywhere
 * @dirty:       its memory has been written since it was cleared, by us or by a kernel; @lock
 */
struct disk_image {
	struct kobject kobject;
	struct list_head list;
	struct list_head upload_list;
	struct mk_disk_image_config config;
	struct mk_range range;
	struct pool_names *names;

	struct mutex lock;
	bool leaving;
	enum mk_image_state state;
	u64 loaded;
	bool dirty;
};

extern struct list_head disk_images;	/* in the order they were made; locks: see base.h */

/**
 * disk_images_init - make the directory of all images
 * @root:   where
 * @groups: the files of each image
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int disk_images_init(struct kobject *root, const struct attribute_group **groups);
void disk_images_exit(void);

/**
 * disk_image_new - make an image that is in no list, has no directory and no memory: "empty"
 * @config: what the tree says of it
 *
 * Context: process.
 * Return: the image, to be let go with kobject_put(), or NULL for want of memory.
 */
struct disk_image *disk_image_new(const struct mk_disk_image_config *config);

/* Makes its directory, or takes it away; files that are open then fail. Context: process. */
int disk_image_show(struct disk_image *image);
void disk_image_hide(struct disk_image *image);

/* By name; NULL when there is none. Context: under change_lock. */
struct disk_image *disk_image_find(const char *name);

/**
 * disk_image_retire - let nothing more be written to an image, since its memory goes to others
 * @image: which; what it held is gone
 *
 * Context: process; waits for whoever writes it. Takes @image->lock and multikernel_lock.
 */
void disk_image_retire(struct disk_image *image);

/* It stays after all, and is empty. Context: process; takes @image->lock. */
void disk_image_spare(struct disk_image *image);

#endif
