// SPDX-License-Identifier: GPL-2.0-only
/*
 * A spawn's page of the device table, of any bytes, request after request (mk_device_request()); and
 * what a front end offers (mk_device_check_attach()). Whatever a driver says, a queue that is taken
 * lies wholly in one region and is of a size that was offered, features are among those offered, and
 * a step comes only after those before it.
 *
 * The input: a byte that says which; an attachment; or a byte for the size of queues and for where it
 * begins, and steps: a byte of what is repaired, so that more than nonsense comes through, and a page.
 */
#include "device_setup.h"
#include "fuzz.h"

#define FIRST 0x100000000ULL
#define SECOND 0x200000000ULL
#define REGION 0x10000ULL
#define QUEUES 2

enum repair { REPAIR_STATUS = 1, REPAIR_FEATURES = 2, REPAIR_QUEUES = 4 };

static struct mk_range region[] = {
	{ .start = FIRST, .size = REGION }, { .start = SECOND, .size = REGION },
};
static const struct mk_ranges regions = { .range = region, .count = 2, .capacity = 2 };

static void check_attach(const u8 *data, size_t size)
{
	struct multikernel_attach attach = {};
	struct mk_reason why = {};

	memcpy(&attach, data, size < sizeof(attach) ? size : sizeof(attach));
	if (mk_device_check_attach(&attach, &why)) {
		MUST(is_sentence(why.text), "a sentence");
		return;
	}
	MUST(attach.queue_count >= 1 && attach.queue_count <= MK_DEVICE_QUEUES, "queues");
	MUST(attach.queue_size >= 2 && attach.queue_size <= MK_DEVICE_QUEUE_SIZE_MAX &&
	     __builtin_popcount(attach.queue_size) == 1, "their size");
	MUST(attach.config_size <= MK_DEVICE_CONFIG, "configuration space");
	MUST(memchr(attach.name, '\0', MK_DEVICE_NAME) && attach.name[0], "name");
}

static bool is_inside(u64 address, u64 bytes)
{
	u64 start = address >= SECOND ? SECOND : FIRST;

	return address >= start && address - start < REGION && bytes <= REGION - (address - start);
}

static void check_queue(const struct mk_device_queue *queue, bool packed, u32 most)
{
	if (!queue->ready)
		return;
	MUST(queue->size && queue->size <= most && __builtin_popcount(queue->size) == 1, "size");
	MUST(queue->descriptors % 16 == 0 && is_inside(queue->descriptors, 16ULL * queue->size), "table");
	MUST(queue->driver % 2 == 0 && is_inside(queue->driver, packed ? 4 : 6 + 2ULL * queue->size), "driver's");
	MUST(queue->device % 4 == 0 && is_inside(queue->device, packed ? 4 : 6 + 8ULL * queue->size), "device's");
}

static void check_setup(const struct mk_device_setup *setup, const struct mk_device_offer *offer)
{
	bool packed = setup->features[0] >> MK_VIRTIO_F_RING_PACKED & 1;
	u32 i;

	if (setup->step != MK_DEVICE_AGREED && setup->step != MK_DEVICE_RUNNING)
		return;
	MUST(!(setup->features[0] & ~offer->features[0]) && !(setup->features[1] & ~offer->features[1]),
	     "features that are offered");
	MUST(setup->features[0] >> MK_VIRTIO_F_VERSION_1 & 1, "virtio 1.0");
	for (i = 0; setup->step == MK_DEVICE_RUNNING && i < MK_DEVICE_QUEUES; i++) {
		MUST(i < offer->queue_count || !setup->queue[i].ready, "a queue that is there");
		check_queue(&setup->queue[i], packed, offer->queue_size);
	}
}

/* Aligned, and not far from where a region begins or ends. */
static u64 repair_address(u64 address, u64 alignment)
{
	u64 border = (address & 1 ? SECOND : FIRST) + (address & 2 ? REGION : 0);
	u64 distance = (address >> 8) % 256 * alignment;

	return address & 4 ? border + distance : border - distance;
}

static void repair(struct mk_device_spawn *page, const struct mk_device_setup *setup,
		   const struct mk_device_offer *offer, u8 how)
{
	u32 i;

	if (how & REPAIR_STATUS)
		page->status = mk_device_status(setup->step < MK_DEVICE_RUNNING ? setup->step + 1 : MK_DEVICE_RESET);
	if (how & REPAIR_FEATURES) {
		for (i = 0; i < 2; i++)
			page->features[i] = setup->step == MK_DEVICE_AGREED ? setup->features[i] :
				page->features[i] & offer->features[i];
		page->features[0] |= 1ULL << MK_VIRTIO_F_VERSION_1;
	}
	for (i = 0; how & REPAIR_QUEUES && i < QUEUES; i++) {
		page->queue[i].descriptors = repair_address(page->queue[i].descriptors, 16);
		page->queue[i].driver = repair_address(page->queue[i].driver, 2);
		page->queue[i].device = repair_address(page->queue[i].device, 4);
		page->queue[i].size = 1U << page->queue[i].size % 12;
		page->queue[i].ready &= 1;
	}
}

static void check_requests(const u8 *data, size_t size)
{
	const size_t step_bytes = 1 + offsetof(struct mk_device_spawn, queue) +
				  QUEUES * sizeof(struct mk_device_spawn_queue);
	struct mk_device_offer offer = {
		.features = { 1ULL << MK_VIRTIO_F_VERSION_1 | 1ULL << MK_VIRTIO_F_RING_PACKED | 0xff, 1 },
		.queue_count = QUEUES, .queue_size = 1U << data[0] % 11,
	};
	struct mk_device_setup setup = {
		.step = data[0] & 0x10 ? MK_DEVICE_AGREED : MK_DEVICE_RESET,
		.features = { offer.features[0] & ~(data[0] & 0x20 ? 1ULL << MK_VIRTIO_F_RING_PACKED : 0) },
	};
	struct mk_device_spawn page;
	struct mk_reason why;
	enum mk_device_step before;
	int error;

	for (data++, size--; size >= step_bytes; data += step_bytes, size -= step_bytes) {
		memset(&page, 0xff, sizeof(page));
		memcpy(&page, data + 1, step_bytes - 1);
		repair(&page, &setup, &offer, data[0]);
		before = setup.step;
		why.text[0] = '\0';
		error = mk_device_request(&setup, &page, &offer, &regions, &why);
		MUST(!error == !why.text[0], "a sentence for a refusal");
		MUST(!error || is_sentence(why.text), "a sentence");
		MUST(!error || setup.step == before || setup.step == MK_DEVICE_BROKEN, "no step");
		MUST(error || setup.step > MK_DEVICE_RUNNING || setup.step <= before + 1, "one step");
		check_setup(&setup, &offer);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] & 1)
		check_attach(data + 1, size - 1);
	else
		check_requests(data + 1, size - 1);
	return 0;
}
