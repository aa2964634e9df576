/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own engines, /dev/vhost-net and /dev/vhost-vsock. */
#ifndef MKIO_VHOST_KERNEL_H
#define MKIO_VHOST_KERNEL_H

#include "life.h"

/**
 * vhost_open - open one, and learn its features
 * @device:   whose it will be; its @features are filled in: those of the engine that may be offered
 * @name:     in /dev
 * @module:   what brings it, for the message
 *
 * Return: a descriptor, or -1 with the reason on stderr.
 */
int vhost_open(struct device *device, const char *name, const char *module);

/**
 * vhost_set_up - tell it the memory and the queues of a device
 * @fd:       as vhost_open() returned it
 * @device:   its memory is mapped, its queues are known
 * @features: what the driver has taken; those that the engine does not know are left out
 *
 * From now on it works for this process. Closing @fd ends that: when close() returns, nothing
 * touches the memory any more (drivers/vhost: release stops and flushes its workers).
 *
 * Return: 0 or a negative errno.
 */
int vhost_set_up(int fd, struct device *device, u64 features);

#endif
