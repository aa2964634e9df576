// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is an access to a register elsewhere is a request here: written to the spawn's page and
 * answered by the host in its own, within a bound. A device whose host does not answer, or refuses
 * what its driver cannot do without, is broken: its driver gets no further, and all else goes on.
 *
 * A queue has an interrupt vector of its own. Where none is to be had the host rings the doorbell,
 * and all such queues are looked at.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "compat.h"
#include "device_table.h"
#include "spawn/devices.h"
#include "virtio/device.h"
#include "wait_time.h"

#define VENDOR 0x4d4b		/* "MK" */
#define LOOK_MS 10		/* between two looks for an answer, where nobody rings */
#define NAME_SIZE 64		/* of a queue's interrupt, bytes */

/*
 * What nobody offers: addresses are plain ones, memory is ordinary, a kick carries no data, and a
 * queue is reset with its device only. Newer kernels know more bits than these; the drivers take
 * only what they know themselves, and vring_transport_features() drops all else.
 */
#define NEVER_OFFERED (BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) | BIT_ULL(VIRTIO_F_ORDER_PLATFORM) | \
		       BIT_ULL(VIRTIO_F_SR_IOV) | BIT_ULL(VIRTIO_F_RING_RESET))

/**
 * struct spawn_queue - one of a device's queues
 * @device:    whose
 * @virtqueue: its ring; NULL when it is not in use
 * @call:      by which the host interrupts; NULL when it can only ring
 * @size_max:  descriptors at most
 */
struct spawn_queue {
	struct spawn_device *device;
	struct virtqueue *virtqueue;
	struct vector *call;
	u32 size_max;
};

/**
 * struct spawn_device - a device
 * @virtio:            what the bus knows
 * @references:        who still uses it
 * @host:              the host's page; may change at any time
 * @spawn:             our page
 * @generation:        which device of this slot it is
 * @name:              as the host names it
 * @request_lock:      one request at a time; guards @status and our page's words about it
 * @status:            the device's, after the last request
 * @rung:              the host rang: maybe an answer
 * @waits:             somebody waits for @rung
 * @added:             it is on the bus, and the driver may be told of changes
 * @broken:            it is used no more
 * @config_generation: the driver knows of
 * @config_size:       bytes of its configuration space
 * @queues_lock:       that no queue goes while it is looked at
 * @polled:            some queue has no vector
 * @queue_count:       how many of @queue it has
 * @queue:             its queues
 */
struct spawn_device {
	struct virtio_device virtio;
	struct kref references;
	struct mk_device_host *host;
	struct mk_device_spawn *spawn;
	u32 generation;
	char name[MK_DEVICE_NAME];
	struct mutex request_lock;
	u32 status;
	struct completion rung;
	bool waits;
	bool added;
	bool broken;
	u32 config_generation;
	u32 config_size;
	spinlock_t queues_lock;
	bool polled;
	u32 queue_count;
	struct spawn_queue queue[MK_DEVICE_QUEUES];
};

static struct spawn_device *of(struct virtio_device *virtio)
{
	return container_of(virtio, struct spawn_device, virtio);
}

bool spawn_device_is_gone(const struct spawn_device *device)
{
	return READ_ONCE(device->host->generation) != device->generation;
}

bool spawn_device_goes(const struct spawn_device *device)
{
	return spawn_device_is_gone(device) || READ_ONCE(device->host->leaving);
}

static bool is_answered(const struct spawn_device *device, u32 number)
{
	return smp_load_acquire(&device->host->answered) == number;
}

/* Nothing more is asked of the host, but for a reset. */
static void give_up(struct spawn_device *device, const char *why)
{
	if (device->broken)
		return;
	WRITE_ONCE(device->broken, true);
	pr_err("device \"%s\": %s: it is used no more\n", device->name, why);
	virtio_break_device(&device->virtio);
}

/*
 * Sleeps in pieces: the host may have no way to ring. Who is rung for something else goes on
 * waiting.
 */
static bool wait_for_answer(struct spawn_device *device, u32 number)
{
	unsigned long piece = msecs_to_jiffies(LOOK_MS);
	struct wait_time time;

	wait_time_begin(&time, msecs_to_jiffies(MK_DEVICE_ANSWER_MS), 2 * piece);
	while (!is_answered(device, number)) {
		if (spawn_device_is_gone(device) || wait_time_is_over(&time))
			return is_answered(device, number);
		wait_for_completion_timeout(&device->rung, piece);
	}
	return true;
}

/* Asks for a status and waits for the answer. What the request is about stands in our page already. */
static bool ask(struct spawn_device *device, u32 status)
{
	struct mk_device_spawn *spawn = device->spawn;
	u32 number = READ_ONCE(spawn->asked) + 1;
	bool answered;

	lockdep_assert_held(&device->request_lock);
	if (spawn_device_is_gone(device))
		return false;
	reinit_completion(&device->rung);
	WRITE_ONCE(device->waits, true);
	WRITE_ONCE(spawn->status, status);
	smp_store_release(&spawn->asked, number);
	multikernel_ring_host();
	answered = wait_for_answer(device, number);
	WRITE_ONCE(device->waits, false);
	return answered;
}

static u8 device_get_status(struct virtio_device *virtio)
{
	return of(virtio)->status;
}

static void device_set_status(struct virtio_device *virtio, u8 status)
{
	struct spawn_device *device = of(virtio);

	mutex_lock(&device->request_lock);
	if (device->broken || !ask(device, status)) {
		device->status = status & ~VIRTIO_CONFIG_S_FEATURES_OK;
		if (!spawn_device_is_gone(device))
			give_up(device, "the host does not answer");
	} else {
		device->status = READ_ONCE(device->host->status) & 0xff;
		if (status & ~device->status & VIRTIO_CONFIG_S_DRIVER_OK)
			give_up(device, "the host refuses how its driver has set it up");
	}
	mutex_unlock(&device->request_lock);
}

/* Counts as done in any case: the driver goes away, or begins anew, and then the device may serve again. */
static void device_reset(struct virtio_device *virtio)
{
	struct spawn_device *device = of(virtio);

	mutex_lock(&device->request_lock);
	if (ask(device, 0))
		WRITE_ONCE(device->broken, false);
	else if (!spawn_device_is_gone(device))
		give_up(device, "the host does not answer a reset");
	device->status = 0;
	mutex_unlock(&device->request_lock);
}

static u64 device_get_features(struct virtio_device *virtio)
{
	return READ_ONCE(of(virtio)->host->features[0]) & ~NEVER_OFFERED;
}

static int device_finalize_features(struct virtio_device *virtio)
{
	struct spawn_device *device = of(virtio);

	vring_transport_features(virtio);
	if (!__virtio_test_bit(virtio, VIRTIO_F_VERSION_1)) {
		pr_err("device \"%s\": the host offers it without VIRTIO_F_VERSION_1\n", device->name);
		return -EINVAL;
	}
	WRITE_ONCE(device->spawn->features[0], virtio->features);
	WRITE_ONCE(device->spawn->features[1], 0);
	return 0;
}

/* What the host's kernel does not tell of reads as zeroes. */
static void device_get(struct virtio_device *virtio, unsigned int offset, void *bytes,
		       unsigned int length)
{
	struct spawn_device *device = of(virtio);

	if (offset > device->config_size || length > device->config_size - offset)
		memset(bytes, 0, length);
	else
		memcpy(bytes, device->host->config + offset, length);
}

/* The configuration space is the host's alone. */
static void device_set(struct virtio_device *virtio, unsigned int offset, const void *bytes,
		       unsigned int length)
{
	pr_warn_once("device \"%s\": its driver wants to write its configuration, which has no effect\n",
		     of(virtio)->name);
}

static u32 device_generation(struct virtio_device *virtio)
{
	return smp_load_acquire(&of(virtio)->host->config_generation);
}

static const char *device_bus_name(struct virtio_device *virtio)
{
	return of(virtio)->name;
}

/* The ring's barrier has put the buffers before this. */
static bool kick(struct virtqueue *virtqueue)
{
	struct spawn_device *device = of(virtqueue->vdev);
	u64 place = READ_ONCE(device->host->queue[virtqueue->index].kick);

	if (spawn_device_is_gone(device))
		return false;
	if (place)
		multikernel_vector_send(place);
	else
		multikernel_ring_host();
	return true;
}

static void queue_called(void *data)
{
	struct spawn_queue *queue = data;

	vring_interrupt(0, queue->virtqueue);
}

/* Without a bell there shall be no vectors either: then this kernel polls. */
static void make_call(struct spawn_queue *queue, const char *queue_name)
{
	struct spawn_device *device = queue->device;
	char name[NAME_SIZE];
	struct vector *call;

	queue->call = NULL;
	if (multikernel_has_bell()) {
		snprintf(name, sizeof(name), "%s-%s", dev_name(&device->virtio.dev), queue_name);
		call = multikernel_vector_new(name, queue_called, queue);
		if (!IS_ERR(call))
			queue->call = call;
		else
			pr_info("device \"%s\": no vector for queue %s (error %ld): the doorbell must do\n",
				device->name, queue_name, PTR_ERR(call));
	}
	if (!queue->call)
		WRITE_ONCE(device->polled, true);
}

static void publish_queue(const struct spawn_queue *queue, struct mk_device_spawn_queue *page)
{
	struct virtqueue *virtqueue = queue->virtqueue;

	WRITE_ONCE(page->descriptors, virtqueue_get_desc_addr(virtqueue));
	WRITE_ONCE(page->driver, virtqueue_get_avail_addr(virtqueue));
	WRITE_ONCE(page->device, virtqueue_get_used_addr(virtqueue));
	WRITE_ONCE(page->size, virtqueue_get_vring_size(virtqueue));
	WRITE_ONCE(page->call, queue->call ? multikernel_vector_place(queue->call) : 0);
	smp_store_release(&page->ready, 1);
}

static void use_queue(struct spawn_queue *queue, struct virtqueue *virtqueue)
{
	spin_lock(&queue->device->queues_lock);
	queue->virtqueue = virtqueue;
	spin_unlock(&queue->device->queues_lock);
}

static int begin_queue(struct spawn_device *device, unsigned int index,
		       const struct mk_queue_wanted *wanted)
{
	struct spawn_queue *queue = &device->queue[index];
	struct virtqueue *virtqueue;

	if (index >= device->queue_count)
		return -ENOENT;
	virtqueue = vring_create_virtqueue(index, queue->size_max, SMP_CACHE_BYTES, &device->virtio,
					   true, true, wanted->context, kick, wanted->callback,
					   wanted->name);
	if (!virtqueue)
		return -ENOMEM;
	virtqueue->num_max = queue->size_max;
	use_queue(queue, virtqueue);
	make_call(queue, wanted->name);
	publish_queue(queue, &device->spawn->queue[index]);
	return 0;
}

/* After a reset: the host does not use the queue any more. */
static void end_queue(struct spawn_device *device, unsigned int index)
{
	struct spawn_queue *queue = &device->queue[index];
	struct virtqueue *virtqueue = queue->virtqueue;

	if (!virtqueue)
		return;
	WRITE_ONCE(device->spawn->queue[index].ready, 0);
	WRITE_ONCE(device->spawn->queue[index].call, 0);
	multikernel_vector_free(queue->call);
	queue->call = NULL;
	use_queue(queue, NULL);
	vring_del_virtqueue(virtqueue);
}

static void device_del_vqs(struct virtio_device *virtio)
{
	struct spawn_device *device = of(virtio);
	unsigned int i;

	for (i = 0; i < device->queue_count; i++)
		end_queue(device, i);
	WRITE_ONCE(device->polled, false);
}

/* Queues have numbers in the order in which the driver names them; one without a name has none. */
static int device_find_vqs(struct virtio_device *virtio, unsigned int count,
			   struct virtqueue *found[], MK_QUEUES_WANTED, struct irq_affinity *affinity)
{
	struct spawn_device *device = of(virtio);
	unsigned int i, index = 0;
	int error;

	for (i = 0; i < count; i++) {
		struct mk_queue_wanted wanted = MK_QUEUE_WANTED(i);

		found[i] = NULL;
		if (!wanted.name)
			continue;
		error = begin_queue(device, index, &wanted);
		if (error) {
			device_del_vqs(virtio);
			return error;
		}
		found[i] = device->queue[index++].virtqueue;
	}
	return 0;
}

static const struct virtio_config_ops operations = {
	.get = device_get,
	.set = device_set,
	.generation = device_generation,
	.get_status = device_get_status,
	.set_status = device_set_status,
	.reset = device_reset,
	.find_vqs = device_find_vqs,
	.del_vqs = device_del_vqs,
	.get_features = device_get_features,
	.finalize_features = device_finalize_features,
	.bus_name = device_bus_name,
};

static void device_free(struct kref *references)
{
	kfree(container_of(references, struct spawn_device, references));
}

void spawn_device_get(struct spawn_device *device)
{
	kref_get(&device->references);
}

void spawn_device_put(struct spawn_device *device)
{
	kref_put(&device->references, device_free);
}

/* The bus lets go of it. */
static void device_release(struct device *device)
{
	spawn_device_put(of(dev_to_virtio(device)));
}

static int read_host_page(struct spawn_device *device)
{
	const struct mk_device_host *host = device->host;
	u32 i;

	device->virtio.id.device = READ_ONCE(host->virtio_id);
	device->queue_count = READ_ONCE(host->queue_count);
	device->config_size = READ_ONCE(host->config_size);
	device->config_generation = READ_ONCE(host->config_generation);
	memcpy(device->name, host->name, sizeof(device->name) - 1);
	if (device->queue_count > MK_DEVICE_QUEUES || device->config_size > MK_DEVICE_CONFIG)
		return -EINVAL;
	for (i = 0; i < device->queue_count; i++) {
		device->queue[i].device = device;
		device->queue[i].size_max = READ_ONCE(host->queue[i].size_max);
		if (device->queue[i].size_max > MK_DEVICE_QUEUE_SIZE_MAX ||
		    !is_power_of_2(device->queue[i].size_max))
			return -EINVAL;
	}
	return 0;
}

/* From now on the host takes our page for one about this device; the count of requests goes on. */
static void claim(struct spawn_device *device)
{
	struct mk_device_spawn *spawn = device->spawn;

	WRITE_ONCE(spawn->generation, 0);
	smp_wmb();
	WRITE_ONCE(spawn->status, 0);
	memset(spawn->features, 0, sizeof(spawn->features));
	memset(spawn->queue, 0, sizeof(spawn->queue));
	smp_store_release(&spawn->generation, device->generation);
}

struct spawn_device *spawn_device_new(struct mk_device_host *host, struct mk_device_spawn *spawn)
{
	u32 generation = smp_load_acquire(&host->generation);
	struct spawn_device *device;

	if (!generation)
		return NULL;
	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return NULL;
	device->host = host;
	device->spawn = spawn;
	device->generation = generation;
	device->virtio.id.vendor = VENDOR;
	device->virtio.config = &operations;
	device->virtio.dev.parent = multikernel_devices_parent();
	device->virtio.dev.release = device_release;
	kref_init(&device->references);
	mutex_init(&device->request_lock);
	init_completion(&device->rung);
	spin_lock_init(&device->queues_lock);
	if (read_host_page(device)) {
		pr_err("device \"%s\": what the host says of it makes no sense\n", device->name);
		kfree(device);
		return NULL;
	}
	claim(device);
	return device;
}

int spawn_device_add(struct spawn_device *device)
{
	int error;

	spawn_device_get(device);	/* the bus's */
	error = register_virtio_device(&device->virtio);
	if (error) {
		pr_err("device \"%s\": cannot be put on the bus, error %d\n", device->name, error);
		put_device(&device->virtio.dev);
		return error;
	}
	pr_info("device \"%s\" is %s, of kind %u\n", device->name, dev_name(&device->virtio.dev),
		device->virtio.id.device);
	WRITE_ONCE(device->added, true);
	return 0;
}

void spawn_device_remove(struct spawn_device *device)
{
	bool goes = spawn_device_goes(device);

	WRITE_ONCE(device->added, false);
	if (spawn_device_is_gone(device))
		virtio_break_device(&device->virtio);
	unregister_virtio_device(&device->virtio);
	if (goes)
		pr_info("device \"%s\" is gone\n", device->name);
	WRITE_ONCE(device->spawn->generation, 0);
}

static bool config_has_changed(const struct spawn_device *device)
{
	return READ_ONCE(device->added) &&
	       READ_ONCE(device->host->config_generation) != READ_ONCE(device->config_generation);
}

static bool host_has_broken_it(const struct spawn_device *device)
{
	return READ_ONCE(device->added) && !READ_ONCE(device->broken) &&
	       READ_ONCE(device->host->status) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

bool spawn_device_rung(struct spawn_device *device)
{
	if (READ_ONCE(device->waits))
		complete(&device->rung);
	return READ_ONCE(device->polled) || config_has_changed(device) || host_has_broken_it(device);
}

static void look_at_queues(struct spawn_device *device)
{
	u32 i;

	spin_lock_bh(&device->queues_lock);
	for (i = 0; i < device->queue_count; i++)
		if (device->queue[i].virtqueue && !device->queue[i].call)
			vring_interrupt(0, device->queue[i].virtqueue);
	spin_unlock_bh(&device->queues_lock);
}

void spawn_device_look(struct spawn_device *device)
{
	if (host_has_broken_it(device) && !spawn_device_is_gone(device)) {
		mutex_lock(&device->request_lock);
		give_up(device, "the host says that it is broken");
		mutex_unlock(&device->request_lock);
	}
	if (config_has_changed(device)) {
		WRITE_ONCE(device->config_generation, READ_ONCE(device->host->config_generation));
		virtio_config_changed(&device->virtio);
	}
	if (READ_ONCE(device->polled))
		look_at_queues(device);
}
