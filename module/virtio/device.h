/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One virtio device of a spawn: a slot of the device table (include/device_table.h) as a device on
 * the stock virtio bus.
 */
#ifndef MK_MODULE_VIRTIO_DEVICE_H
#define MK_MODULE_VIRTIO_DEVICE_H

#include <linux/types.h>

struct mk_device_host;
struct mk_device_spawn;
struct spawn_device;

/**
 * spawn_device_new - take up the device that a slot offers; it is not on the bus yet
 * @host:  the slot's first page
 * @spawn: its second page
 *
 * Context: process.
 * Return: the device with one reference; NULL when there is none in the slot or it cannot be used,
 * which is told in the log.
 */
struct spawn_device *spawn_device_new(struct mk_device_host *host, struct mk_device_spawn *spawn);

/* References, by which a device outlives its place on the bus. Context: any. */
void spawn_device_get(struct spawn_device *device);
void spawn_device_put(struct spawn_device *device);

/**
 * spawn_device_add - put it on the bus; a driver takes it
 * @device: from spawn_device_new()
 *
 * Context: process; sleeps for as long as the driver does.
 * Return: 0 or what the bus says.
 */
int spawn_device_add(struct spawn_device *device);

/* Takes it off the bus; its driver resets it. Context: process; sleeps for as long as the driver does. */
void spawn_device_remove(struct spawn_device *device);

/* Has the host put something else in its place, or nothing? Context: any. */
bool spawn_device_is_gone(const struct spawn_device *device);

/* Is it gone, or has the host asked to let go of it? Context: any. */
bool spawn_device_goes(const struct spawn_device *device);

/*
 * The host rang: wakes who waits for an answer. Return: whether there is more to see, by
 * spawn_device_look(). Context: any, hard interrupts too.
 */
bool spawn_device_rung(struct spawn_device *device);

/*
 * Sees whether the host has changed the configuration, broken the device, or used buffers of queues
 * that it cannot interrupt for. Context: process.
 */
void spawn_device_look(struct spawn_device *device);

#endif
