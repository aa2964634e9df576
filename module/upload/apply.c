// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a desired tree is made true: the plan comes from core/plan.c; here its steps are taken one by
 * one, those that can fail first, and undone in reverse when one does. Only when nothing can fail
 * any more do old instances go.
 *
 * All of it happens under change_lock. multikernel_lock is held where the plan is made and those
 * that go are marked, so that no kernel is loaded there any more, and where the list of instances
 * changes; not while CPUs are taken and memory is cleared.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "base.h"
#include "cpu/cpus.h"
#include "cpu/vector.h"
#include "instance/disk_image.h"
#include "instance/instance.h"
#include "instance/instance_memory.h"
#include "memory/broken.h"
#include "memory/low_memory.h"
#include "memory/pool.h"
#include "memory/range_memory.h"
#include "plan.h"
#include "run/parts.h"
#include "run/resize.h"
#include "run/run.h"
#include "upload/apply.h"
#include "upload/apply_images.h"

/**
 * struct change - an upload on its way
 * @desired:     the uploaded tree
 * @present:     the instances that are there, as a tree
 * @state:       state of each of them
 * @lost:        whether each has lost a CPU
 * @cpu:         what the host knows of each of its CPUs
 * @plan:        what to do
 * @joining:     instances that are being made
 * @leaving:     instances that go
 * @images:      what becomes of the disk images
 * @new_cpus:    CPUs that the host gives up for this change
 * @free_memory: the pool's free memory as it will be
 * @spare:       for each desired instance whose kernel runs and gets other memory: what comes, and
 *               what has left it; no array for the others
 */
struct change {
	struct mk_tree desired;
	struct mk_tree present;
	u8 state[MK_INSTANCES_MAX];
	u8 lost[MK_INSTANCES_MAX];
	u8 cpu[MK_CPUS_MAX];
	struct mk_plan plan;
	struct list_head joining;
	struct list_head leaving;
	struct image_change images;
	struct cpumask new_cpus;
	struct mk_ranges free_memory;
	struct mk_ranges spare[MK_INSTANCES_MAX];
};

/* With its images as the present tree counts them. */
static struct mk_instance_config present_config(const struct change *change,
						const struct instance *instance)
{
	struct mk_instance_config config = instance->config;
	u32 i;

	for (i = 0; i < config.image_count; i++)
		config.image[i] = mk_tree_find_image(&change->present,
						     instance->images[i]->config.name);
	return config;
}

static int describe_present(struct change *change)
{
	struct mk_instance_config config;
	struct instance *instance;
	int error;

	error = images_describe(&change->present);
	if (error)
		return error;
	list_for_each_entry(instance, &instances, list) {
		change->state[change->present.count] = instance->log_is_read ? MK_ACTIVE : instance->state;
		change->lost[change->present.count] = instance->lost;
		config = present_config(change, instance);
		error = mk_tree_add(&change->present, &config, instance->cpus);
		if (!error && config.max_count)
			error = mk_tree_add_max(&change->present, instance->max_cpus, config.max_count);
		if (error)
			return error;
	}
	return 0;
}

/* Memory that an image has, or an instance that can give it back. */
static u64 held_bytes(const struct change *change)
{
	const struct mk_tree *present = &change->present;
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < present->image_count; i++)
		bytes += present->image[i].memory_bytes;
	for (i = 0; i < present->count; i++)
		if (!change->lost[i])
			bytes += present->instance[i].memory_bytes;
	return bytes;
}

/* CPUs of an instance that lost one are nobody's, whatever the host thinks of them. */
static void mark_lost_cpus(struct change *change)
{
	struct instance *instance;
	u32 i;

	list_for_each_entry(instance, &instances, list)
		for (i = 0; instance->lost && i < instance->config.cpu_count; i++)
			change->cpu[instance->cpus[i]] = MK_CPU_LOST;
}

static int make_plan(struct change *change, struct mk_reason *why)
{
	struct mk_present present = {
		.tree = &change->present, .state = change->state, .lost = change->lost,
	};
	struct mk_machine machine = {
		.cpu = change->cpu, .cpu_count = min_t(u32, nr_cpu_ids, MK_CPUS_MAX),
	};
	int error;

	error = describe_present(change);
	if (error)
		return mk_refuse(why, error, "device tree: the present instances cannot be noted");
	cpus_describe(change->cpu, machine.cpu_count);
	mark_lost_cpus(change);
	machine.pool_bytes = pool_free_bytes() + held_bytes(change);
	machine.windows = low_memory_windows();
	return mk_plan_make(&change->plan, &change->desired, &present, &machine, why);
}

/* Marks the instances that go: from here on no kernel is loaded there. */
static void choose_leaving(struct change *change)
{
	struct instance *instance;
	u32 i = 0;

	list_for_each_entry(instance, &instances, list)
		if (change->plan.destroy[i++])
			list_add_tail(&instance->upload_list, &change->leaving);
}

static void spare_leaving(struct change *change)
{
	struct instance *instance, *next;

	mutex_lock(&multikernel_lock);
	list_for_each_entry_safe(instance, next, &change->leaving, upload_list)
		list_del_init(&instance->upload_list);
	mutex_unlock(&multikernel_lock);
	images_spare_leaving(&change->images);
}

/* The instance at that place in the present tree. */
static struct instance *present_instance(u32 index)
{
	struct instance *instance;

	list_for_each_entry(instance, &instances, list)
		if (!index--)
			return instance;
	return NULL;
}

static int check_resizing(struct change *change, struct mk_reason *why)
{
	int error = 0;
	u32 i;

	for (i = 0; i < change->desired.count && !error; i++)
		if (change->plan.action[i] == MK_RESIZE)
			error = resize_check(present_instance(change->plan.present[i]),
					     change->desired.instance[i].memory_bytes, why);
	return error;
}

static int begin_change(struct change *change, struct mk_reason *why)
{
	int error;

	if (multikernel_host_sleeps)
		return mk_refuse(why, -EBUSY, "device tree: the host is about to sleep");
	mutex_lock(&multikernel_lock);
	error = make_plan(change, why);
	if (!error)
		error = check_resizing(change, why);
	if (!error) {
		choose_leaving(change);
		images_choose_leaving(&change->images);
	}
	mutex_unlock(&multikernel_lock);
	return error;
}

static int make_joining(struct change *change, struct mk_reason *why)
{
	const struct mk_tree *desired = &change->desired;
	int error;
	u32 i;

	error = images_make_joining(&change->images, why);
	if (error)
		return error;
	for (i = 0; i < desired->count; i++) {
		const struct mk_instance_config *config = &desired->instance[i];
		struct instance *instance;

		if (mk_action_keeps(change->plan.action[i]))
			continue;
		instance = instance_new(config, desired);
		if (!instance)
			return mk_refuse(why, -ENOMEM, "instance \"%s\": no memory to make it",
					 config->name);
		images_name(&change->images, instance, config);
		run_add(instance);
		list_add_tail(&instance->upload_list, &change->joining);
	}
	return 0;
}

static void discard_joining(struct change *change)
{
	struct instance *instance, *next;

	list_for_each_entry_safe(instance, next, &change->joining, upload_list) {
		list_del(&instance->upload_list);
		kobject_put(&instance->kobject);
	}
	images_discard_joining(&change->images);
}

/* Kernels that run have been told where to ring: a CPU with a vector of ours goes while there is none. */
static int take_cpu(u32 cpu, struct mk_reason *why)
{
	struct mk_reason detail = {};
	int error;

	if (!vector_any_on(cpu))
		return cpus_take(cpu, why);
	error = run_pause(&detail);
	if (error)
		return mk_refuse(why, error, "cpu %u: %s", cpu, detail.text);
	error = cpus_take(cpu, why);
	run_resume();
	return error;
}

static int take_cpus_of(struct change *change, struct instance *instance, struct mk_reason *why)
{
	struct mk_reason detail = {};
	int error;
	u32 i;

	for (i = 0; i < instance->config.cpu_count; i++) {
		u32 cpu = instance->cpus[i];

		instance->apic_ids[i] = cpus_apic_id(cpu);
		if (change->cpu[cpu] == MK_CPU_HELD)
			continue;
		error = take_cpu(cpu, &detail);
		if (error)
			return mk_refuse(why, error, "instance \"%s\": %s", instance->config.name,
					 detail.text);
		cpumask_set_cpu(cpu, &change->new_cpus);
	}
	return 0;
}

static int take_cpus(struct change *change, struct mk_reason *why)
{
	struct instance *instance;
	int error = 0;

	list_for_each_entry(instance, &change->joining, upload_list) {
		error = take_cpus_of(change, instance, why);
		if (error)
			break;
	}
	return error;
}

static void return_new_cpus(struct change *change)
{
	unsigned int cpu;

	for_each_cpu(cpu, &change->new_cpus)
		cpus_give_back(cpu);
}

static bool changes_memory(const struct change *change, u32 index)
{
	u64 bytes = change->desired.instance[index].memory_bytes;

	return change->plan.action[index] == MK_RESIZE &&
	       change->present.instance[change->plan.present[index]].memory_bytes != bytes;
}

/* Before others take from the same: kernels that run want whole blocks. */
static int reserve_spare(struct change *change, struct mk_reason *why)
{
	u32 i, places = 0;
	int error = 0;

	for (i = 0; i < change->desired.count && !error; i++) {
		const struct mk_instance_config *config = &change->desired.instance[i];
		struct mk_ranges *spare = &change->spare[i];

		if (!changes_memory(change, i))
			continue;
		places += 2 * MK_INSTANCE_RANGES_MAX;
		spare->capacity = MK_INSTANCE_RANGES_MAX;
		spare->range = kvcalloc(spare->capacity, sizeof(*spare->range), GFP_KERNEL);
		if (!spare->range)
			return mk_refuse(why, -ENOMEM, "instance \"%s\": no memory to plan its memory",
					 config->name);
		error = resize_reserve_memory(present_instance(change->plan.present[i]),
					      config->memory_bytes,
					      cpu_to_node(mk_tree_cpus(&change->desired, config)[0]),
					      spare, why);
	}
	if (!error && places && pool_make_room(places))
		return mk_refuse(why, -ENOMEM, "device tree: no memory to plan the pool");
	return error;
}

/* What no kernel has taken, and what they have given back. */
static void return_spare(struct change *change)
{
	u32 i, j;

	for (i = 0; i < change->desired.count; i++) {
		struct mk_ranges *spare = &change->spare[i];

		for (j = 0; j < spare->count; j++)
			pool_return(&spare->range[j]);
		kvfree(spare->range);
	}
}

static int clear_spare(struct change *change, struct mk_reason *why)
{
	int error = 0;
	u32 i, j;

	for (i = 0; i < change->desired.count; i++)
		for (j = 0; j < change->spare[i].count && !error; j++)
			error = range_clear(&change->spare[i].range[j], NULL);
	return error ? mk_refuse(why, error, "device tree: memory for kernels that run cannot be cleared (error %d)",
				 error) : 0;
}

static int take_memory_of(struct change *change, struct instance *instance, struct mk_reason *why)
{
	u64 bytes = instance->config.memory_bytes;
	int error;

	error = mk_ranges_take(&change->free_memory, bytes, cpu_to_node(instance->cpus[0]),
			       &instance->memory);
	return error ? mk_refuse(why, error,
				 "instance \"%s\": the pool's free memory is in too many pieces for 0x%llx bytes",
				 instance->config.name, bytes) : 0;
}

/*
 * Plans on a copy of the pool's free memory, to which that of the leaving instances and images has
 * been added. Images come first: an instance can do with several pieces.
 */
static int take_memory(struct change *change, struct mk_reason *why)
{
	u32 more = images_places(&change->images), i;
	struct instance *instance;
	int error;

	list_for_each_entry(instance, &change->leaving, upload_list)
		more += instance->memory.count;
	list_for_each_entry(instance, &change->joining, upload_list)
		more += MK_INSTANCE_RANGES_MAX;
	for (i = 0; i < change->desired.count; i++)
		more += 2 * change->spare[i].capacity;
	error = pool_copy_free(&change->free_memory, more);
	if (error)
		return mk_refuse(why, error, "device tree: no memory to plan the pool");
	list_for_each_entry(instance, &change->leaving, upload_list)
		for (i = 0; i < instance->memory.count && !error; i++)
			error = mk_ranges_add(&change->free_memory, &instance->memory.range[i]);
	if (!error)
		error = images_return_memory(&change->images, &change->free_memory);
	if (error)
		return mk_refuse(why, error, "device tree: the pool cannot be planned (error %d)", error);
	broken_cut(&change->free_memory);

	error = images_take_memory(&change->images, &change->free_memory, why);
	list_for_each_entry(instance, &change->joining, upload_list)
		if (!error)
			error = take_memory_of(change, instance, why);
	return error;
}

static void return_windows(struct list_head *list)
{
	struct instance *instance;

	list_for_each_entry(instance, list, upload_list)
		if (instance->low_window) {
			low_memory_give_back(instance->low_window);
			instance->low_window = 0;
		}
}

/* The windows of leaving instances go first: nothing runs in them, and they may be needed. */
static int take_windows(struct change *change, struct mk_reason *why)
{
	struct instance *instance;
	int error;

	return_windows(&change->leaving);
	list_for_each_entry(instance, &change->joining, upload_list) {
		error = low_memory_take(&instance->low_window);
		if (error)
			return mk_refuse(why, error,
					 "instance \"%s\": no window is left below 1 MB, which every spawn kernel needs",
					 instance->config.name);
	}
	return 0;
}

/* There were enough before this change, so there are again. */
static void return_to_old_windows(struct change *change)
{
	struct instance *instance;

	return_windows(&change->joining);
	list_for_each_entry(instance, &change->leaving, upload_list)
		if (!instance->low_window)
			WARN_ON(low_memory_take(&instance->low_window));
}

/*
 * Memory may come straight from an instance that leaves, and then the clearing is not undone:
 * nothing runs there, and what it held was no one's to read any more.
 */
static int clear_memory(struct change *change, struct mk_reason *why)
{
	struct instance *instance;
	int error;

	error = images_clear(&change->images, why);
	if (error)
		return error;
	list_for_each_entry(instance, &change->joining, upload_list) {
		error = instance_clear(instance);
		if (error)
			return mk_refuse(why, error, "instance \"%s\": its memory cannot be cleared (error %d)",
					 instance->config.name, error);
	}
	return clear_spare(change, why);
}

static void hide(struct list_head *list)
{
	struct instance *instance;

	list_for_each_entry(instance, list, upload_list) {
		parts_remove(instance);
		if (instance->kobject.state_in_sysfs)
			instance_hide(instance);
	}
}

static int show_one(struct instance *instance, struct mk_reason *why)
{
	int error;

	error = instance_show(instance);
	if (error)
		return mk_refuse(why, error, "instance \"%s\": its directory cannot be made",
				 instance->config.name);
	return parts_add(instance, why);
}

static int show(struct list_head *list, struct mk_reason *why)
{
	struct instance *instance;
	int error;

	list_for_each_entry(instance, list, upload_list) {
		error = show_one(instance, why);
		if (error)
			return error;
	}
	return 0;
}

/*
 * What cannot be made again is missing until the instance is made anew: that is said, and the
 * others are shown.
 */
static void show_again(struct list_head *list)
{
	struct instance *instance;
	struct mk_reason why;

	list_for_each_entry(instance, list, upload_list)
		if (show_one(instance, &why))
			pr_err("%s\n", why.text);
}

static bool someone_holds(u32 cpu)
{
	struct instance *instance;
	u32 i;

	list_for_each_entry(instance, &instances, list)
		for (i = 0; i < instance->config.cpu_count; i++)
			if (instance->cpus[i] == cpu)
				return true;
	return false;
}

static void forget_names(struct list_head *list)
{
	struct instance *instance;

	list_for_each_entry(instance, list, upload_list) {
		pool_forget_names(instance->names);
		instance->names = NULL;
	}
}

/* The last of instances without directories, windows and names: their CPUs go back to the host. */
static void let_go(struct list_head *leaving)
{
	struct instance *instance, *next;
	u32 i;

	list_for_each_entry_safe(instance, next, leaving, upload_list) {
		for (i = 0; i < instance->config.cpu_count; i++)
			if (!someone_holds(instance->cpus[i]))
				cpus_give_back(instance->cpus[i]);
		list_del(&instance->upload_list);
		kobject_put(&instance->kobject);
	}
}

/*
 * From here on the new instances are there, each with its directory, and those that go are not. A
 * load may come as soon as a directory can be seen. Context: under multikernel_lock.
 */
static int exchange(struct change *change, struct mk_reason *why)
{
	struct instance *instance, *next;
	int error;

	lockdep_assert_held(&multikernel_lock);
	list_for_each_entry(instance, &change->joining, upload_list)
		instance_decide(instance, MK_RESOURCES_RESERVED, NULL);
	error = images_show(&change->images.joining, why);
	if (!error)
		error = show(&change->joining, why);
	if (error)
		return error;
	images_exchange(&change->images);
	list_for_each_entry(instance, &change->leaving, upload_list)
		list_del_init(&instance->list);
	list_for_each_entry_safe(instance, next, &change->joining, upload_list) {
		list_del_init(&instance->upload_list);
		list_add_tail(&instance->list, &instances);
	}
	return 0;
}

/* A re-made instance has the name of the old one, so old directories go before new ones come. */
static int swap_instances(struct change *change, struct mk_reason *why)
{
	struct mk_reason lost;
	int error;

	hide(&change->leaving);
	images_hide(&change->images.leaving);
	mutex_lock(&multikernel_lock);
	error = exchange(change, why);
	mutex_unlock(&multikernel_lock);
	if (error) {
		hide(&change->joining);
		images_hide(&change->images.joining);
		if (images_show(&change->images.leaving, &lost))
			pr_err("%s\n", lost.text);
		show_again(&change->leaving);
	}
	return error;
}

/* Nothing here can fail. */
static void commit(struct change *change)
{
	struct instance *instance;

	pool_replace_free(&change->free_memory);
	forget_names(&change->leaving);
	list_for_each_entry(instance, &instances, list) {
		if (instance->names)
			continue;
		instance->names = pool_name_ranges(&instance->memory, "instance",
						   instance->config.name);
	}
	let_go(&change->leaving);
	images_commit(&change->images);
}

/* Has the instance at that place in the desired tree what a tree says of it, that one or the present. */
static int resize_one(struct change *change, const struct mk_tree *tree,
		      const struct mk_instance_config *config, u32 index, struct mk_reason *why)
{
	struct instance *instance = present_instance(change->plan.present[index]);
	int error;

	error = resize_cpus(instance, mk_tree_cpus(tree, config), config->cpu_count, why);
	if (error || !change->spare[index].capacity)
		return error;
	return resize_memory(instance, config->memory_bytes, &change->spare[index], why);
}

/* Running kernels get and give back: last of all that can fail but for directories. */
static int resize_running(struct change *change, struct mk_reason *why)
{
	int error = 0;
	u32 i;

	for (i = 0; i < change->desired.count && !error; i++)
		if (change->plan.action[i] == MK_RESIZE)
			error = resize_one(change, &change->desired, &change->desired.instance[i], i, why);
	return error;
}

/* What a kernel then refuses is said, and stays as it is: nobody can make it. */
static void resize_back(struct change *change)
{
	struct mk_reason why;
	u32 i;

	for (i = 0; i < change->desired.count; i++)
		if (change->plan.action[i] == MK_RESIZE &&
		    resize_one(change, &change->present,
			       &change->present.instance[change->plan.present[i]], i, &why))
			pr_err("%s\n", why.text);
}

static int carry_out(struct change *change, struct mk_reason *why)
{
	int error;

	error = make_joining(change, why);
	if (error)
		goto discard;
	error = take_cpus(change, why);
	if (error)
		goto return_cpus;
	error = reserve_spare(change, why);
	if (error)
		goto return_spare;
	error = take_memory(change, why);
	if (error)
		goto forget_memory;
	error = take_windows(change, why);
	if (error)
		goto return_windows;
	error = clear_memory(change, why);
	if (error)
		goto return_windows;
	error = resize_running(change, why);
	if (error)
		goto resize_back;
	error = swap_instances(change, why);
	if (error)
		goto resize_back;
	commit(change);
	return_spare(change);
	return 0;

resize_back:
	resize_back(change);
return_windows:
	return_to_old_windows(change);
forget_memory:
	kvfree(change->free_memory.range);
return_spare:
	return_spare(change);
return_cpus:
	return_new_cpus(change);
discard:
	discard_joining(change);
	spare_leaving(change);
	return error;
}

int apply_tree(const void *blob, size_t size, struct mk_reason *why)
{
	struct change *change = kvzalloc(sizeof(*change), GFP_KERNEL);
	int error;

	if (!change)
		return mk_refuse(why, -ENOMEM, "device tree: no memory to plan the change");
	INIT_LIST_HEAD(&change->joining);
	INIT_LIST_HEAD(&change->leaving);
	images_begin(&change->images, &change->desired, &change->plan);
	error = mk_tree_parse(&change->desired, blob, size, why);
	if (error)
		goto free;
	if (mutex_lock_killable(&change_lock)) {
		error = mk_refuse(why, -EINTR,
				  "device tree: the caller was killed while another change was under way");
		goto free;
	}
	cpus_recall_boot_cpu();
	error = begin_change(change, why);
	if (!error)
		error = carry_out(change, why);
	mutex_unlock(&change_lock);
free:
	kvfree(change);
	return error;
}

void apply_nothing(void)
{
	struct instance *instance, *next;
	LIST_HEAD(leaving);

	mutex_lock(&change_lock);
	mutex_lock(&multikernel_lock);
	list_for_each_entry_safe(instance, next, &instances, list) {
		list_del_init(&instance->list);
		list_add_tail(&instance->upload_list, &leaving);
	}
	mutex_unlock(&multikernel_lock);
	hide(&leaving);
	return_windows(&leaving);
	forget_names(&leaving);
	let_go(&leaving);
	cpus_recall_boot_cpu();
	images_remove_all();
	mutex_unlock(&change_lock);
}
