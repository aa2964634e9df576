/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module shows of an instance's virtio devices, read. */
#ifndef MKCTL_DEVICE_LIST_H
#define MKCTL_DEVICE_LIST_H

#include "device_table.h"
#include "origin.h"
#include "port.h"

#define DEVICE_WORD 32

/**
 * struct device - a line of the instance's file "devices"
 * @slot:   in the device table
 * @name:   by the operator
 * @id:     kind, as virtio counts them
 * @step:   how far the driver has come
 * @served: someone serves it
 * @kicks:  times that the spawn has called the engine
 * @calls:  times that the engine has called the spawn
 * @engine: who serves it, as the process says that knows; "" where none says
 * @from:   what it is served from, likewise
 * @bytes_known: @sent and @received are
 * @sent:   bytes by the spawn: sent, or written
 * @received: bytes by the spawn: received, or read
 */
struct device {
	u32 slot;
	char name[MK_DEVICE_NAME];
	u32 id;
	char step[DEVICE_WORD];
	bool served;
	unsigned long long kicks;
	unsigned long long calls;
	char engine[DEVICE_WORD];
	char from[ORIGIN_WORDS];
	bool bytes_known;
	unsigned long long sent;
	unsigned long long received;
};

struct devices {
	struct device device[MK_DEVICE_SLOTS];
	u32 count;
};

/* Those of the instance of that name; returns an exit code, with the reason on stderr. */
int devices_read(struct devices *list, const char *name);

/* Has those who serve these devices say how: the members of each from @engine on. */
void devices_ask(struct devices *list, const char *name);

/**
 * device_ask_origin - from what a device is served, as the process says that serves it
 * @instance:    its name
 * @device:      the device's
 * @origin:      receives it
 * @replaceable: receives whether mkctl boot may have it taken away
 *
 * Return: 0 or a negative errno: -EPROTO where it does not know the question.
 */
int device_ask_origin(const char *instance, const char *device, struct origin *origin, bool *replaceable);

/* The kind, as mkio names it, or a number of virtio's in @number. */
const char *device_kind(const struct device *device, char number[DEVICE_WORD]);

#endif
