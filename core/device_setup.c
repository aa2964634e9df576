// SPDX-License-Identifier: GPL-2.0-only
/* What may be offered, which step may follow which, and where queues may be. */
#include "device_setup.h"

#define DESCRIPTOR_BYTES 16
#define RING_HEADER 6	/* flags, index, and the event index at the end (virtio 1.2, 2.7.6 and 2.7.8) */
#define AVAILABLE_BYTES 2
#define USED_BYTES 8
#define EVENT_BYTES 4	/* event suppression of a packed ring (2.8.14) */

/* Features that no driver of a spawn can use, or that we do not do. */
static const struct {
	u32 bit;
	const char *why;
} never_offered[] = {
	{ MK_VIRTIO_F_ACCESS_PLATFORM, "addresses are physical ones, with no IOMMU between" },
	{ MK_VIRTIO_F_ORDER_PLATFORM, "both sides are CPUs of one machine" },
	{ MK_VIRTIO_F_SR_IOV, "there is no PCI device" },
	{ MK_VIRTIO_F_NOTIFICATION_DATA, "a kick is an interrupt and has no room for data" },
	{ MK_VIRTIO_F_RING_RESET, "queues are reset together" },
};

static bool has_feature(const __u64 *features, u32 bit)
{
	return features[bit / 64] >> bit % 64 & 1;
}

/* Are all of @some among @all? */
static bool are_among(const __u64 *some, const __u64 *all)
{
	return !(some[0] & ~all[0]) && !(some[1] & ~all[1]);
}

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static int check_name(const char *name, struct mk_reason *why)
{
	u32 i;

	for (i = 0; i < MK_DEVICE_NAME && name[i]; i++)
		if (!is_name_character(name[i]))
			return mk_refuse(why, -EINVAL,
					 "device: its name has a character that is none of letters, digits, '-', '_' and '.'");
	if (!i)
		return mk_refuse(why, -EINVAL, "device: it has no name");
	if (i == MK_DEVICE_NAME)
		return mk_refuse(why, -EINVAL, "device: its name has more than %u characters",
				 MK_DEVICE_NAME - 1);
	return 0;
}

static int check_features(const struct multikernel_attach *attach, struct mk_reason *why)
{
	u32 i;

	if (!has_feature(attach->features, MK_VIRTIO_F_VERSION_1))
		return mk_refuse(why, -EINVAL, "device \"%s\": feature bit %u (VERSION_1) must be offered",
				 attach->name, MK_VIRTIO_F_VERSION_1);
	for (i = 0; i < ARRAY_SIZE(never_offered); i++)
		if (has_feature(attach->features, never_offered[i].bit))
			return mk_refuse(why, -EINVAL,
					 "device \"%s\": feature bit %u cannot be offered: %s",
					 attach->name, never_offered[i].bit, never_offered[i].why);
	return 0;
}

static bool is_power_of_two(u32 number)
{
	return number && !(number & (number - 1));
}

static int check_sizes(const struct multikernel_attach *attach, struct mk_reason *why)
{
	if (!attach->queue_count || attach->queue_count > MK_DEVICE_QUEUES)
		return mk_refuse(why, -EINVAL, "device \"%s\": it has %u queues, not 1 to %u",
				 attach->name, attach->queue_count, MK_DEVICE_QUEUES);
	if (attach->queue_size < 2 || attach->queue_size > MK_DEVICE_QUEUE_SIZE_MAX ||
	    !is_power_of_two(attach->queue_size))
		return mk_refuse(why, -EINVAL,
				 "device \"%s\": its queues have %u descriptors, not a power of two from 2 to %u",
				 attach->name, attach->queue_size, MK_DEVICE_QUEUE_SIZE_MAX);
	if (attach->config_size > MK_DEVICE_CONFIG)
		return mk_refuse(why, -EINVAL,
				 "device \"%s\": its configuration space has %u bytes, at most %u are taken",
				 attach->name, attach->config_size, MK_DEVICE_CONFIG);
	return 0;
}

int mk_device_check_attach(const struct multikernel_attach *attach, struct mk_reason *why)
{
	int error = check_name(attach->name, why);

	if (error)
		return error;
	if (!attach->virtio_id)
		return mk_refuse(why, -EINVAL, "device \"%s\": 0 is no kind of virtio device",
				 attach->name);
	error = check_features(attach, why);
	return error ? error : check_sizes(attach, why);
}

void mk_device_take_offer(struct mk_device_offer *offer, const struct multikernel_attach *attach)
{
	*offer = (struct mk_device_offer){
		.virtio_id = attach->virtio_id,
		.features = { attach->features[0], attach->features[1] },
		.queue_count = attach->queue_count,
		.queue_size = attach->queue_size,
		.config_size = attach->config_size,
	};
}

static int refuse_other(const struct multikernel_attach *attach, const char *what,
			struct mk_reason *why)
{
	return mk_refuse(why, -EEXIST, "device \"%s\": it is there already, with %s", attach->name, what);
}

int mk_device_check_again(const struct mk_device_offer *offer,
			  const struct multikernel_attach *attach, struct mk_reason *why)
{
	if (attach->virtio_id != offer->virtio_id)
		return refuse_other(attach, "another kind of virtio device", why);
	if (attach->queue_count != offer->queue_count)
		return refuse_other(attach, "another number of queues", why);
	if (attach->queue_size != offer->queue_size)
		return refuse_other(attach, "another size of queues", why);
	if (attach->config_size != offer->config_size)
		return refuse_other(attach, "another size of configuration space", why);
	if (!are_among(offer->features, attach->features))
		return refuse_other(attach, "features that are not offered now", why);
	return 0;
}

int mk_device_regions(struct mk_ranges *regions, const struct mk_ranges *memory,
		      const struct mk_range *area)
{
	int error = 0;
	u32 i;

	/* Of one kind, so that neighbours become one. */
	for (i = 0; i < memory->count && !error; i++)
		error = mk_ranges_add(regions, &(struct mk_range){
			.start = memory->range[i].start,
			.size = memory->range[i].size,
			.node = MK_ANY_NODE,
		});
	return error ? error : mk_ranges_remove(regions, area->start, area->size);
}

/* Wholly in one region, at a border of @alignment. */
static bool may_be(u64 address, u64 size, u64 alignment, const struct mk_ranges *regions)
{
	return address % alignment == 0 && mk_ranges_find(regions, address, size);
}

/* Sizes and alignments: virtio 1.2, 2.7 for split rings and 2.8.10 for packed ones. */
static bool queue_may_be(const struct mk_device_spawn_queue *queue, bool packed,
			 const struct mk_ranges *regions)
{
	u64 size = queue->size;

	if (!may_be(queue->descriptors, DESCRIPTOR_BYTES * size, 16, regions))
		return false;
	if (packed)
		return may_be(queue->driver, EVENT_BYTES, 4, regions) &&
		       may_be(queue->device, EVENT_BYTES, 4, regions);
	return may_be(queue->driver, RING_HEADER + AVAILABLE_BYTES * size, 2, regions) &&
	       may_be(queue->device, RING_HEADER + USED_BYTES * size, 4, regions);
}

static int take_queue(struct mk_device_setup *setup, u32 index,
		      const struct mk_device_spawn_queue *queue,
		      const struct mk_device_offer *offer, const struct mk_ranges *regions,
		      struct mk_reason *why)
{
	bool packed = has_feature(setup->features, MK_VIRTIO_F_RING_PACKED);

	setup->queue[index] = (struct mk_device_queue){};
	if (!queue->ready)
		return 0;
	if (queue->ready != 1)
		return mk_refuse(why, -EINVAL, "queue %u: ready is 0x%x, neither 0 nor 1", index,
				 queue->ready);
	if (queue->size > offer->queue_size || !is_power_of_two(queue->size))
		return mk_refuse(why, -EINVAL,
				 "queue %u: its %u descriptors are not a power of two of at most %u", index,
				 queue->size, offer->queue_size);
	if (!queue_may_be(queue, packed, regions))
		return mk_refuse(why, -EINVAL,
				 "queue %u: 0x%llx, 0x%llx, 0x%llx are not aligned, or do not lie in its kernel's memory",
				 index, (unsigned long long)queue->descriptors,
				 (unsigned long long)queue->driver, (unsigned long long)queue->device);
	setup->queue[index] = (struct mk_device_queue){
		.descriptors = queue->descriptors,
		.driver = queue->driver,
		.device = queue->device,
		.size = queue->size,
		.ready = true,
	};
	return 0;
}

static int take_queues(struct mk_device_setup *setup, const struct mk_device_spawn *page,
		       const struct mk_device_offer *offer, const struct mk_ranges *regions,
		       struct mk_reason *why)
{
	int error = 0;
	u32 i;

	if (memcmp(page->features, setup->features, sizeof(setup->features)))
		return mk_refuse(why, -EINVAL, "other features are wanted than those agreed upon");
	for (i = 0; i < offer->queue_count && !error; i++)
		error = take_queue(setup, i, &page->queue[i], offer, regions, why);
	return error;
}

static int take_features(struct mk_device_setup *setup, const struct mk_device_spawn *page,
			 const struct mk_device_offer *offer, struct mk_reason *why)
{
	if (!are_among(page->features, offer->features))
		return mk_refuse(why, -EINVAL, "features 0x%llx, 0x%llx are wanted of 0x%llx, 0x%llx",
				 (unsigned long long)page->features[0],
				 (unsigned long long)page->features[1],
				 (unsigned long long)offer->features[0],
				 (unsigned long long)offer->features[1]);
	if (!has_feature(page->features, MK_VIRTIO_F_VERSION_1))
		return mk_refuse(why, -EINVAL, "its driver does not know virtio 1.0");
	setup->features[0] = page->features[0];
	setup->features[1] = page->features[1];
	return 0;
}

/* Which steps may follow, each as a bit; a step may be asked for again. */
#define TO(step) (1 << MK_DEVICE_##step)
static const u8 may_follow[MK_DEVICE_STEPS] = {
	[MK_DEVICE_RESET] = TO(RESET) | TO(ACKNOWLEDGED),
	[MK_DEVICE_ACKNOWLEDGED] = TO(RESET) | TO(ACKNOWLEDGED) | TO(DRIVER) | TO(FAILED),
	[MK_DEVICE_DRIVER] = TO(RESET) | TO(DRIVER) | TO(AGREED) | TO(FAILED),
	[MK_DEVICE_AGREED] = TO(RESET) | TO(AGREED) | TO(RUNNING) | TO(FAILED),
	[MK_DEVICE_RUNNING] = TO(RESET) | TO(RUNNING) | TO(FAILED),
	[MK_DEVICE_FAILED] = TO(RESET) | TO(FAILED),
	[MK_DEVICE_BROKEN] = TO(RESET),
};

static const struct {
	u32 status;
	const char *name;
} steps[MK_DEVICE_STEPS] = {
	[MK_DEVICE_RESET] = { 0, "reset" },
	[MK_DEVICE_ACKNOWLEDGED] = { MK_VIRTIO_ACKNOWLEDGE, "acknowledged" },
	[MK_DEVICE_DRIVER] = { MK_VIRTIO_ACKNOWLEDGE | MK_VIRTIO_DRIVER, "driver" },
	[MK_DEVICE_AGREED] = { MK_VIRTIO_ACKNOWLEDGE | MK_VIRTIO_DRIVER | MK_VIRTIO_FEATURES_OK,
			       "features-ok" },
	[MK_DEVICE_RUNNING] = { MK_VIRTIO_ACKNOWLEDGE | MK_VIRTIO_DRIVER | MK_VIRTIO_FEATURES_OK |
				MK_VIRTIO_DRIVER_OK, "running" },
	[MK_DEVICE_FAILED] = { MK_VIRTIO_ACKNOWLEDGE | MK_VIRTIO_DRIVER | MK_VIRTIO_FAILED, "failed" },
	[MK_DEVICE_BROKEN] = { MK_VIRTIO_ACKNOWLEDGE | MK_VIRTIO_DRIVER | MK_VIRTIO_NEEDS_RESET,
			       "broken" },
};

u32 mk_device_status(enum mk_device_step step)
{
	return (unsigned int)step < MK_DEVICE_STEPS ? steps[step].status : MK_VIRTIO_NEEDS_RESET;
}

const char *mk_device_step_name(enum mk_device_step step)
{
	return (unsigned int)step < MK_DEVICE_STEPS ? steps[step].name : "unknown";
}

/* The step that a status means; MK_DEVICE_STEPS for none. Whoever gives up may leave any bits. */
static enum mk_device_step step_of(u32 status)
{
	enum mk_device_step step;

	if (status & MK_VIRTIO_FAILED)
		return MK_DEVICE_FAILED;
	for (step = MK_DEVICE_RESET; step <= MK_DEVICE_RUNNING; step++)
		if (steps[step].status == status)
			return step;
	return MK_DEVICE_STEPS;
}

int mk_device_request(struct mk_device_setup *setup, const struct mk_device_spawn *page,
		      const struct mk_device_offer *offer, const struct mk_ranges *regions,
		      struct mk_reason *why)
{
	enum mk_device_step to = step_of(page->status);
	int error = 0;

	if (!(may_follow[setup->step] >> to & 1))
		return mk_refuse(why, -EINVAL, "status 0x%x is wanted, which does not follow 0x%x (%s)",
				 page->status, mk_device_status(setup->step),
				 mk_device_step_name(setup->step));
	if (to == setup->step)
		return 0;
	if (to == MK_DEVICE_AGREED)
		error = take_features(setup, page, offer, why);
	if (to == MK_DEVICE_RUNNING) {
		error = take_queues(setup, page, offer, regions, why);
		if (error)
			setup->step = MK_DEVICE_BROKEN;
	}
	if (!error)
		setup->step = to;
	return error;
}
