// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a disk image as an object: made, shown, let go. Its files, and how it is loaded, are
 * in disk_image_files.c.
 */
#include <linux/slab.h>

#include "base.h"
#include "instance/disk_image.h"

LIST_HEAD(disk_images);
static struct kobject *directory;	/* images/ */

static struct disk_image *to_image(struct kobject *kobject)
{
	return container_of(kobject, struct disk_image, kobject);
}

static void release(struct kobject *kobject)
{
	kfree(to_image(kobject));
}

static struct kobj_type image_type = {
	.release = release,
	.sysfs_ops = &kobj_sysfs_ops,
};

int disk_images_init(struct kobject *root, const struct attribute_group **groups)
{
	image_type.default_groups = groups;
	directory = kobject_create_and_add("images", root);
	return directory ? 0 : -ENOMEM;
}

void disk_images_exit(void)
{
	kobject_put(directory);
}

struct disk_image *disk_image_new(const struct mk_disk_image_config *config)
{
	struct disk_image *image = kzalloc(sizeof(*image), GFP_KERNEL);

	if (!image)
		return NULL;
	kobject_init(&image->kobject, &image_type);
	INIT_LIST_HEAD(&image->list);
	INIT_LIST_HEAD(&image->upload_list);
	mutex_init(&image->lock);
	image->config = *config;
	return image;
}

int disk_image_show(struct disk_image *image)
{
	return kobject_add(&image->kobject, directory, "%s", image->config.name);
}

void disk_image_hide(struct disk_image *image)
{
	kobject_del(&image->kobject);
}

struct disk_image *disk_image_find(const char *name)
{
	struct disk_image *image;

	lockdep_assert_held(&change_lock);
	list_for_each_entry(image, &disk_images, list)
		if (!strcmp(image->config.name, name))
			return image;
	return NULL;
}

/* No kernel runs with it: an instance that names an image which goes is one that goes itself. */
void disk_image_retire(struct disk_image *image)
{
	mutex_lock(&image->lock);
	mutex_lock(&multikernel_lock);
	WRITE_ONCE(image->state, MK_IMAGE_EMPTY);
	mutex_unlock(&multikernel_lock);
	WRITE_ONCE(image->loaded, 0);
	image->leaving = true;
	mutex_unlock(&image->lock);
}

/* What others have left in its memory is cleared before anything is written again. */
void disk_image_spare(struct disk_image *image)
{
	mutex_lock(&image->lock);
	if (image->leaving)
		image->dirty = true;
	image->leaving = false;
	mutex_unlock(&image->lock);
}
