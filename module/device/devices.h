/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtio devices of an instance, from the host's side: slots of the device table, published to
 * its kernels, served by front ends (front_end.h). A device stays from one kernel to the next, also
 * while nobody serves it.
 */
#ifndef MK_MODULE_DEVICES_H
#define MK_MODULE_DEVICES_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "device/call.h"
#include "device/kick.h"
#include "device_setup.h"
#include "wait_time.h"

struct instance;

/**
 * struct device_slot - a device; allocated once, and as long there as struct devices. All of it
 *                      changes under its lock, what is read without it by WRITE_ONCE()
 * @generation:        which device it is; 0: none. Read anywhere
 * @name:              by the operator
 * @offer:             what is offered
 * @config:            its configuration space
 * @config_generation: changes with it
 * @setup:             what its driver has set up
 * @answered:          the newest request that was answered; read anywhere
 * @asked:             the reset that waits for its front end
 * @resetting:         there is one
 * @reset_time:        how long it waits yet
 * @started:           a driver has set it up, and no reset has been answered since: an engine may be
 *                     at work
 * @abandoned:         the one before left while its engine was at work, and none has begun since
 * @served:            a front end has it
 * @leaving:           its driver was asked to let go of it
 * @event:             the newest one for that
 * @unread:            it has not been read; read anywhere
 * @answer_due:        it is RESET or ENDED, and not answered
 * @files:             its memory files (struct held_file)
 * @kick:              one for each queue
 * @call:              the same
 */
struct device_slot {
	u32 generation;
	char name[MK_DEVICE_NAME];
	struct mk_device_offer offer;
	u8 config[MK_DEVICE_CONFIG];
	u32 config_generation;
	struct mk_device_setup setup;
	u32 answered;
	u32 asked;
	bool resetting;
	struct wait_time reset_time;
	bool started;
	bool abandoned;
	bool served;
	bool leaving;
	struct multikernel_event event;
	bool unread;
	bool answer_due;
	struct list_head files;
	struct kick kick[MK_DEVICE_QUEUES];
	struct call call[MK_DEVICE_QUEUES];
};

/**
 * struct devices - of one instance
 * @references:      the instance's, and each front end's
 * @lock:            guards all else that does not say otherwise; taken under multikernel_lock
 * @instance:        whose; NULL when it has gone
 * @slot:            in the table's order; NULL: never used. Read anywhere
 * @last_generation: of a slot
 * @table:           the device table, from the start of a kernel until it has stopped; changes while
 *                   the watch does not look
 * @running:         its CPUs may be interrupted: from then on, until they are about to be stopped
 * @stop_until:      how long front ends may take to stop after @running, jiffies
 * @regions:         where its drivers may have their buffers, while there is a table
 * @region:          the array of @regions
 * @page:            a copy of what the spawn has written to the slot that is looked at
 * @look:            judges what it has written
 * @news:            counts what those who wait want to know; read anywhere
 * @wait:            they wait here
 */
struct devices {
	struct kref references;
	struct mutex lock;
	struct instance *instance;
	struct device_slot *slot[MK_DEVICE_SLOTS];
	u32 last_generation;
	u8 *table;
	bool running;
	unsigned long stop_until;
	struct mk_ranges regions;
	struct mk_range region[MK_DEVICE_REGIONS_MAX];
	struct mk_device_spawn page;
	struct delayed_work look;
	u32 news;
	wait_queue_head_t wait;
};

int devices_init(void);
void devices_exit(void);

/* The parts of an instance, see struct instance_part. Context: process. */
int devices_add(struct instance *instance);
void devices_remove(struct instance *instance);
int devices_begin(struct instance *instance);
/* Its CPUs are about to be stopped: the front ends are told. */
void devices_before_stop(struct instance *instance);

/*
 * Waits for the front ends that hold memory, until MULTIKERNEL_STOP_MS after they were told; then
 * takes it away from all. Context: process; sleeps, and takes neither multikernel_lock nor the front
 * ends'.
 */
void devices_after_stop(struct instance *instance);

/**
 * devices_check_memory - may a kernel that runs get this memory?
 * @instance: its
 * @range:    of the pool
 * @why:      the sentence, when refused
 *
 * Context: under change_lock.
 * Return: 0 or -EBUSY: a front end has files that do not reach so far.
 */
int devices_check_memory(struct instance *instance, const struct mk_range *range,
			 struct mk_reason *why);

/*
 * The memory of a kernel that runs has changed: drivers may have their buffers in what it has now, and
 * nowhere else, and front ends see no more than that. Context: under multikernel_lock.
 */
void devices_renew_memory(struct instance *instance);

/* How many there are, whoever serves them. Context: any; one may come or go meanwhile. */
u32 devices_count(const struct instance *instance);

/* Context: hard interrupt, while a kernel runs. */
void devices_rung(struct instance *instance);

/* Context: process. */
void devices_get(struct devices *devices);
void devices_put(struct devices *devices);

/**
 * devices_attach - offer a device, or take one up again
 * @devices: where; its lock is held
 * @attach:  checked by mk_device_check_attach()
 * @slot:    receives it
 * @why:     the sentence, when refused
 *
 * Context: process.
 * Return: 0, -EBUSY (somebody serves it), -EEXIST (another device has the name), -ENOSPC, -ENOMEM,
 * -ENODEV.
 */
int devices_attach(struct devices *devices, const struct multikernel_attach *attach,
		   struct device_slot **slot, struct mk_reason *why);

/* Nobody serves it from now on; the device stays. Context: process; the lock is held. */
void devices_leave(struct devices *devices, struct device_slot *slot);

/*
 * The driver is asked to let go of the device, which it does as with one that is pulled in good
 * order: it finishes what it has begun, then resets it. Context: process; the lock is held.
 */
void devices_unplug(struct devices *devices, struct device_slot *slot);

/* The device goes. Context: process; the lock is held. */
void devices_detach(struct devices *devices, struct device_slot *slot);

/* Its configuration space has changed. Context: process; the lock is held. */
void devices_configure(struct devices *devices, struct device_slot *slot, const u8 *config);

/* Its front end serves what a driver has set up. Context: process; the lock is held. */
void devices_started(struct devices *devices, struct device_slot *slot);

/* Its front end has stopped what it was told to. Context: process; the lock is held. */
void devices_stopped(struct devices *devices, struct device_slot *slot);

/* Its front end cannot serve what a driver has set up. Context: process; the lock is held. */
void devices_failed(struct devices *devices, struct device_slot *slot);

/**
 * devices_open_memory - a file of the memory that drivers may have their buffers in
 * @devices: whose; its lock is held
 * @slot:    for whom
 * @index:   which file: there is one
 * @whole:   receives the addresses that it has, unless no kernel runs
 * @file:    receives the file
 *
 * Context: process.
 * Return: 0, -ENODEV (no kernel runs), -ERANGE, or why there can be none.
 */
int devices_open_memory(struct devices *devices, struct device_slot *slot, u32 index,
			struct mk_range *whole, struct file **file);

/* Where the spawn wants to be called for a queue. Context: a kernel runs; the lock is held. */
const u64 *devices_call_place(const struct devices *devices, const struct device_slot *slot,
			      u32 queue);

#endif
