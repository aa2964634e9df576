// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator reads of a disk image, and how he fills it. The files are removed under
 * change_lock, which waits for whoever reads or writes: nothing here takes it.
 *
 * An image is loaded in pieces, from its start on. While that goes on its state keeps every kernel
 * that would use it from starting, so that only the first piece has to ask whether one runs.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>

#include "base.h"
#include "compat.h"
#include "instance/disk_image.h"
#include "instance/disk_image_files.h"
#include "instance/instance.h"
#include "memory/range_memory.h"

static struct disk_image *to_image(struct kobject *kobject)
{
	return container_of(kobject, struct disk_image, kobject);
}

static bool names_image(const struct instance *instance, const struct disk_image *image)
{
	u32 i;

	for (i = 0; i < instance->config.image_count; i++)
		if (instance->images[i] == image)
			return true;
	return false;
}

static bool uses_memory(const struct instance *instance)
{
	return instance->state == MK_LOADING || instance->state == MK_ACTIVE || instance->lost;
}

/* An instance whose kernel may write it now. Context: under multikernel_lock. */
static const struct instance *find_running(const struct disk_image *image)
{
	const struct instance *instance;

	lockdep_assert_held(&multikernel_lock);
	list_for_each_entry(instance, &instances, list)
		if (uses_memory(instance) && names_image(instance, image))
			return instance;
	return NULL;
}

/* Context: under the image's lock and multikernel_lock, for the name of the user. */
static struct mk_image_content describe(const struct disk_image *image)
{
	const struct instance *user = find_running(image);

	lockdep_assert_held(&image->lock);
	return (struct mk_image_content){
		.name = image->config.name,
		.size = image->config.memory_bytes,
		.state = image->state,
		.loaded = image->loaded,
		.user = user ? user->config.name : NULL,
	};
}

static int refuse_leaving(const struct disk_image *image, struct mk_reason *why)
{
	if (!image->leaving)
		return 0;
	return mk_refuse(why, -EBUSY, "image \"%s\": an upload is about to take it away",
			 image->config.name);
}

/* What a kernel has left there as well as what we have: nothing else tells whether one wrote. */
static int clear(struct disk_image *image, struct mk_reason *why)
{
	int error;

	WRITE_ONCE(image->loaded, 0);
	if (!image->dirty)
		return 0;
	error = range_clear(&image->range, NULL);
	if (error)
		return mk_refuse(why, error, "image \"%s\": its memory cannot be cleared (error %d)",
				 image->config.name, error);
	image->dirty = false;
	return 0;
}

static int check_piece(struct disk_image *image, u64 offset, u64 size, struct mk_reason *why)
{
	struct mk_image_content description;
	int error;

	mutex_lock(&multikernel_lock);
	description = describe(image);
	error = mk_image_content_check_piece(&description, offset, size, why);
	if (!error)
		WRITE_ONCE(image->state, MK_IMAGE_LOADING);
	mutex_unlock(&multikernel_lock);
	return error;
}

static void *map(const struct disk_image *image, u64 offset, size_t count, u64 *start)
{
	/* memremap() wants whole pages to find the mapping of memory that the host still knows. */
	*start = mk_align_down(offset, MK_PAGE_SIZE);
	return range_map(&image->range, *start, mk_align_up(offset + count, MK_PAGE_SIZE) - *start);
}

static int write_piece(struct disk_image *image, const void *piece, u64 offset, size_t count,
		       struct mk_reason *why)
{
	u64 start;
	u8 *memory;
	int error;

	error = refuse_leaving(image, why);
	if (!error)
		error = check_piece(image, offset, count, why);
	if (!error && !offset)
		error = clear(image, why);
	if (error)
		return error;
	memory = map(image, offset, count, &start);
	if (!memory)
		return mk_refuse(why, -ENOMEM, "image \"%s\": its memory cannot be mapped",
				 image->config.name);
	image->dirty = true;
	memcpy(memory + (offset - start), piece, count);
	memunmap(memory);
	WRITE_ONCE(image->loaded, offset + count);
	return 0;
}

static ssize_t image_write(struct file *file, struct kobject *kobject, MK_BIN_ATTRIBUTE *attribute,
			   char *buffer, loff_t offset, size_t count)
{
	struct disk_image *image = to_image(kobject);
	struct mk_reason why;
	int error;

	if (mutex_lock_killable(&image->lock))
		return -EINTR;
	error = write_piece(image, buffer, offset, count, &why);
	mutex_unlock(&image->lock);
	return error ? report(error, "image", &why) : count;
}

/* As it is now: a kernel may be writing it. */
static ssize_t image_read(struct file *file, struct kobject *kobject, MK_BIN_ATTRIBUTE *attribute,
			  char *buffer, loff_t offset, size_t count)
{
	struct disk_image *image = to_image(kobject);
	u64 start, size = image->range.size;
	unsigned long broken;
	u8 *memory;

	if (offset >= size)
		return 0;
	count = min_t(u64, count, size - offset);
	memory = map(image, offset, count, &start);
	if (!memory)
		return -ENOMEM;
	broken = copy_mc_to_kernel(buffer, memory + (offset - start), count);
	memunmap(memory);
	return broken < count ? count - broken : -EIO;
}

static int set_state(struct disk_image *image, const char *word, struct mk_reason *why)
{
	struct mk_image_content description;
	enum mk_image_state state;
	int error;

	error = refuse_leaving(image, why);
	if (error)
		return error;
	mutex_lock(&multikernel_lock);
	description = describe(image);
	error = mk_image_content_check_word(&description, word, &state, why);
	if (!error)
		WRITE_ONCE(image->state, state);
	/* From here on kernels may write there, whatever we have. */
	if (!error && state == MK_IMAGE_READY)
		image->dirty = true;
	mutex_unlock(&multikernel_lock);
	if (!error && state == MK_IMAGE_EMPTY)
		error = clear(image, why);
	return error;
}

static ssize_t status_store(struct kobject *kobject, struct kobj_attribute *attribute,
			    const char *word, size_t count)
{
	struct disk_image *image = to_image(kobject);
	struct mk_reason why;
	int error;

	if (mutex_lock_killable(&image->lock))
		return -EINTR;
	error = set_state(image, word, &why);
	mutex_unlock(&image->lock);
	error = report(error, "image", &why);
	return error ? error : count;
}

static ssize_t status_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	enum mk_image_state state = READ_ONCE(to_image(kobject)->state);

	return sysfs_emit(buffer, "%s\n", mk_image_state_name(state));
}

static ssize_t size_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	return sysfs_emit(buffer, "%llu\n", to_image(kobject)->config.memory_bytes);
}

static ssize_t loaded_bytes_show(struct kobject *kobject, struct kobj_attribute *attribute,
				 char *buffer)
{
	return sysfs_emit(buffer, "%llu\n", READ_ONCE(to_image(kobject)->loaded));
}

/* Those that name it, a line each, as far as a page takes them: there are a dozen at most. */
static ssize_t instances_show(struct kobject *kobject, struct kobj_attribute *attribute,
			      char *buffer)
{
	const struct disk_image *image = to_image(kobject);
	const struct instance *instance;
	ssize_t length = 0;

	mutex_lock(&multikernel_lock);
	list_for_each_entry(instance, &instances, list)
		if (names_image(instance, image))
			length += sysfs_emit_at(buffer, length, "%s\n", instance->config.name);
	mutex_unlock(&multikernel_lock);
	return length;
}

static struct kobj_attribute size_attribute = __ATTR_RO(size);
static struct kobj_attribute status_attribute = __ATTR_RW(status);
static struct kobj_attribute loaded_bytes_attribute = __ATTR_RO(loaded_bytes);
static struct kobj_attribute instances_attribute = __ATTR_RO(instances);

static struct bin_attribute image_attribute = {
	.attr = { .name = "image", .mode = 0600 },
	.read = image_read,
	.write = image_write,
};

static struct attribute *text_files[] = {
	&size_attribute.attr, &status_attribute.attr, &loaded_bytes_attribute.attr,
	&instances_attribute.attr, NULL,
};

static MK_BIN_ATTRIBUTE_LIST(binary_files) = { &image_attribute, NULL };

static const struct attribute_group image_group = {
	.attrs = text_files,
	.bin_attrs = binary_files,
};

const struct attribute_group *disk_image_groups[] = { &image_group, NULL };
