// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator reads of an instance. No function here takes multikernel_lock: a file is removed
 * under it, and the removal waits for its readers.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "base.h"
#include "compat.h"
#include "describe.h"
#include "instance/instance.h"
#include "instance/instance_files.h"
#include "instance/instance_memory.h"

#define FAULT_BYTES MK_LARGE_PAGE_SIZE	/* mapped by one fault, at most */

static struct instance *to_instance(struct kobject *kobject)
{
	return container_of(kobject, struct instance, kobject);
}

static ssize_t id_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", to_instance(kobject)->config.id);
}

static ssize_t serial_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	return sysfs_emit(buffer, "%llu\n", to_instance(kobject)->serial);
}

static ssize_t generation_show(struct kobject *kobject, struct kobj_attribute *attribute,
			       char *buffer)
{
	return sysfs_emit(buffer, "%u\n", READ_ONCE(to_instance(kobject)->generation));
}

static ssize_t status_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	enum mk_state state = READ_ONCE(to_instance(kobject)->state);

	return sysfs_emit(buffer, "%s\n", mk_state_name(state));
}

/* "hung: no sign of life for 12 s"; when it lives, that alone. */
static ssize_t show_liveness(const struct instance *instance, enum mk_liveness liveness, char *buffer)
{
	if (liveness == MK_LIFE_ALIVE)
		return sysfs_emit(buffer, "%s\n", mk_liveness_name(liveness));
	return sysfs_emit(buffer, "%s: no sign of life for %llu s\n", mk_liveness_name(liveness),
			  READ_ONCE(instance->silence));
}

static ssize_t liveness_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	struct instance *instance = to_instance(kobject);

	if (READ_ONCE(instance->state) != MK_ACTIVE)
		return 0;
	return show_liveness(instance, READ_ONCE(instance->liveness), buffer);
}

/* In a spawn, which notes no start, that is the time since the clock began: its own. */
static ssize_t uptime_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	struct instance *instance = to_instance(kobject);

	if (READ_ONCE(instance->state) != MK_ACTIVE)
		return 0;
	return sysfs_emit(buffer, "%lld\n", ktime_get_seconds() - READ_ONCE(instance->started_at));
}

static ssize_t cpu_time_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	struct instance *instance = to_instance(kobject);
	struct cpu_time told;

	spin_lock(&instance->failure_lock);
	told = instance->cpu_time;
	spin_unlock(&instance->failure_lock);
	if (READ_ONCE(instance->state) != MK_ACTIVE || !told.at_ms)
		return 0;
	return sysfs_emit(buffer, "%llu %llu\n", told.busy_ms, told.at_ms);
}

static ssize_t memory_used_show(struct kobject *kobject, struct kobj_attribute *attribute,
				char *buffer)
{
	struct instance *instance = to_instance(kobject);
	u64 bytes = READ_ONCE(instance->memory_used);

	if (READ_ONCE(instance->state) != MK_ACTIVE || !bytes)
		return 0;
	return sysfs_emit(buffer, "%llu\n", bytes);
}

static ssize_t failure_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	struct instance *instance = to_instance(kobject);
	enum mk_liveness liveness = READ_ONCE(instance->liveness);
	ssize_t length;

	if (READ_ONCE(instance->state) == MK_ACTIVE && liveness == MK_LIFE_HUNG)
		return show_liveness(instance, liveness, buffer);
	if (READ_ONCE(instance->state) != MK_FAILED)
		return 0;
	spin_lock(&instance->failure_lock);
	length = sysfs_emit(buffer, "%s\n", instance->failure.text);
	spin_unlock(&instance->failure_lock);
	return length;
}

/* What of an instance may change while it is told. */
struct snapshot {
	struct mk_instance_config config;
	struct mk_ranges memory;
	struct mk_range range[MK_INSTANCE_RANGES_MAX];
};

static void take_snapshot(struct snapshot *snapshot, const struct instance *instance,
			  struct mk_description *description)
{
	snapshot->memory.range = snapshot->range;
	snapshot->memory.capacity = MK_INSTANCE_RANGES_MAX;
	snapshot->config = instance->config;
	snapshot->config.memory_bytes = instance_copy_memory(instance, &snapshot->memory);
	description->config = &snapshot->config;
	description->memory = &snapshot->memory;
}

static ssize_t read_description(struct kobject *kobject, char *buffer, loff_t offset, size_t count,
				int (*write)(const struct mk_description *, char *, size_t))
{
	struct instance *instance = to_instance(kobject);
	struct mk_image_place places[MK_INSTANCE_IMAGES_MAX];
	struct mk_description description;
	size_t size = mk_describe_size(mk_most_cpus(&instance->config));
	struct snapshot *snapshot;
	ssize_t length;
	char *text;

	text = kvzalloc(mk_align_up(size, 8) + sizeof(*snapshot), GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	snapshot = (struct snapshot *)(text + mk_align_up(size, 8));
	instance_describe(instance, &description, places);
	take_snapshot(snapshot, instance, &description);
	length = write(&description, text, size);
	if (length >= 0)
		length = memory_read_from_buffer(buffer, count, &offset, text, length);
	kvfree(text);
	return length;
}

static int write_dtb(const struct mk_description *description, char *buffer, size_t size)
{
	return mk_describe_dtb(description, buffer, size);
}

static ssize_t device_tree_source_read(struct file *file, struct kobject *kobject,
				       MK_BIN_ATTRIBUTE *attribute, char *buffer, loff_t offset,
				       size_t count)
{
	return read_description(kobject, buffer, offset, count, mk_describe_text);
}

static ssize_t device_tree_read(struct file *file, struct kobject *kobject,
				MK_BIN_ATTRIBUTE *attribute, char *buffer, loff_t offset, size_t count)
{
	return read_description(kobject, buffer, offset, count, write_dtb);
}

/* How much of [offset, offset + count) can be had in one piece; 0 outside the instance's memory. */
static u64 readable(const struct instance *instance, u64 offset, u64 count)
{
	struct mk_range range;

	return instance_find_memory(instance, offset, 1, &range) ?
	       min(count, mk_range_end(&range) - offset) : 0;
}

static ssize_t memory_read(struct file *file, struct kobject *kobject, MK_BIN_ATTRIBUTE *attribute,
			   char *buffer, loff_t offset, size_t count)
{
	struct instance *instance = to_instance(kobject);
	u64 start = mk_align_down(offset, MK_PAGE_SIZE);
	unsigned long broken;
	u8 *memory;

	count = readable(instance, offset, count);
	if (!count)
		return -ENXIO;
	/* memremap() wants whole pages to find the mapping of memory that the host still knows. */
	memory = instance_map(instance, start, mk_align_up(offset + count, MK_PAGE_SIZE) - start);
	if (!memory)
		return -ENOMEM;
	broken = copy_mc_to_kernel(buffer, memory + (offset - start), count);
	memunmap(memory);
	return broken < count ? count - broken : -EIO;
}

/* kernfs calls this only as long as the file is there (fs/kernfs/file.c, kernfs_vma_fault()). */
static vm_fault_t memory_fault(struct vm_fault *fault)
{
	struct vm_area_struct *area = fault->vma;

	return instance_map_user(area, fault->address, FAULT_BYTES, area->vm_pgoff);
}

static const struct vm_operations_struct memory_operations = { .fault = memory_fault };

/*
 * Nothing is mapped yet: the area is not known to the file yet, so that an instance which went at
 * this moment would leave behind what is. Removing the file takes away what came by faults.
 */
static int memory_mmap(struct file *file, struct kobject *kobject, MK_BIN_ATTRIBUTE *attribute,
		       struct vm_area_struct *area)
{
	u64 start = (u64)area->vm_pgoff << PAGE_SHIFT, size = area->vm_end - area->vm_start;
	struct mk_range range;

	if (area->vm_pgoff > (~0ULL >> PAGE_SHIFT) ||
	    !instance_find_memory(to_instance(kobject), start, size, &range))
		return -ENXIO;
	if (area->vm_flags & VM_WRITE)
		return -EACCES;
	/* Not VM_PFNMAP, as in module/device/memory_file.c. */
	mk_change_area_flags(area, VM_IO | VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP, VM_MAYWRITE);
	area->vm_ops = &memory_operations;
	return 0;
}

static struct kobj_attribute id_attribute = __ATTR(id, 0444, id_show, NULL);
static struct kobj_attribute serial_attribute = __ATTR_RO(serial);
static struct kobj_attribute generation_attribute = __ATTR_RO(generation);
static struct kobj_attribute status_attribute = __ATTR(status, 0444, status_show, NULL);
static struct kobj_attribute liveness_attribute = __ATTR(liveness, 0444, liveness_show, NULL);
static struct kobj_attribute uptime_attribute = __ATTR_RO(uptime);
static struct kobj_attribute cpu_time_attribute = __ATTR_RO(cpu_time);
static struct kobj_attribute memory_used_attribute = __ATTR_RO(memory_used);
static struct kobj_attribute failure_attribute = __ATTR(failure, 0444, failure_show, NULL);

static struct bin_attribute device_tree_source_attribute = {
	.attr = { .name = "device_tree_source", .mode = 0444 },
	.read = device_tree_source_read,
};

static struct bin_attribute device_tree_attribute = {
	.attr = { .name = "device_tree", .mode = 0400 },	/* has physical addresses */
	.read = device_tree_read,
};

static struct bin_attribute memory_attribute = {
	.attr = { .name = "memory", .mode = 0400 },
	.read = memory_read,
	.mmap = memory_mmap,
};

/* Removing it is the only way to all of its mappings (fs/kernfs/file.c, kernfs_drain_open_files()). */
void instance_renew_memory_file(struct instance *instance)
{
	lockdep_assert_held(&change_lock);
	if (!instance->kobject.state_in_sysfs)
		return;
	sysfs_remove_bin_file(&instance->kobject, &memory_attribute);
	if (sysfs_create_bin_file(&instance->kobject, &memory_attribute))
		pr_err("instance \"%s\": its file \"memory\" cannot be made again\n",
		       instance->config.name);
}

static struct attribute *text_files[] = {
	&id_attribute.attr, &serial_attribute.attr, &generation_attribute.attr,
	&status_attribute.attr, &failure_attribute.attr, &liveness_attribute.attr,
	&uptime_attribute.attr, &cpu_time_attribute.attr, &memory_used_attribute.attr, NULL,
};

/* Both descriptions can be longer than a page: as binary files they may be, at any offset. */
static MK_BIN_ATTRIBUTE_LIST(binary_files) = {
	&device_tree_source_attribute, &device_tree_attribute, &memory_attribute, NULL,
};

static const struct attribute_group instance_group = {
	.attrs = text_files,
	.bin_attrs = binary_files,
};

const struct attribute_group *instance_groups[] = { &instance_group, NULL };
