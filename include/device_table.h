/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device table: the part of the shared area (include/control_page.h) in which the host offers
 * virtio devices to a spawn kernel, and the spawn's transport says how its driver has set them up.
 * It is what the registers of a virtio-mmio device are elsewhere (OASIS virtio 1.2, 4.2.2), but
 * plain memory: nothing traps, so what would be an access is a request and an answer.
 *
 * The table has MK_DEVICE_SLOTS slots of two pages each. The first page is written by the host
 * alone, the second by the spawn alone; no word is written by both, since a kernel that runs on one
 * CPU may have patched the lock prefix out of its atomic operations (arch/x86/kernel/alternative.c).
 * To the host all that the spawn wrote is hostile: a page is copied once and then judged
 * (core/device_setup.h), and the host never reads its own page back.
 *
 * Queues lie in the spawn's own memory, and all addresses in them are physical ones. Nobody offers
 * VIRTIO_F_ACCESS_PLATFORM, so the drivers use plain addresses.
 *
 * A request: the spawn fills in its page, then adds 1 to @asked with release order, rings the
 * host's doorbell, and waits until the host's @answered equals it, for MK_DEVICE_ANSWER_MS at most.
 * A kick or a call is an interprocessor interrupt to a place that the other side has published; a
 * place is MK_DEVICE_PLACE(APIC id, vector), 0 for none. Without one the doorbell rings, and who
 * hears it looks at all queues.
 *
 * Both sides are x86-64: fields are little endian and naturally aligned.
 */
#ifndef MULTIKERNEL_DEVICE_TABLE_H
#define MULTIKERNEL_DEVICE_TABLE_H

#include <linux/types.h>

#define MK_DEVICE_SLOTS 16
#define MK_DEVICE_QUEUES 32		/* of one device, at most */
#define MK_DEVICE_QUEUE_SIZE_MAX 1024	/* descriptors of one queue, at most */
#define MK_DEVICE_CONFIG 256		/* bytes of configuration space */
#define MK_DEVICE_NAME 32		/* bytes, the NUL included */
#define MK_DEVICE_PAGE 4096
#define MK_DEVICE_TABLE_SIZE (MK_DEVICE_SLOTS * 2 * MK_DEVICE_PAGE)

#define MK_DEVICE_ANSWER_MS 2000	/* how long the spawn waits for an answer */

#define MK_DEVICE_PLACE(apic_id, vector) ((__u64)(apic_id) << 32 | (__u32)(vector))
#define MK_DEVICE_PLACE_APIC_ID(place) ((__u32)((place) >> 32))
#define MK_DEVICE_PLACE_VECTOR(place) ((__u32)(place))

/**
 * struct mk_device_host_queue - a queue, as the host offers it
 * @size_max: descriptors at most, a power of two
 * @reserved: 0
 * @kick:     where the host wants to be told of new buffers
 */
struct mk_device_host_queue {
	__u32 size_max;
	__u32 reserved;
	__u64 kick;
};

/**
 * struct mk_device_host - a slot's first page
 * @generation:        which device: 0, none; another number than before, another device. Written
 *                     last when a device comes, first when it goes
 * @virtio_id:         kind of device (linux/virtio_ids.h)
 * @features:          bits that are offered, 0 to 63 and 64 to 127
 * @queue_count:       how many of @queue count
 * @config_generation: changes with @config; read before and after it
 * @config_size:       bytes of @config that count
 * @answered:          the last request that was answered
 * @status:            the device's status after it (linux/virtio_config.h): what the spawn asked
 *                     for, or less where that was refused; VIRTIO_CONFIG_S_NEEDS_RESET when it is
 *                     broken
 * @served:            1 while somebody serves the device, 0 while nobody does: then buffers wait
 * @name:              by the operator, NUL terminated
 * @config:            the device's configuration space; the spawn does not write it
 * @queue:             its queues
 * @leaving:           1 when the device is about to go: the driver lets go of it now, while it still
 *                     works. A kernel that does not look finds it gone a little later
 */
struct mk_device_host {
	__u32 generation;
	__u32 virtio_id;
	__u64 features[2];
	__u32 queue_count;
	__u32 config_generation;
	__u32 config_size;
	__u32 answered;
	__u32 status;
	__u32 served;
	char name[MK_DEVICE_NAME];
	__u8 config[MK_DEVICE_CONFIG];
	struct mk_device_host_queue queue[MK_DEVICE_QUEUES];
	__u32 leaving;
};

/**
 * struct mk_device_spawn_queue - a queue, as the spawn's driver has set it up
 * @descriptors: physical address of the descriptor table, or of the packed ring
 * @driver:      of the available ring, or of the driver's event suppression
 * @device:      of the used ring, or of the device's event suppression
 * @call:        where the spawn wants to be told of used buffers
 * @size:        descriptors
 * @ready:       1 when the queue is in use; nothing else of it counts before
 */
struct mk_device_spawn_queue {
	__u64 descriptors;
	__u64 driver;
	__u64 device;
	__u64 call;
	__u32 size;
	__u32 ready;
};

/**
 * struct mk_device_spawn - a slot's second page
 * @generation: the device that all of this is about; the host ignores what is about another one
 * @asked:      counts requests
 * @status:     the status that the driver wants (linux/virtio_config.h); 0 is a reset
 * @reserved:   0
 * @features:   bits that the driver takes
 * @queue:      its queues
 */
struct mk_device_spawn {
	__u32 generation;
	__u32 asked;
	__u32 status;
	__u32 reserved;
	__u64 features[2];
	struct mk_device_spawn_queue queue[MK_DEVICE_QUEUES];
};

#endif
