/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of a device: attached once, served by an engine each time a driver has set it up. */
#ifndef MKIO_LIFE_H
#define MKIO_LIFE_H

#include "attachment.h"
#include "control.h"
#include "origin.h"

struct device;

/**
 * enum engine_end - how an engine has stopped
 * @ENGINE_FINISHED: it has finished what it worked on
 * @ENGINE_FORCED:   it was ended by force
 * @ENGINE_HOLDS:    it could not be, or is another's: it may still touch the spawn's memory
 */
enum engine_end { ENGINE_FINISHED, ENGINE_FORCED, ENGINE_HOLDS };

/**
 * struct engine - what moves the bytes of a device
 * @prepare: learn what can be offered: fills in features, config and config_size; called before the
 *           attachment, and again after each @stop
 * @start:   serve the queues of the device; its memory is mapped. Returns 0, an exit code after the
 *           reason was said, or a negative errno
 * @stop:    nobody touches the spawn's memory when it returns, unless it says so; also called after
 *           a failed @start or @prepare, and then undoes what was done. What it works on it may
 *           finish for so many milliseconds; then it is ended by force
 * @end:     waits for what @stop has left to end by itself; called at the very last, also a second
 *           time; NULL where that is nothing. Returns whether something else has ended it: then
 *           what it worked on is not finished
 * @fd:      what to watch, or -1; NULL for an engine that needs no watching
 * @resize:  give the device so many bytes, while it is served or not. @why receives an empty text, or why
 *           not; NULL for what has no size
 * @describe: @text receives what an operator calls it; where they are known, behind a tab each, the
 *           bytes that the spawn has sent and received; or what vhost_user_describe() has there, for
 *           mkctl to look itself, which may where a process without rights may not
 * @origin:  from what the device is served
 * @ready:   there is something to read there. Returns 0, an exit code after the reason was said, or
 *           -EPIPE when the engine has died
 */
struct engine {
	int (*prepare)(struct device *device);
	int (*start)(struct device *device, u64 features);
	enum engine_end (*stop)(struct device *device, u32 ms);
	bool (*end)(struct device *device);
	int (*fd)(struct device *device);
	int (*ready)(struct device *device);
	void (*resize)(struct device *device, u64 bytes, char why[CONTROL_TEXT]);
	void (*describe)(struct device *device, char text[CONTROL_TEXT]);
	void (*origin)(struct device *device, struct origin *origin);
};

/**
 * struct device - one device of an instance, and who serves it
 * @instance:    its name
 * @serial:      of the instance
 * @name:        the device's, unique in the instance
 * @virtio_id:   kind (linux/virtio_ids.h)
 * @queue_count: queues that the driver finds
 * @served:      queues that the engine serves, the first ones; the others stay still
 * @queue_size:  descriptors in each, at most
 * @features:    virtio features offered, 0 to 63
 * @config:      configuration space
 * @config_size: bytes of it
 * @engine:      what serves it
 * @data:        the engine's own
 * @rights:      capabilities that its engine needs, beside what is open when it is attached
 * @in_order:    the engine uses up buffers in their order, so one that died has lost none
 * @replaceable: mkctl may have it taken away while no kernel uses it
 * @attachment:  the door to the kernel
 * @queue:       the queues in use while @running
 * @running:     the engine has been started
 * @held:        an engine was stopped that may still touch the memory of this life's kernel
 * @leave_until: when it is taken away in any case, clock_ms(); 0 while that is not wanted
 * @control:     where the operator can say something, from control_listen(); negative for nowhere
 */
struct device {
	char instance[MK_NAME_MAX + 1];
	u64 serial;
	const char *name;
	u32 virtio_id;
	u32 queue_count;
	u32 served;
	u32 queue_size;
	u64 features;
	u8 config[MK_DEVICE_CONFIG];
	u32 config_size;
	const struct engine *engine;
	void *data;
	u64 rights;
	bool in_order;
	bool replaceable;
	struct attachment attachment;
	struct queue queue[MK_DEVICE_QUEUES];
	bool running;
	bool held;
	u64 leave_until;
	int control;
};

/*
 * Features that are a matter of the transport and of the ring which may be passed on; all others
 * between bits 24 and 41 are refused by the module, out of date, or need what no engine here has
 * (linux/virtio_config.h, linux/virtio_ring.h).
 */
#define MKIO_RING_FEATURES (1ULL << 28 /* INDIRECT_DESC */ | 1ULL << 29 /* EVENT_IDX */ | \
			    1ULL << 32 /* VERSION_1 */)
#define MKIO_DEVICE_FEATURES 0xffffffULL	/* bits 0 to 23 are the device's own */

/**
 * device_find - which instance a device is for, and how it is called there
 * @device:   instance, serial and name are filled in
 * @id:       receives the instance's id; may be NULL
 * @word:     by what the operator calls it
 * @name:     the device's
 *
 * Return: an exit code, with the reason on stderr.
 */
int device_find(struct device *device, u32 *id, const char *word, const char *name);

/**
 * life_run - attach a device and serve it until it is told to stop, or its instance goes
 * @device: all but @attachment, @queue and what is below them filled in
 *
 * SIGTERM and SIGHUP, where they are not ignored, stop, and leave the device in the spawn for the
 * next one who serves it; SIGINT has the driver there let go of it, and takes it away, a second one
 * at once.
 *
 * Return: an exit code, with the reason on stderr.
 */
int life_run(struct device *device);

#endif
