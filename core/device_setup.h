/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may stand in the device table (include/device_table.h): what a front end may offer, and how
 * a spawn's driver may set it up. The pages that a spawn writes are hostile, and engines do not look
 * well at where queues are; so this is what keeps an engine within the spawn's memory.
 *
 * Bits and steps are those of OASIS virtio 1.2: status 2.1, features 2.2 and 6, queues 2.7 and 2.8.
 */
#ifndef MK_CORE_DEVICE_SETUP_H
#define MK_CORE_DEVICE_SETUP_H

#include "../include/device_table.h"
#include "../include/multikernel_io.h"
#include "port.h"
#include "ranges.h"
#include "reason.h"

#define MK_DEVICE_REGIONS_MAX (MK_INSTANCE_RANGES_MAX + 1)

/* Status bits (virtio 1.2, 2.1), and feature bits (6) that concern the transport. */
#define MK_VIRTIO_ACKNOWLEDGE 0x01
#define MK_VIRTIO_DRIVER 0x02
#define MK_VIRTIO_DRIVER_OK 0x04
#define MK_VIRTIO_FEATURES_OK 0x08
#define MK_VIRTIO_NEEDS_RESET 0x40
#define MK_VIRTIO_FAILED 0x80
#define MK_VIRTIO_F_VERSION_1 32
#define MK_VIRTIO_F_ACCESS_PLATFORM 33
#define MK_VIRTIO_F_RING_PACKED 34
#define MK_VIRTIO_F_ORDER_PLATFORM 36
#define MK_VIRTIO_F_SR_IOV 37
#define MK_VIRTIO_F_NOTIFICATION_DATA 38
#define MK_VIRTIO_F_RING_RESET 40

/* How far a driver is. The first five come one after the other. */
enum mk_device_step {
	MK_DEVICE_RESET,
	MK_DEVICE_ACKNOWLEDGED,
	MK_DEVICE_DRIVER,	/* there is one */
	MK_DEVICE_AGREED,	/* upon features */
	MK_DEVICE_RUNNING,
	MK_DEVICE_FAILED,	/* the driver gave up */
	MK_DEVICE_BROKEN,	/* the host did: the device needs a reset */
	MK_DEVICE_STEPS
};

/**
 * struct mk_device_offer - what is offered
 * @virtio_id:   kind of device
 * @features:    feature bits
 * @queue_count: queues
 * @queue_size:  descriptors of each at most, a power of two
 * @config_size: bytes of configuration space
 */
struct mk_device_offer {
	u32 virtio_id;
	__u64 features[2];
	u32 queue_count;
	u32 queue_size;
	u32 config_size;
};

/**
 * struct mk_device_queue - a queue whose place has been checked
 * @descriptors: physical address, wholly in one region as the next two
 * @driver:      see struct mk_device_spawn_queue
 * @device:      the same
 * @size:        descriptors
 * @ready:       it is in use; all else counts only then
 */
struct mk_device_queue {
	u64 descriptors;
	u64 driver;
	u64 device;
	u32 size;
	bool ready;
};

/**
 * struct mk_device_setup - what has been found right of all that a driver has said
 * @step:     how far it is
 * @features: agreed upon; from MK_DEVICE_AGREED on
 * @queue:    from MK_DEVICE_RUNNING on
 */
struct mk_device_setup {
	enum mk_device_step step;
	__u64 features[2];
	struct mk_device_queue queue[MK_DEVICE_QUEUES];
};

/**
 * mk_device_check_attach - may this be offered?
 * @attach: as the front end has it
 * @why:    the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0 or -EINVAL.
 */
int mk_device_check_attach(const struct multikernel_attach *attach, struct mk_reason *why);

/* What @attach, which has been checked, offers. */
void mk_device_take_offer(struct mk_device_offer *offer, const struct multikernel_attach *attach);

/**
 * mk_device_check_again - may this front end take up a device that is there?
 * @offer:  what was offered, and what a driver may rely on
 * @attach: checked
 * @why:    the sentence, when refused
 *
 * Context: any; pure.
 * Return: 0 or -EEXIST: it is another device of the same name.
 */
int mk_device_check_again(const struct mk_device_offer *offer,
			  const struct multikernel_attach *attach, struct mk_reason *why);

/**
 * mk_device_regions - which memory a driver's buffers and queues may be in
 * @regions: receives it, adjacent ranges as one; empty, with capacity for MK_DEVICE_REGIONS_MAX
 * @memory:  the instance's
 * @area:    what of it is no driver's: shared area and ACPI tables
 *
 * Context: any; pure.
 * Return: 0 or an error of core/ranges.h, which the ranges of an instance never give.
 */
int mk_device_regions(struct mk_ranges *regions, const struct mk_ranges *memory,
		      const struct mk_range *area);

/**
 * mk_device_request - judge a request and carry it out
 * @setup:   what was found right so far; the step that follows, with what it brings
 * @page:    a copy of the spawn's page
 * @offer:   what is offered
 * @regions: from mk_device_regions()
 * @why:     the sentence, when not all is as asked
 *
 * A step that is not the next, or features that are not offered: the step stays as it is. Queues
 * that may not be: the device is broken.
 *
 * Context: any; pure.
 * Return: 0, or -EINVAL with a sentence.
 */
int mk_device_request(struct mk_device_setup *setup, const struct mk_device_spawn *page,
		      const struct mk_device_offer *offer, const struct mk_ranges *regions,
		      struct mk_reason *why);

/* The status that is published for a step. Context: any; pure. */
u32 mk_device_status(enum mk_device_step step);

/* Its name, a word for people and programs; "unknown" for what is no step. Context: any; pure. */
const char *mk_device_step_name(enum mk_device_step step);

#endif
