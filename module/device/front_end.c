// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a front end asks for is checked here and done by devices.c. Only the attachment wants a
 * capability: whoever has attached may drop all rights, and still serves the device.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "base.h"
#include "device/devices.h"
#include "device/front_end.h"
#include "instance/instance.h"

/**
 * struct front_end - one of them
 * @lock:    of an attachment
 * @devices: of the instance that it is attached to, for the rest of the file's life; NULL before
 * @slot:    the device that it serves, NULL after MULTIKERNEL_DETACH; the lock of @devices
 */
struct front_end {
	struct mutex lock;
	struct devices *devices;
	struct device_slot *slot;
};

struct front_end *front_end_new(void)
{
	struct front_end *front_end = kzalloc(sizeof(*front_end), GFP_KERNEL);

	if (front_end)
		mutex_init(&front_end->lock);
	return front_end;
}

void front_end_free(struct front_end *front_end)
{
	struct devices *devices = front_end->devices;

	if (devices) {
		mutex_lock(&devices->lock);
		if (front_end->slot && devices->instance)
			devices_leave(devices, front_end->slot);
		mutex_unlock(&devices->lock);
		devices_put(devices);
	}
	kfree(front_end);
}

/*
 * Takes the lock of what a front end is attached to; unlock() lets it go.
 * Return: 0, -ENOTCONN or -ENODEV, without the lock.
 */
static int lock_slot(struct front_end *front_end, struct device_slot **slot)
{
	struct devices *devices = smp_load_acquire(&front_end->devices);

	if (!devices)
		return -ENOTCONN;
	mutex_lock(&devices->lock);
	*slot = front_end->slot;
	if (devices->instance && *slot)
		return 0;
	mutex_unlock(&devices->lock);
	return -ENODEV;
}

static void unlock(struct front_end *front_end)
{
	mutex_unlock(&front_end->devices->lock);
}

/* Context: under multikernel_lock. */
static struct instance *find_by_serial(u64 serial)
{
	struct instance *instance;

	lockdep_assert_held(&multikernel_lock);
	list_for_each_entry(instance, &instances, list)
		if (instance->serial == serial)
			return instance;
	return NULL;
}

static int find_devices(u64 serial, struct devices **devices, struct mk_reason *why)
{
	struct instance *instance;
	int error = 0;

	mutex_lock(&multikernel_lock);
	instance = find_by_serial(serial);
	if (!instance || !instance->devices)
		error = mk_refuse(why, -ENOENT, "device: no instance has serial number %llu", serial);
	else if (instance->lost)
		error = mk_refuse(why, -EBUSY, "instance \"%s\": a CPU of it does not stop",
				  instance->config.name);
	else if (!list_empty(&instance->upload_list))
		error = mk_refuse(why, -EBUSY, "instance \"%s\": an upload is about to take it away",
				  instance->config.name);
	if (!error) {
		*devices = instance->devices;
		devices_get(*devices);
	}
	mutex_unlock(&multikernel_lock);
	return error;
}

/* Context: under the front end's lock. */
static int attach(struct front_end *front_end, const struct multikernel_attach *attach,
		  struct mk_reason *why)
{
	struct devices *devices;
	int error;

	if (front_end->devices)
		return mk_refuse(why, -EBUSY, "device \"%s\": this open file serves one already, or did",
				 attach->name);
	error = find_devices(attach->serial, &devices, why);
	if (error)
		return error;
	mutex_lock(&devices->lock);
	error = devices_attach(devices, attach, &front_end->slot, why);
	if (!error)
		smp_store_release(&front_end->devices, devices);
	mutex_unlock(&devices->lock);
	if (error)
		devices_put(devices);
	return error;
}

long front_end_attach(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	const struct multikernel_attach *arguments = argument;
	struct mk_reason why = {};
	long error;

	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	error = give_text(arguments->text, arguments->text_size, "");
	if (error)
		return error;
	error = mk_device_check_attach(arguments, &why);
	if (!error) {
		mutex_lock(&front_end->lock);
		error = attach(front_end, arguments, &why);
		mutex_unlock(&front_end->lock);
	}
	if (error)
		give_text(arguments->text, arguments->text_size, why.text);
	return report(error, "device", &why);
}

long front_end_detach(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	struct device_slot *slot;
	int error = lock_slot(front_end, &slot);

	if (error)
		return error;
	devices_detach(front_end->devices, slot);
	front_end->slot = NULL;
	unlock(front_end);
	return 0;
}

long front_end_unplug(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	struct device_slot *slot;
	int error = lock_slot(front_end, &slot);

	if (error)
		return error;
	devices_unplug(front_end->devices, slot);
	unlock(front_end);
	return 0;
}

/* What there is to be had in one file, also where another one was asked for. */
static int open_memory(struct front_end *front_end, struct multikernel_memory *memory,
		       struct file **file)
{
	struct mk_range whole = {};
	struct device_slot *slot;
	int error = lock_slot(front_end, &slot);

	if (error)
		return error;
	error = devices_open_memory(front_end->devices, slot, memory->index, &whole, file);
	memory->count = error == -ENODEV ? 0 : 1;
	if (!error) {
		memory->start = whole.start;
		memory->bytes = whole.size;
	}
	unlock(front_end);
	return error;
}

long front_end_memory(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	struct multikernel_memory *memory = argument;
	int fd = get_unused_fd_flags(O_CLOEXEC), error;
	struct file *file = NULL;

	if (fd < 0)
		return fd;
	memory->fd = -1;
	error = open_memory(front_end, memory, &file);
	if (!error)
		memory->fd = fd;
	if (error != -ENODEV && error != -ENOTCONN && copy_to_user(user, memory, size))
		error = -EFAULT;
	if (!error) {
		fd_install(fd, file);
		return 0;
	}
	if (file)
		fput(file);
	put_unused_fd(fd);
	return error;
}

/* A queue of a device that a driver has set up. Takes the lock as lock_slot() does. */
static int lock_queue(struct front_end *front_end, u32 index, struct device_slot **slot)
{
	int error = lock_slot(front_end, slot);

	if (error)
		return error;
	if (index >= (*slot)->offer.queue_count)
		error = -EINVAL;
	else if (!front_end->devices->running || (*slot)->setup.step != MK_DEVICE_RUNNING)
		error = -EAGAIN;
	if (error)
		unlock(front_end);
	return error;
}

long front_end_queue(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	struct multikernel_queue *arguments = argument;
	const struct mk_device_queue *queue;
	struct device_slot *slot;
	int error = lock_queue(front_end, arguments->index, &slot);

	if (error)
		return error;
	queue = &slot->setup.queue[arguments->index];
	arguments->descriptors = queue->descriptors;
	arguments->driver = queue->driver;
	arguments->device = queue->device;
	arguments->queue_size = queue->size;
	arguments->ready = queue->ready;
	arguments->abandoned = slot->abandoned;
	unlock(front_end);
	return copy_to_user(user, arguments, size) ? -EFAULT : 0;
}

/* What was kicked before somebody was bound is told at once: one kick too many costs a look. */
static int bind_kick(struct front_end *front_end, u32 index, struct eventfd_ctx *fd)
{
	struct device_slot *slot;
	int error = lock_slot(front_end, &slot);

	if (error)
		return error;
	if (index < slot->offer.queue_count) {
		kick_bind(&slot->kick[index], fd);
		if (slot->setup.step == MK_DEVICE_RUNNING)
			kick_signal(&slot->kick[index]);
	} else {
		error = -EINVAL;
	}
	unlock(front_end);
	return error;
}

long front_end_kick(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	const struct multikernel_queue_fd *arguments = argument;
	struct eventfd_ctx *fd = NULL;
	int error;

	if (arguments->reserved)
		return -EINVAL;
	if (arguments->fd != -1)
		fd = eventfd_ctx_fdget(arguments->fd);
	if (IS_ERR(fd))
		return PTR_ERR(fd);
	error = bind_kick(front_end, arguments->index, fd);
	if (error && fd)
		eventfd_ctx_put(fd);
	return error;
}

static int bind_call(struct front_end *front_end, u32 index, struct file *file)
{
	const struct devices *devices;
	struct device_slot *slot;
	int error = lock_queue(front_end, index, &slot);

	if (error)
		return error;
	devices = front_end->devices;
	call_unbind(&slot->call[index]);
	if (file)
		error = call_bind(&slot->call[index], file, devices->instance,
				  devices_call_place(devices, slot, index));
	unlock(front_end);
	return error;
}

long front_end_call(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	const struct multikernel_queue_fd *arguments = argument;
	struct file *file = NULL;
	int error;

	if (arguments->reserved)
		return -EINVAL;
	if (arguments->fd != -1) {
		file = fget(arguments->fd);
		if (!file)
			return -EBADF;
	}
	error = bind_call(front_end, arguments->index, file);
	if (file)
		fput(file);
	return error;
}

long front_end_config(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	const struct multikernel_config *arguments = argument;
	struct device_slot *slot;
	int error = lock_slot(front_end, &slot);

	if (error)
		return error;
	if (arguments->config_size == slot->offer.config_size)
		devices_configure(front_end->devices, slot, arguments->config);
	else
		error = -EINVAL;
	unlock(front_end);
	return error;
}

/* Context: under the lock of the devices. */
static int take_answer(struct devices *devices, struct device_slot *slot,
		       const struct multikernel_answer *answer)
{
	bool to_ready = slot->event.kind == MULTIKERNEL_EVENT_READY;

	if (!slot->event.number || answer->number != slot->event.number)
		return -ESTALE;
	switch (answer->kind) {
	case MULTIKERNEL_ANSWER_STARTED:
		if (!to_ready)
			return -EINVAL;
		devices_started(devices, slot);
		return 0;
	case MULTIKERNEL_ANSWER_FAILED:
		if (!to_ready)
			return -EINVAL;
		devices_failed(devices, slot);
		return 0;
	case MULTIKERNEL_ANSWER_STOPPED:
		if (to_ready)
			return -EINVAL;
		devices_stopped(devices, slot);
		return 0;
	default:
		return -EINVAL;
	}
}

long front_end_answer(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	const struct multikernel_answer *answer = argument;
	struct device_slot *slot;
	int error;

	if (answer->reserved)
		return -EINVAL;
	error = lock_slot(front_end, &slot);
	if (error)
		return error;
	error = take_answer(front_end->devices, slot, answer);
	unlock(front_end);
	return error;
}

/*
 * The event that nobody has read, also when it says that the instance is gone.
 * Return: 0, -EAGAIN (there is none), -ENODEV (nor will there be).
 */
static int take_event(struct front_end *front_end, struct multikernel_event *event)
{
	struct devices *devices = front_end->devices;
	struct device_slot *slot;
	int error = 0;

	mutex_lock(&devices->lock);
	slot = front_end->slot;
	if (slot && slot->unread) {
		*event = slot->event;
		WRITE_ONCE(slot->unread, false);
	} else {
		error = slot && devices->instance ? -EAGAIN : -ENODEV;
	}
	mutex_unlock(&devices->lock);
	return error;
}

ssize_t front_end_read(struct front_end *front_end, char __user *user, size_t size, bool wait)
{
	struct devices *devices = smp_load_acquire(&front_end->devices);
	struct multikernel_event event;
	int error;
	u32 seen;

	if (!devices)
		return -ENOTCONN;
	if (size < sizeof(event))
		return -EINVAL;
	for (;;) {
		seen = READ_ONCE(devices->news);
		error = take_event(front_end, &event);
		if (error != -EAGAIN || !wait)
			break;
		error = wait_event_interruptible(devices->wait, READ_ONCE(devices->news) != seen);
		if (error)
			break;
	}
	if (error)
		return error;
	return copy_to_user(user, &event, sizeof(event)) ? -EFAULT : sizeof(event);
}

__poll_t front_end_poll(struct front_end *front_end, struct file *file, poll_table *table)
{
	struct devices *devices = smp_load_acquire(&front_end->devices);
	__poll_t events = 0;

	if (!devices)
		return EPOLLERR;
	poll_wait(file, &devices->wait, table);
	mutex_lock(&devices->lock);
	if (front_end->slot && front_end->slot->unread)
		events |= EPOLLIN | EPOLLRDNORM;
	if (!front_end->slot || !devices->instance)
		events |= EPOLLHUP;
	mutex_unlock(&devices->lock);
	return events;
}
