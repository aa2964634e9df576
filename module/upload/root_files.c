// SPDX-License-Identifier: GPL-2.0-only
/* device_tree, last_error, version and pool/: the files that belong to no instance. */
#include <linux/bitops.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "base.h"
#include "compat.h"
#include "instance/disk_image.h"
#include "instance/disk_image_files.h"
#include "instance/instance.h"
#include "instance/instance_files.h"
#include "memory/low_memory.h"
#include "memory/pool.h"
#include "multikernel.h"
#include "spawn/preserved.h"
#include "tree.h"
#include "upload/root_files.h"
#include "upload/upload.h"

static struct kobject *root, *pool;

static ssize_t last_error_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	struct mk_reason sentence;

	last_error_read(&sentence);
	return sysfs_emit(buffer, "%s\n", sentence.text);
}

static ssize_t version_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	return sysfs_emit(buffer, "%s\n", MULTIKERNEL_VERSION);
}

static ssize_t handover_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	return sysfs_emit(buffer, "%s\n", handover_way());
}

static ssize_t memory_bytes_show(struct kobject *kobject, struct kobj_attribute *attribute,
				 char *buffer)
{
	return sysfs_emit(buffer, "%llu\n", pool_bytes());
}

static ssize_t memory_free_bytes_show(struct kobject *kobject, struct kobj_attribute *attribute,
				      char *buffer)
{
	return sysfs_emit(buffer, "%llu\n", pool_free_bytes());
}

/* How many more instances can be made, for all that is below 1 MB. */
static ssize_t windows_free_show(struct kobject *kobject, struct kobj_attribute *attribute,
				 char *buffer)
{
	return sysfs_emit(buffer, "%u\n", low_memory_windows());
}

/* As the host numbers them: in a spawn, whose kernel may know of a few only, too. */
static ssize_t cpus_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	unsigned long *mask = kzalloc(MK_CPUS_MAX / BITS_PER_BYTE, GFP_KERNEL);
	struct instance *instance;
	ssize_t length;
	u32 i;

	if (!mask)
		return -ENOMEM;
	mutex_lock(&multikernel_lock);
	list_for_each_entry(instance, &instances, list)
		for (i = 0; i < instance->config.cpu_count; i++)
			__set_bit(instance->cpus[i], mask);
	mutex_unlock(&multikernel_lock);
	length = sysfs_emit(buffer, "%*pbl\n", MK_CPUS_MAX, mask);
	kfree(mask);
	return length;
}

static ssize_t device_tree_write(struct file *file, struct kobject *kobject,
				 MK_BIN_ATTRIBUTE *attribute, char *buffer, loff_t offset, size_t count)
{
	struct mk_reason why;

	if (!multikernel_in_spawn)
		return upload_write(file, buffer, offset, count);
	mk_refuse(&why, -EPERM, "this is a spawn kernel, which makes no instances");
	return report(-EPERM, "upload", &why);
}

static struct bin_attribute device_tree_attribute = {
	.attr = { .name = "device_tree", .mode = 0200 },
	.write = device_tree_write,
};

static struct kobj_attribute last_error_attribute = __ATTR_RO(last_error);
static struct kobj_attribute version_attribute = __ATTR_RO(version);
static struct kobj_attribute handover_attribute = __ATTR_RO(handover);
static struct kobj_attribute memory_bytes_attribute = __ATTR_RO(memory_bytes);
static struct kobj_attribute memory_free_bytes_attribute = __ATTR_RO(memory_free_bytes);
static struct kobj_attribute windows_free_attribute = __ATTR_RO(windows_free);
static struct kobj_attribute cpus_attribute = __ATTR_RO(cpus);

/* To the host nobody hands anything over. */
static umode_t is_visible(struct kobject *kobject, struct attribute *attribute, int i)
{
	return attribute == &handover_attribute.attr && !multikernel_in_spawn ? 0 : attribute->mode;
}

static struct attribute *root_text_files[] = {
	&last_error_attribute.attr, &version_attribute.attr, &handover_attribute.attr, NULL,
};
static MK_BIN_ATTRIBUTE_LIST(root_binary_files) = { &device_tree_attribute, NULL };
static const struct attribute_group root_group = {
	.is_visible = is_visible,
	.attrs = root_text_files,
	.bin_attrs = root_binary_files,
};

static struct attribute *pool_files[] = {
	&memory_bytes_attribute.attr, &memory_free_bytes_attribute.attr, &cpus_attribute.attr,
	&windows_free_attribute.attr, NULL,
};
static const struct attribute_group pool_group = { .attrs = pool_files };

int root_directories_init(void)
{
	int error = -ENOMEM;

	root = kobject_create_and_add("multikernel", fs_kobj);
	if (!root)
		return error;
	pool = kobject_create_and_add("pool", root);
	if (!pool)
		goto put_root;
	error = instances_init(root, instance_groups);
	if (error)
		goto put_pool;
	error = disk_images_init(root, disk_image_groups);
	if (error)
		goto instances_exit;
	return 0;

instances_exit:
	instances_exit();
put_pool:
	kobject_put(pool);
put_root:
	kobject_put(root);
	return error;
}

void root_directories_exit(void)
{
	disk_images_exit();
	instances_exit();
	kobject_put(pool);
	kobject_put(root);
}

int root_files_init(void)
{
	int error;

	error = sysfs_create_group(pool, &pool_group);
	if (error)
		return error;
	error = sysfs_create_group(root, &root_group);
	if (error)
		sysfs_remove_group(pool, &pool_group);
	return error;
}

void root_files_exit(void)
{
	sysfs_remove_group(root, &root_group);
	sysfs_remove_group(pool, &pool_group);
	upload_exit();
}
