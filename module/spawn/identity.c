// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a spawn kernel finds its instance: the shared area's control page names the handover. It is
 * copied before it is read: it lies in memory that anything may have written since.
 */
#include <linux/cpumask.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include <asm/smp.h>
#include <asm/tsc.h>

#include "base.h"
#include "boot_params.h"
#include "control_page.h"
#include "fdt.h"
#include "handover.h"
#include "instance/disk_image.h"
#include "instance/instance.h"
#include "instance/instance_memory.h"
#include "shared.h"
#include "spawn/area.h"
#include "spawn/identity.h"
#include "spawn/preserved.h"

#define LOW_MEMORY_END 0x100000	/* what is below is the window of the launch, and not the instance's memory */
#define NAMES_MAX MK_INSTANCE_RANGES_MAX
#define CLOCK_TRIES 5

static struct instance *self;
static struct resource names[NAMES_MAX];
static u32 name_count;
static char *name_text;

/*
 * The copy in the shared area counts; what the kernel itself was handed over should be the same. That is
 * as the kernel was started: where the host has asked for a CPU or memory since, it is out of date.
 */
static void compare_kho(const void *handover, u32 room)
{
	struct mk_reason why;
	u32 size = 0;
	int error;

	if (READ_ONCE(spawn_control()->resize_asked))
		return;
	error = mk_fdt_total_size(handover, room, &size);
	if (!error)
		error = preserved_compare(handover, size, &why);
	if (error)
		report(error, "handover", &why);
}

static int read_handover(struct mk_handover *handover, u32 id, struct mk_reason *why)
{
	const struct mk_shared *shared = area_layout();
	void *copy;
	int error;

	copy = kvmalloc(shared->handover_size, GFP_KERNEL);
	if (!copy)
		return mk_refuse(why, -ENOMEM, "handover: no memory to read it");
	memcpy(copy, (u8 *)spawn_control() + shared->handover, shared->handover_size);
	error = mk_handover_read(handover, copy, shared->handover_size, why);
	if (!error)
		compare_kho(copy, shared->handover_size);
	kvfree(copy);
	if (!error && handover->tree.instance[0].id != id)
		error = mk_refuse(why, -EINVAL, "handover: id %u, the control page says %u",
				  handover->tree.instance[0].id, id);
	return error;
}

/**
 * struct comparison - the handover held against this kernel
 * @handover: what it should be
 * @ram:      bytes of memory that this kernel uses, without the low window
 * @why:      the first difference
 * @differs:  there is one
 */
struct comparison {
	const struct mk_handover *handover;
	u64 ram;
	struct mk_reason *why;
	bool differs;
};

static void note(struct comparison *comparison)
{
	if (!comparison->differs)
		pr_warn("%s\n", comparison->why->text);
	comparison->differs = true;
}

static int compare_ram(struct resource *resource, void *argument)
{
	struct comparison *comparison = argument;

	if (resource->end < LOW_MEMORY_END)
		return 0;
	comparison->ram += resource_size(resource);
	if (mk_ranges_find(&comparison->handover->memory, resource->start, resource_size(resource)))
		return 0;
	mk_refuse(comparison->why, 0,
		  "handover: this kernel uses memory from 0x%llx to 0x%llx, which is not the instance's",
		  resource->start, resource->end);
	note(comparison);
	return 0;
}

static void compare_memory(struct comparison *comparison)
{
	const struct mk_instance_config *config = comparison->handover->tree.instance;
	u64 tables = area_layout()->size +
		     mk_acpi_data_size(mk_most_cpus(config), config->max_count);

	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1, comparison,
			    compare_ram);
	if (comparison->ram + tables == config->memory_bytes)
		return;
	mk_refuse(comparison->why, 0,
		  "handover: the instance has 0x%llx bytes, this kernel uses 0x%llx beside 0x%llx for tables",
		  config->memory_bytes, comparison->ram, tables);
	note(comparison);
}

static bool is_ours(const struct mk_handover *handover, u32 apic_id)
{
	u32 i;

	for (i = 0; i < handover->tree.cpu_total; i++)
		if (handover->apic_ids[i] == apic_id)
			return true;
	return false;
}

static void compare_cpus(struct comparison *comparison)
{
	const struct mk_handover *handover = comparison->handover;
	unsigned int cpu;

	for_each_present_cpu(cpu) {
		if (is_ours(handover, cpu_physical_id(cpu)))
			continue;
		mk_refuse(comparison->why, 0, "handover: cpu %u has APIC id %u, which is not the instance's",
			  cpu, cpu_physical_id(cpu));
		note(comparison);
	}
	if (num_present_cpus() == handover->tree.cpu_total)
		return;
	mk_refuse(comparison->why, 0, "handover: the instance has %u CPUs, this kernel %u",
		  handover->tree.cpu_total, num_present_cpus());
	note(comparison);
}

/* As "System RAM" to those who look for that, under the instance's name to people. */
static int name_ram(struct resource *ram, void *argument)
{
	struct resource *resource = &names[name_count];

	if (ram->end < LOW_MEMORY_END || name_count == NAMES_MAX)
		return 0;
	resource->name = name_text;
	resource->start = ram->start;
	resource->end = ram->end;
	resource->flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY;
	if (!insert_resource(&iomem_resource, resource))
		name_count++;
	return 0;
}

void spawn_name_memory(void)
{
	lockdep_assert_held(&change_lock);
	name_text = kasprintf(GFP_KERNEL, "Multikernel instance %s", self->config.name);
	if (name_text)
		walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1,
				    NULL, name_ram);
}

void spawn_forget_names(void)
{
	lockdep_assert_held(&change_lock);
	while (name_count)
		remove_resource(&names[--name_count]);
	kfree(name_text);
	name_text = NULL;
}

/* Without directories: what there is to read of an image, and to write, is the host's. */
static int add_images(const struct mk_handover *handover)
{
	struct disk_image *image;
	u32 i;

	for (i = 0; i < handover->tree.image_count; i++) {
		image = disk_image_new(&handover->tree.image[i]);
		if (!image)
			return -ENOMEM;
		image->range = handover->images[i];
		instance_add_image(self, image);
		kobject_put(&image->kobject);
	}
	return 0;
}

static int make_instance(const struct mk_handover *handover, struct mk_reason *why)
{
	const struct mk_instance_config *config = handover->tree.instance;

	self = instance_new(config, &handover->tree);
	if (self && !add_images(handover))
		return 0;
	if (self)
		kobject_put(&self->kobject);
	return mk_refuse(why, -ENOMEM, "handover: no memory for the instance");
}

static int show_instance(const struct mk_handover *handover, struct mk_reason *why)
{
	const struct mk_instance_config *config = handover->tree.instance;
	int error;

	error = make_instance(handover, why);
	if (error)
		return error;
	memcpy(self->apic_ids, handover->apic_ids, config->cpu_count * sizeof(u32));
	memcpy(self->range, handover->range, sizeof(self->range));
	self->memory.count = handover->memory.count;
	self->control = spawn_control();
	self->state = MK_ACTIVE;
	self->liveness = MK_LIFE_ALIVE;	/* whoever reads it */
	error = instance_show(self);
	if (error) {
		kobject_put(&self->kobject);
		return mk_refuse(why, error, "handover: the directory of \"%s\" cannot be made",
				 config->name);
	}
	mutex_lock(&multikernel_lock);
	list_add(&self->list, &instances);
	mutex_unlock(&multikernel_lock);
	return 0;
}

static void hide_instance(void)
{
	mutex_lock(&multikernel_lock);
	list_del(&self->list);
	mutex_unlock(&multikernel_lock);
	instance_hide(self);
	kobject_put(&self->kobject);
}

/* What the host's clock says now; and the time stamp counter at that moment. */
static struct timespec64 clock_now(u64 *counter)
{
	u64 tsc = READ_ONCE(spawn_control()->clock_tsc), ns = READ_ONCE(spawn_control()->clock_ns);

	*counter = rdtsc_ordered();
	return ns_to_timespec64(ns + mul_u64_u32_div(*counter - tsc, USEC_PER_SEC, tsc_khz));
}

/*
 * A spawn has no clock of its own but the time stamp counter: it goes on from where the host wrote
 * down both. It is set once more when this CPU was held up over it for a millisecond.
 */
static void set_clock(void)
{
	struct timespec64 now;
	int tries = CLOCK_TRIES;
	u64 counter;

	if (!READ_ONCE(spawn_control()->clock_ns) || !tsc_khz)
		return;
	do {
		now = clock_now(&counter);
		if (do_settimeofday64(&now)) {
			pr_warn("the host's clock is no time of day: %lld s\n", (long long)now.tv_sec);
			return;
		}
	} while (--tries && rdtsc_ordered() - counter > tsc_khz);
}

static int take_over(struct mk_handover *handover, struct mk_reason *why)
{
	struct comparison comparison = { .handover = handover, .why = why };
	u32 id;
	int error;

	error = area_read_control(&id, why);
	if (!error)
		error = read_handover(handover, id, why);
	if (!error)
		error = show_instance(handover, why);
	if (error)
		return error;
	compare_memory(&comparison);
	compare_cpus(&comparison);
	if (comparison.differs)
		report(-EINVAL, "handover", why);
	mutex_lock(&change_lock);
	spawn_name_memory();
	mutex_unlock(&change_lock);
	set_clock();
	pr_info("this is instance \"%s\", id %u\n", self->config.name, id);
	pr_info("the handover came by %s\n", handover_way());
	return 0;
}

int spawn_init(void)
{
	struct mk_handover *handover = kvzalloc(sizeof(*handover), GFP_KERNEL);
	struct mk_reason why = {};
	int error;

	if (!handover)
		return -ENOMEM;
	error = area_map(&why);
	if (error)
		goto free;
	error = take_over(handover, &why);
	if (error)
		goto unmap;
	kvfree(handover);
	return 0;

unmap:
	area_unmap();
free:
	kvfree(handover);
	pr_err("%s\n", why.text);
	return error;
}

void spawn_has_cpu(u32 cpu, u32 apic_id, bool has)
{
	bool had;

	mutex_lock(&change_lock);
	had = mk_has_cpu(self->cpus, self->config.cpu_count, cpu);
	if (has && !had && self->config.cpu_count < mk_most_cpus(&self->config))
		instance_add_cpu(self, cpu, apic_id);
	if (!has && had)
		instance_remove_cpu(self, cpu);
	mutex_unlock(&change_lock);
}

void spawn_has_memory(u64 start, u64 size, bool has)
{
	const struct mk_range range = { .start = start, .size = size, .node = MK_ANY_NODE };

	lockdep_assert_held(&change_lock);
	if (has && instance_add_memory(self, &range))
		pr_warn("memory at 0x%llx, %llu bytes: it is used, and not told of\n", start, size);
	if (!has)
		instance_remove_memory(self, &range);
	spawn_forget_names();
	spawn_name_memory();
}

void spawn_exit(void)
{
	mutex_lock(&change_lock);
	spawn_forget_names();
	mutex_unlock(&change_lock);
	hide_instance();
	area_unmap();
}
