// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of an instance as an object: made, shown, in one state or another, let go. Its files are
 * in instance_files.c.
 */
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "base.h"
#include "instance/disk_image.h"
#include "instance/instance.h"

LIST_HEAD(instances);
static atomic64_t last_serial;
static struct kobject *directory;	/* instances/ */

static struct instance *to_instance(struct kobject *kobject)
{
	return container_of(kobject, struct instance, kobject);
}

static void release(struct kobject *kobject)
{
	struct instance *instance = to_instance(kobject);
	u32 i;

	for (i = 0; i < MK_INSTANCE_IMAGES_MAX && instance->images[i]; i++)
		kobject_put(&instance->images[i]->kobject);
	kvfree(instance->cpus);
	kvfree(instance->apic_ids);
	kfree(instance);
}

static struct kobj_type instance_type = {
	.release = release,
	.sysfs_ops = &kobj_sysfs_ops,
};

int instances_init(struct kobject *root, const struct attribute_group **groups)
{
	instance_type.default_groups = groups;
	directory = kobject_create_and_add("instances", root);
	return directory ? 0 : -ENOMEM;
}

void instances_exit(void)
{
	kobject_put(directory);
}

struct instance *instance_new(const struct mk_instance_config *config, const u32 *cpus)
{
	struct instance *instance = kzalloc(sizeof(*instance), GFP_KERNEL);

	if (!instance)
		return NULL;
	kobject_init(&instance->kobject, &instance_type);
	INIT_LIST_HEAD(&instance->list);
	INIT_LIST_HEAD(&instance->upload_list);
	INIT_LIST_HEAD(&instance->watch_list);
	spin_lock_init(&instance->failure_lock);
	instance->serial = atomic64_inc_return(&last_serial);
	instance->config = *config;
	instance->config.first_cpu = 0;
	instance->memory.range = instance->range;
	instance->memory.capacity = MK_INSTANCE_RANGES_MAX;
	instance->state = MK_EMPTY;
	instance->cpus = kvmalloc_array(config->cpu_count, sizeof(u32), GFP_KERNEL);
	instance->apic_ids = kvmalloc_array(config->cpu_count, sizeof(u32), GFP_KERNEL);
	if (!instance->cpus || !instance->apic_ids) {
		kobject_put(&instance->kobject);
		return NULL;
	}
	memcpy(instance->cpus, cpus, config->cpu_count * sizeof(u32));
	return instance;
}

void instance_add_image(struct instance *instance, struct disk_image *image)
{
	u32 i = 0;

	while (instance->images[i])
		i++;
	kobject_get(&image->kobject);
	instance->images[i] = image;
}

void instance_describe(const struct instance *instance, struct mk_description *description,
		       struct mk_image_place *places)
{
	u32 i;

	for (i = 0; i < instance->config.image_count; i++)
		places[i] = (struct mk_image_place){
			.config = &instance->images[i]->config,
			.range = instance->images[i]->range,
		};
	*description = (struct mk_description){
		.config = &instance->config,
		.cpus = instance->cpus,
		.apic_ids = instance->apic_ids,
		.memory = &instance->memory,
		.images = places,
	};
}

int instance_show(struct instance *instance)
{
	return kobject_add(&instance->kobject, directory, "%s", instance->config.name);
}

void instance_hide(struct instance *instance)
{
	kobject_del(&instance->kobject);
}

struct instance *instance_find(u32 id)
{
	struct instance *instance;

	lockdep_assert_held(&multikernel_lock);
	list_for_each_entry(instance, &instances, list)
		if (instance->config.id == id)
			return instance;
	return NULL;
}

int instance_decide(struct instance *instance, enum mk_event event, const struct mk_reason *failure)
{
	int next = mk_state_next(instance->state, event);

	lockdep_assert_held(&multikernel_lock);
	if (next < 0)
		return next;
	if (next == MK_FAILED && failure) {
		spin_lock(&instance->failure_lock);
		instance->failure = *failure;
		spin_unlock(&instance->failure_lock);
	}
	if (next != instance->state) {
		WRITE_ONCE(instance->state, next);
		sysfs_notify(&instance->kobject, NULL, "status");
	}
	return 0;
}
