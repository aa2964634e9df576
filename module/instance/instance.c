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
	kvfree(instance->max_cpus);
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

/* With room for all that it may have. */
static int copy_cpus(struct instance *instance, const struct mk_instance_config *config,
		     const struct mk_tree *tree)
{
	u32 most = mk_most_cpus(config);

	instance->cpus = kvmalloc_array(most, sizeof(u32), GFP_KERNEL);
	instance->apic_ids = kvmalloc_array(most, sizeof(u32), GFP_KERNEL);
	if (!instance->cpus || !instance->apic_ids)
		return -ENOMEM;
	memcpy(instance->cpus, mk_tree_cpus(tree, config), config->cpu_count * sizeof(u32));
	if (!config->max_count)
		return 0;
	instance->max_cpus = kvmalloc_array(config->max_count, sizeof(u32), GFP_KERNEL);
	if (!instance->max_cpus)
		return -ENOMEM;
	memcpy(instance->max_cpus, mk_tree_max_cpus(tree, config), config->max_count * sizeof(u32));
	return 0;
}

struct instance *instance_new(const struct mk_instance_config *config, const struct mk_tree *tree)
{
	struct instance *instance = kzalloc(sizeof(*instance), GFP_KERNEL);

	if (!instance)
		return NULL;
	kobject_init(&instance->kobject, &instance_type);
	INIT_LIST_HEAD(&instance->list);
	INIT_LIST_HEAD(&instance->upload_list);
	INIT_LIST_HEAD(&instance->watch_list);
	spin_lock_init(&instance->failure_lock);
	seqlock_init(&instance->memory_lock);
	instance->serial = atomic64_inc_return(&last_serial);
	instance->config = *config;
	instance->config.first_cpu = 0;
	instance->config.first_max = 0;
	instance->memory.range = instance->range;
	instance->memory.capacity = MK_INSTANCE_RANGES_MAX;
	instance->state = MK_EMPTY;
	if (copy_cpus(instance, config, tree)) {
		kobject_put(&instance->kobject);
		return NULL;
	}
	return instance;
}

void instance_add_cpu(struct instance *instance, u32 cpu, u32 apic_id)
{
	u32 count = instance->config.cpu_count;

	lockdep_assert_held(&change_lock);
	instance->cpus[count] = cpu;
	instance->apic_ids[count] = apic_id;
	smp_store_release(&instance->config.cpu_count, count + 1);
}

/* Whoever looks meanwhile sees the last one twice, and not never. */
void instance_remove_cpu(struct instance *instance, u32 cpu)
{
	u32 last = instance->config.cpu_count - 1, i;

	lockdep_assert_held(&change_lock);
	for (i = last; i && instance->cpus[i] != cpu; i--)
		;
	if (WARN_ON(!i))
		return;
	WRITE_ONCE(instance->cpus[i], instance->cpus[last]);
	WRITE_ONCE(instance->apic_ids[i], instance->apic_ids[last]);
	smp_store_release(&instance->config.cpu_count, last);
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
		.max_cpus = instance->max_cpus,
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
