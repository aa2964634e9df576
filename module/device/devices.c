// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is published to a kernel, what of its answers is taken, and the life of both. Its page is
 * copied once, and core/device_setup.c judges it. What the host has published it never reads back.
 *
 * A kernel's memory is reached by the engines of the front ends, through memory files alone; these
 * are revoked when its CPUs have stopped and before anything else happens to that memory.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "base.h"
#include "cpu/doorbell.h"
#include "device/devices.h"
#include "device/memory_file.h"
#include "instance/bell.h"
#include "instance/instance.h"
#include "memory/pool.h"

#define POLL (HZ / 20)		/* jiffies from one look to the next, without a doorbell */
#define RESET_MS 1000		/* that a front end has to stop its engine */
#define COUNTED (2 * POLL)	/* of a wait for front ends, from one look at the clock to the next */

/**
 * struct held_file - a memory file that a front end was given
 * @list:   in the slot's @files
 * @memory: the file
 */
struct held_file {
	struct list_head list;
	struct memory_file *memory;
};

static struct workqueue_struct *queue;

static u32 number_of(const struct devices *devices, const struct device_slot *slot)
{
	u32 i = 0;

	while (devices->slot[i] != slot)
		i++;
	return i;
}

static struct mk_device_host *host_page(const struct devices *devices, const struct device_slot *slot)
{
	return (void *)(devices->table + number_of(devices, slot) * 2 * MK_DEVICE_PAGE);
}

static const struct mk_device_spawn *spawn_page(const struct devices *devices, u32 number)
{
	return (void *)(devices->table + (number * 2 + 1) * MK_DEVICE_PAGE);
}

static void ring(const struct devices *devices)
{
	if (devices->running)
		instance_ring(devices->instance);
}

static void look_soon(struct devices *devices)
{
	if (devices->running)
		mod_delayed_work(queue, &devices->look, 0);
}

static void tell_news(struct devices *devices)
{
	WRITE_ONCE(devices->news, devices->news + 1);
	wake_up_all(&devices->wait);
}

static void post(struct devices *devices, struct device_slot *slot, u32 kind)
{
	if (!slot->served)
		return;
	slot->event.number++;
	slot->event.kind = kind;
	memset(slot->event.features, 0, sizeof(slot->event.features));
	if (kind == MULTIKERNEL_EVENT_READY)
		memcpy(slot->event.features, slot->setup.features, sizeof(slot->event.features));
	slot->answer_due = kind == MULTIKERNEL_EVENT_RESET || kind == MULTIKERNEL_EVENT_ENDED;
	WRITE_ONCE(slot->unread, true);
	tell_news(devices);
}

static bool holds_memory(const struct device_slot *slot)
{
	const struct held_file *held;

	list_for_each_entry(held, &slot->files, list)
		if (memory_file_in_use(held->memory))
			return true;
	return false;
}

static void forget_file(struct held_file *held)
{
	list_del(&held->list);
	memory_file_put(held->memory);
	kfree(held);
}

static void revoke_files(struct device_slot *slot)
{
	struct held_file *held, *next;

	list_for_each_entry_safe(held, next, &slot->files, list) {
		memory_file_show(held->memory, NULL);
		forget_file(held);
	}
}

static void unbind_calls(struct device_slot *slot)
{
	u32 i;

	for (i = 0; i < slot->offer.queue_count; i++)
		call_unbind(&slot->call[i]);
}

/* Neither kicks nor calls are passed on any more. */
static void unbind(struct device_slot *slot)
{
	u32 i;

	unbind_calls(slot);
	for (i = 0; i < slot->offer.queue_count; i++)
		kick_bind(&slot->kick[i], NULL);
}

static void publish_config(struct mk_device_host *page, const struct device_slot *slot)
{
	WRITE_ONCE(page->config_generation, slot->config_generation - 1);
	smp_wmb();	/* another generation is seen before other bytes are, and after */
	memcpy(page->config, slot->config, slot->offer.config_size);
	smp_store_release(&page->config_generation, slot->config_generation);
}

static void publish_status(const struct devices *devices, const struct device_slot *slot)
{
	struct mk_device_host *page;

	if (!devices->table)
		return;
	page = host_page(devices, slot);
	WRITE_ONCE(page->status, mk_device_status(slot->setup.step));
	smp_store_release(&page->answered, slot->answered);
}

static void publish_served(const struct devices *devices, const struct device_slot *slot)
{
	if (!devices->table)
		return;
	WRITE_ONCE(host_page(devices, slot)->served, slot->served);
	ring(devices);
}

/* The page of a device that comes: its generation is written last. */
static void publish(const struct devices *devices, const struct device_slot *slot)
{
	struct mk_device_host *page;
	u32 i;

	if (!devices->table)
		return;
	page = host_page(devices, slot);
	page->virtio_id = slot->offer.virtio_id;
	memcpy(page->features, slot->offer.features, sizeof(page->features));
	page->queue_count = slot->offer.queue_count;
	page->config_size = slot->offer.config_size;
	memcpy(page->name, slot->name, sizeof(page->name));
	for (i = 0; i < slot->offer.queue_count; i++)
		page->queue[i] = (struct mk_device_host_queue){
			.size_max = slot->offer.queue_size,
			.kick = kick_place(&slot->kick[i]),
		};
	WRITE_ONCE(page->served, slot->served);
	WRITE_ONCE(page->leaving, slot->leaving);
	publish_config(page, slot);
	publish_status(devices, slot);
	smp_store_release(&page->generation, slot->generation);
}

static void withdraw(const struct devices *devices, const struct device_slot *slot)
{
	if (!devices->table)
		return;
	WRITE_ONCE(host_page(devices, slot)->generation, 0);
	ring(devices);
}

/* No driver has it, and no engine is at work. */
static void reset_slot(struct device_slot *slot)
{
	memset(&slot->setup, 0, sizeof(slot->setup));
	slot->resetting = false;
	slot->started = false;
	slot->abandoned = false;
}

static void answer(struct devices *devices, struct device_slot *slot, u32 asked)
{
	WRITE_ONCE(slot->answered, asked);
	publish_status(devices, slot);
	ring(devices);
}

/*
 * The front end has stopped its engine, or holds no memory by which that could do anything, or has
 * had its time: then its memory goes.
 */
static void finish_reset(struct devices *devices, struct device_slot *slot)
{
	if (slot->answer_due && holds_memory(slot)) {
		if (!wait_time_is_over(&slot->reset_time))
			return;
		pr_warn("instance \"%s\": device \"%s\": its front end does not stop it within %u ms, and loses the kernel's memory\n",
			devices->instance->config.name, slot->name, RESET_MS);
		revoke_files(slot);
	}
	unbind(slot);
	reset_slot(slot);
	answer(devices, slot, slot->asked);
}

static void begin_reset(struct devices *devices, struct device_slot *slot, u32 asked)
{
	slot->asked = asked;
	slot->resetting = true;
	wait_time_begin(&slot->reset_time, msecs_to_jiffies(RESET_MS), COUNTED);
	post(devices, slot, MULTIKERNEL_EVENT_RESET);
	finish_reset(devices, slot);
}

static void judge_request(struct devices *devices, struct device_slot *slot, u32 asked)
{
	struct mk_reason why = {};

	if (mk_device_request(&slot->setup, &devices->page, &slot->offer, &devices->regions, &why))
		pr_notice_ratelimited("instance \"%s\": device \"%s\": %s\n",
				      devices->instance->config.name, slot->name, why.text);
	if (slot->setup.step == MK_DEVICE_RESET && slot->started) {
		begin_reset(devices, slot, asked);
		return;
	}
	answer(devices, slot, asked);
	if (slot->setup.step == MK_DEVICE_RUNNING && !slot->started) {
		slot->started = true;
		post(devices, slot, MULTIKERNEL_EVENT_READY);
	}
}

static void look_at_request(struct devices *devices, struct device_slot *slot, u32 number)
{
	const struct mk_device_spawn *page = spawn_page(devices, number);
	u32 asked = smp_load_acquire(&page->asked);

	if (asked == slot->answered)
		return;
	memcpy(&devices->page, page, sizeof(devices->page));
	if (devices->page.generation == slot->generation)
		judge_request(devices, slot, asked);
}

/* Whether someone must look again by himself. */
static bool look_at_slot(struct devices *devices, struct device_slot *slot, u32 number)
{
	u32 i;

	for (i = 0; i < slot->offer.queue_count; i++)
		kick_polled(&slot->kick[i]);
	if (slot->resetting)
		finish_reset(devices, slot);
	if (!slot->resetting)
		look_at_request(devices, slot, number);
	return slot->resetting || !doorbell_there();
}

static void devices_look(struct work_struct *work)
{
	struct devices *devices = container_of(to_delayed_work(work), struct devices, look);
	bool again = false;
	u32 i;

	mutex_lock(&devices->lock);
	for (i = 0; i < MK_DEVICE_SLOTS && devices->running; i++)
		if (devices->slot[i] && devices->slot[i]->generation)
			again |= look_at_slot(devices, devices->slot[i], i);
	if (again)
		queue_delayed_work(queue, &devices->look, POLL);
	mutex_unlock(&devices->lock);
}

u32 devices_count(const struct instance *instance)
{
	const struct devices *devices = instance->devices;
	const struct device_slot *slot;
	u32 i, count = 0;

	for (i = 0; devices && i < MK_DEVICE_SLOTS; i++) {
		slot = READ_ONCE(devices->slot[i]);
		count += slot && READ_ONCE(slot->generation);
	}
	return count;
}

/* The doorbell does not say for whom it rang: most often for the console. */
void devices_rung(struct instance *instance)
{
	struct devices *devices = instance->devices;
	const struct device_slot *slot;
	u32 i, queue_index;

	for (i = 0; devices && i < MK_DEVICE_SLOTS; i++) {
		slot = READ_ONCE(devices->slot[i]);
		if (!slot || !READ_ONCE(slot->generation))
			continue;
		if (READ_ONCE(spawn_page(devices, i)->asked) != READ_ONCE(slot->answered))
			goto look;
		for (queue_index = 0; queue_index < slot->offer.queue_count; queue_index++)
			if (!slot->kick[queue_index].vector)
				goto look;
	}
	return;
look:
	mod_delayed_work(queue, &devices->look, 0);
}

static int find_regions(struct devices *devices, const struct instance *instance)
{
	devices->regions = (struct mk_ranges){
		.range = devices->region, .capacity = MK_DEVICE_REGIONS_MAX,
	};
	return mk_device_regions(&devices->regions, &instance->memory, &instance->area);
}

int devices_begin(struct instance *instance)
{
	struct devices *devices = instance->devices;
	int error;
	u32 i;

	if (!devices)
		return 0;
	mutex_lock(&devices->lock);
	error = find_regions(devices, instance);
	if (error)
		goto unlock;
	devices->table = (u8 *)instance->control + instance->shared.devices;
	for (i = 0; i < MK_DEVICE_SLOTS; i++) {
		struct device_slot *slot = devices->slot[i];

		if (!slot || !slot->generation)
			continue;
		reset_slot(slot);
		slot->answered = 0;
		publish(devices, slot);
	}
	devices->running = true;
	if (!doorbell_there())
		look_soon(devices);
unlock:
	mutex_unlock(&devices->lock);
	return error;
}

/* Calls a function for each device that is there. Context: the lock is held. */
static void for_each_slot(struct devices *devices,
			  void (*do_it)(struct devices *devices, struct device_slot *slot))
{
	u32 i;

	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		if (devices->slot[i] && devices->slot[i]->generation)
			do_it(devices, devices->slot[i]);
}

static bool reaches(const struct device_slot *slot, const struct mk_range *range)
{
	const struct held_file *held;

	list_for_each_entry(held, &slot->files, list)
		if (memory_file_in_use(held->memory) && !memory_file_has(held->memory, range))
			return false;
	return true;
}

int devices_check_memory(struct instance *instance, const struct mk_range *range,
			 struct mk_reason *why)
{
	struct devices *devices = instance->devices;
	int error = 0;
	u32 i;

	lockdep_assert_held(&change_lock);
	if (!devices)
		return 0;
	mutex_lock(&devices->lock);
	for (i = 0; i < MK_DEVICE_SLOTS && !error; i++)
		if (devices->slot[i] && !reaches(devices->slot[i], range))
			error = mk_refuse(why, -EBUSY,
					  "instance \"%s\": its device \"%s\" is in use since before the pool had the memory at 0x%llx",
					  instance->config.name, devices->slot[i]->name, range->start);
	mutex_unlock(&devices->lock);
	return error;
}

static void renew_files(struct devices *devices, struct device_slot *slot)
{
	struct held_file *held;

	list_for_each_entry(held, &slot->files, list)
		memory_file_show(held->memory, &devices->regions);
}

void devices_renew_memory(struct instance *instance)
{
	struct devices *devices = instance->devices;

	lockdep_assert_held(&multikernel_lock);
	if (!devices)
		return;
	mutex_lock(&devices->lock);
	if (devices->running) {
		WARN_ON(find_regions(devices, instance));
		for_each_slot(devices, renew_files);
	}
	mutex_unlock(&devices->lock);
}

static void end_slot(struct devices *devices, struct device_slot *slot)
{
	reset_slot(slot);
	post(devices, slot, MULTIKERNEL_EVENT_ENDED);
}

/*
 * Front ends are told early: they stop while the CPUs are stopped, and when the host goes down those
 * of all instances stop beside each other.
 */
void devices_before_stop(struct instance *instance)
{
	struct devices *devices = instance->devices;
	u32 i;

	if (!devices)
		return;
	mutex_lock(&devices->lock);
	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		if (devices->slot[i])
			unbind_calls(devices->slot[i]);
	if (devices->running) {
		devices->running = false;
		devices->stop_until = jiffies + msecs_to_jiffies(MULTIKERNEL_STOP_MS);
		for_each_slot(devices, end_slot);
	}
	mutex_unlock(&devices->lock);
	cancel_delayed_work_sync(&devices->look);
}

static void clear_slot(struct devices *devices, struct device_slot *slot)
{
	if (slot->answer_due && holds_memory(slot))
		pr_warn("instance \"%s\": device \"%s\": its front end does not stop within %u ms, and loses the kernel's memory\n",
			devices->instance->config.name, slot->name, MULTIKERNEL_STOP_MS);
	unbind(slot);
	revoke_files(slot);
}

static bool all_have_stopped(struct devices *devices)
{
	bool all = true;
	u32 i;

	mutex_lock(&devices->lock);
	for (i = 0; i < MK_DEVICE_SLOTS && all; i++)
		all = !devices->slot[i] || !devices->slot[i]->answer_due ||
		      !holds_memory(devices->slot[i]);
	mutex_unlock(&devices->lock);
	return all;
}

/* They get a moment in any case, also where the host was held up since they were told. */
static void wait_for_front_ends(struct devices *devices)
{
	u32 seen = READ_ONCE(devices->news);
	struct wait_time time;

	wait_time_begin(&time, max_t(long, devices->stop_until - jiffies, COUNTED), COUNTED);
	while (!all_have_stopped(devices) && !wait_time_is_over(&time)) {
		wait_event_timeout(devices->wait, READ_ONCE(devices->news) != seen, min(time.left, POLL));
		seen = READ_ONCE(devices->news);
	}
}

void devices_after_stop(struct instance *instance)
{
	struct devices *devices = instance->devices;

	if (!devices || !devices->table)
		return;
	wait_for_front_ends(devices);
	mutex_lock(&devices->lock);
	for_each_slot(devices, clear_slot);
	devices->table = NULL;
	mutex_unlock(&devices->lock);
}

static struct device_slot *find_by_name(const struct devices *devices, const char *name)
{
	u32 i;

	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		if (devices->slot[i] && devices->slot[i]->generation &&
		    !strcmp(devices->slot[i]->name, name))
			return devices->slot[i];
	return NULL;
}

/* Nothing takes up a device again that its driver was asked to let go of: its slot can be had. */
static struct device_slot *find_left(struct devices *devices)
{
	struct device_slot *slot;
	u32 i;

	for (i = 0; i < MK_DEVICE_SLOTS; i++) {
		slot = devices->slot[i];
		if (!slot->leaving || slot->served)
			continue;
		devices_detach(devices, slot);
		return slot;
	}
	return ERR_PTR(-ENOSPC);
}

/* Slots are never freed before all of them: an interrupt may look at them. */
static struct device_slot *find_free(struct devices *devices)
{
	struct device_slot *slot;
	u32 i;

	for (i = 0; i < MK_DEVICE_SLOTS; i++) {
		if (devices->slot[i] && !devices->slot[i]->generation)
			return devices->slot[i];
		if (devices->slot[i])
			continue;
		slot = kvzalloc(sizeof(*slot), GFP_KERNEL);
		if (!slot)
			return ERR_PTR(-ENOMEM);
		INIT_LIST_HEAD(&slot->files);
		WRITE_ONCE(devices->slot[i], slot);
		return slot;
	}
	return find_left(devices);
}

static void have_kicks(struct devices *devices, struct device_slot *slot)
{
	char name[3 * MK_DEVICE_NAME];
	u32 i;

	/* The slot's last device may have left its counts. */
	memset(slot->kick, 0, sizeof(slot->kick));
	memset(slot->call, 0, sizeof(slot->call));
	for (i = 0; i < slot->offer.queue_count; i++) {
		snprintf(name, sizeof(name), "multikernel %s:%s.%u", devices->instance->config.name,
			 slot->name, i);
		kick_init(&slot->kick[i], name);
	}
}

/* No number is used twice, but 0 is no number. */
static u32 next_generation(struct devices *devices)
{
	if (!++devices->last_generation)
		devices->last_generation++;
	return devices->last_generation;
}

static int make_device(struct devices *devices, const struct multikernel_attach *attach,
		       struct device_slot **made, struct mk_reason *why)
{
	struct device_slot *slot = find_free(devices);

	if (IS_ERR(slot) && PTR_ERR(slot) == -ENOSPC)
		return mk_refuse(why, -ENOSPC, "instance \"%s\": it has %u devices already, and no room for \"%s\"",
				 devices->instance->config.name, MK_DEVICE_SLOTS, attach->name);
	if (IS_ERR(slot))
		return mk_refuse(why, -ENOMEM, "instance \"%s\": no memory for device \"%s\"",
				 devices->instance->config.name, attach->name);
	mk_device_take_offer(&slot->offer, attach);
	strscpy(slot->name, attach->name, sizeof(slot->name));
	memcpy(slot->config, attach->config, sizeof(slot->config));
	slot->config_generation = 1;
	have_kicks(devices, slot);
	reset_slot(slot);
	slot->served = true;
	slot->leaving = false;
	slot->answered = devices->table ?
		READ_ONCE(spawn_page(devices, number_of(devices, slot))->asked) : 0;
	smp_store_release(&slot->generation, next_generation(devices));
	publish(devices, slot);
	ring(devices);
	look_soon(devices);	/* and from then on again and again, where nobody can ring */
	*made = slot;
	return 0;
}

static int take_up(struct devices *devices, const struct multikernel_attach *attach,
		   struct device_slot *slot, struct mk_reason *why)
{
	int error;

	if (slot->served)
		return mk_refuse(why, -EBUSY, "instance \"%s\": device \"%s\" is served already",
				 devices->instance->config.name, attach->name);
	error = mk_device_check_again(&slot->offer, attach, why);
	if (error)
		return error;
	slot->served = true;
	if (memcmp(slot->config, attach->config, slot->offer.config_size))
		devices_configure(devices, slot, attach->config);
	publish_served(devices, slot);
	if (slot->setup.step == MK_DEVICE_RUNNING)
		post(devices, slot, MULTIKERNEL_EVENT_READY);
	return 0;
}

int devices_attach(struct devices *devices, const struct multikernel_attach *attach,
		   struct device_slot **slot, struct mk_reason *why)
{
	lockdep_assert_held(&devices->lock);
	if (!devices->instance)
		return mk_refuse(why, -ENODEV, "device \"%s\": its instance is gone", attach->name);
	*slot = find_by_name(devices, attach->name);
	/* Its driver has let go of it, or is about to, and would not look at it again. */
	if (*slot && (*slot)->leaving && !(*slot)->served)
		devices_detach(devices, *slot);
	else if (*slot)
		return take_up(devices, attach, *slot, why);
	return make_device(devices, attach, slot, why);
}

/* One that ends in good order unbinds its kicks when its engine has stopped. */
static bool is_at_work(struct device_slot *slot)
{
	u32 i;

	for (i = 0; i < slot->offer.queue_count; i++)
		if (kick_is_bound(&slot->kick[i]))
			return true;
	return false;
}

void devices_leave(struct devices *devices, struct device_slot *slot)
{
	lockdep_assert_held(&devices->lock);
	slot->abandoned |= is_at_work(slot);
	unbind(slot);
	revoke_files(slot);
	slot->served = false;
	slot->unread = false;
	slot->answer_due = false;
	publish_served(devices, slot);
	tell_news(devices);
	look_soon(devices);	/* a reset may have waited for it */
}

void devices_unplug(struct devices *devices, struct device_slot *slot)
{
	lockdep_assert_held(&devices->lock);
	slot->leaving = true;
	if (!devices->table)
		return;
	WRITE_ONCE(host_page(devices, slot)->leaving, 1);
	ring(devices);
}

void devices_detach(struct devices *devices, struct device_slot *slot)
{
	u32 i;

	lockdep_assert_held(&devices->lock);
	unbind(slot);
	revoke_files(slot);
	withdraw(devices, slot);
	WRITE_ONCE(slot->generation, 0);
	for (i = 0; i < slot->offer.queue_count; i++)
		kick_free(&slot->kick[i]);
	slot->served = false;
	slot->unread = false;
	slot->answer_due = false;
	reset_slot(slot);
	tell_news(devices);
}

void devices_configure(struct devices *devices, struct device_slot *slot, const u8 *config)
{
	lockdep_assert_held(&devices->lock);
	memcpy(slot->config, config, sizeof(slot->config));
	slot->config_generation += 2;	/* one for each end of the change */
	if (devices->table)
		publish_config(host_page(devices, slot), slot);
	ring(devices);
}

void devices_started(struct devices *devices, struct device_slot *slot)
{
	lockdep_assert_held(&devices->lock);
	slot->abandoned = false;
}

void devices_stopped(struct devices *devices, struct device_slot *slot)
{
	lockdep_assert_held(&devices->lock);
	slot->answer_due = false;
	tell_news(devices);
	look_soon(devices);
}

void devices_failed(struct devices *devices, struct device_slot *slot)
{
	lockdep_assert_held(&devices->lock);
	slot->setup.step = MK_DEVICE_BROKEN;
	publish_status(devices, slot);
	ring(devices);
}

/* Files that nobody has open any more need not be revoked. */
static void forget_closed_files(struct device_slot *slot)
{
	struct held_file *held, *next;

	list_for_each_entry_safe(held, next, &slot->files, list)
		if (!memory_file_in_use(held->memory))
			forget_file(held);
}

int devices_open_memory(struct devices *devices, struct device_slot *slot, u32 index,
			struct mk_range *whole, struct file **file)
{
	struct held_file *held;

	lockdep_assert_held(&devices->lock);
	if (!devices->running)
		return -ENODEV;
	pool_extent(whole);
	if (index)
		return -ERANGE;
	forget_closed_files(slot);
	held = kzalloc(sizeof(*held), GFP_KERNEL);
	if (!held)
		return -ENOMEM;
	held->memory = memory_file_new(whole, &devices->regions, file);
	if (IS_ERR(held->memory)) {
		int error = PTR_ERR(held->memory);

		kfree(held);
		return error;
	}
	list_add_tail(&held->list, &slot->files);
	return 0;
}

const u64 *devices_call_place(const struct devices *devices, const struct device_slot *slot,
			      u32 queue)
{
	return &spawn_page(devices, number_of(devices, slot))->queue[queue].call;
}

static void count(const struct device_slot *slot, u64 *kicks, u64 *calls)
{
	u32 i;

	*kicks = *calls = 0;
	for (i = 0; i < slot->offer.queue_count; i++) {
		*kicks += READ_ONCE(slot->kick[i].count);
		*calls += READ_ONCE(slot->call[i].count);
	}
}

static ssize_t devices_show(struct kobject *kobject, struct kobj_attribute *attribute, char *buffer)
{
	struct devices *devices = container_of(kobject, struct instance, kobject)->devices;
	u64 kicks, calls;
	int length = 0;
	u32 i;

	mutex_lock(&devices->lock);
	for (i = 0; i < MK_DEVICE_SLOTS; i++) {
		const struct device_slot *slot = devices->slot[i];

		if (!slot || !slot->generation)
			continue;
		count(slot, &kicks, &calls);
		length += sysfs_emit_at(buffer, length, "%u %s %u %s %s %llu %llu\n", i, slot->name,
					slot->offer.virtio_id,
					mk_device_step_name(slot->setup.step),
					slot->served ? "served" : "unserved", kicks, calls);
	}
	mutex_unlock(&devices->lock);
	return length;
}

static struct kobj_attribute devices_attribute = __ATTR(devices, 0444, devices_show, NULL);

static void devices_free(struct kref *references)
{
	struct devices *devices = container_of(references, struct devices, references);
	u32 i;

	for (i = 0; i < MK_DEVICE_SLOTS; i++)
		kvfree(devices->slot[i]);
	kvfree(devices);
}

void devices_get(struct devices *devices)
{
	kref_get(&devices->references);
}

void devices_put(struct devices *devices)
{
	kref_put(&devices->references, devices_free);
}

int devices_add(struct instance *instance)
{
	struct devices *devices = kvzalloc(sizeof(*devices), GFP_KERNEL);
	int error;

	if (!devices)
		return -ENOMEM;
	kref_init(&devices->references);
	mutex_init(&devices->lock);
	INIT_DELAYED_WORK(&devices->look, devices_look);
	init_waitqueue_head(&devices->wait);
	devices->instance = instance;
	instance->devices = devices;
	error = sysfs_create_file(&instance->kobject, &devices_attribute.attr);
	if (error) {
		instance->devices = NULL;
		devices_put(devices);
	}
	return error;
}

static void lose_slot(struct devices *devices, struct device_slot *slot)
{
	bool served = slot->served;

	devices_detach(devices, slot);
	slot->served = served;
	post(devices, slot, MULTIKERNEL_EVENT_GONE);
}

void devices_remove(struct instance *instance)
{
	struct devices *devices = instance->devices;

	if (!devices)
		return;
	sysfs_remove_file(&instance->kobject, &devices_attribute.attr);
	mutex_lock(&devices->lock);
	for_each_slot(devices, lose_slot);
	devices->instance = NULL;
	mutex_unlock(&devices->lock);
	tell_news(devices);
	instance->devices = NULL;
	devices_put(devices);
}

int devices_init(void)
{
	queue = alloc_workqueue("multikernel_devices", WQ_UNBOUND, 0);
	return queue ? 0 : -ENOMEM;
}

void devices_exit(void)
{
	destroy_workqueue(queue);
}
