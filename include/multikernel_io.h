/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program in user space serves a virtio device of an instance: the ioctls of /dev/multikernel
 * beside MULTIKERNEL_CALL (multikernel.h). One open file serves one device. In short:
 *
 *	MULTIKERNEL_ATTACH          the device is there, and stays for the kernel's next lives
 *	poll, read                  an event says that a driver has set the device up (READY)
 *	MULTIKERNEL_MEMORY          a file to map the spawn's memory by; it dies with this life
 *	MULTIKERNEL_QUEUE           where its queues are, checked
 *	MULTIKERNEL_QUEUE_KICK      an eventfd that is signalled when the spawn has buffers
 *	MULTIKERNEL_QUEUE_CALL      an eventfd which, when signalled, interrupts the spawn
 *	MULTIKERNEL_ANSWER          "it runs", or after RESET and ENDED "it has stopped"
 *	close                       the device stays in the spawn, unserved, until someone attaches it
 *	                            again by its name; MULTIKERNEL_DETACH before takes it away.
 *	                            MULTIKERNEL_UNPLUG asks the driver to let go of it first, which
 *	                            ends in a RESET; wait for that, but not for ever
 *
 * Every structure begins with its own size, as struct multikernel_call does, and has @text and
 * @text_size where a sentence says why a call is refused.
 */
#ifndef MULTIKERNEL_IO_H
#define MULTIKERNEL_IO_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "device_table.h"

/**
 * struct multikernel_attach - MULTIKERNEL_ATTACH: offer a device, or take one up again
 * @size:        sizeof(struct multikernel_attach)
 * @virtio_id:   kind of device (linux/virtio_ids.h)
 * @serial:      of the instance, as its file "serial" says
 * @features:    virtio feature bits that the engine offers; VIRTIO_F_VERSION_1 among them, and none
 *               of VIRTIO_F_ACCESS_PLATFORM, _ORDER_PLATFORM, _SR_IOV, _NOTIFICATION_DATA and
 *               _RING_RESET
 * @queue_count: 1 to MK_DEVICE_QUEUES
 * @queue_size:  descriptors of each at most, a power of two, 2 to MK_DEVICE_QUEUE_SIZE_MAX
 * @config_size: bytes of @config that count, up to MK_DEVICE_CONFIG
 * @text_size:   bytes at @text
 * @text:        address of a buffer for the reason of a refusal, or 0
 * @name:        unique in its instance; letters, digits, '-', '_', '.'; NUL terminated
 * @config:      configuration space
 *
 * A name that is there and unserved is taken up again when kind, queue count, queue size and the size
 * of the configuration space are the same and no feature is missing that was offered; else EEXIST.
 */
struct multikernel_attach {
	__u32 size;
	__u32 virtio_id;
	__u64 serial;
	__u64 features[2];
	__u32 queue_count;
	__u32 queue_size;
	__u32 config_size;
	__u32 text_size;
	__u64 text;
	char name[MK_DEVICE_NAME];
	__u8 config[MK_DEVICE_CONFIG];
};

/**
 * struct multikernel_memory - MULTIKERNEL_MEMORY: the spawn's memory as a file
 * @size:  sizeof(struct multikernel_memory)
 * @index: which file, from 0
 * @start: receives a physical address, which is the file's offset 0
 * @bytes: receives the file's size
 * @fd:    receives a file that can be mapped shared, for reading and writing, until this life of
 *         the spawn's kernel ends
 * @count: receives the number of files: 1
 *
 * The file has all addresses of the pool, at any of which the spawn may get memory while it runs, and
 * lose it. A mapping shows what is the spawn's at that moment, and a page of nobody everywhere else; in
 * the end nowhere anything else.
 *
 * ENODEV while no kernel runs, ERANGE when there is no such file (@count is filled in then).
 */
struct multikernel_memory {
	__u32 size;
	__u32 index;
	__u64 start;
	__u64 bytes;
	__s32 fd;
	__u32 count;
};

/**
 * struct multikernel_queue - MULTIKERNEL_QUEUE: how the spawn's driver has set up a queue
 * @size:        sizeof(struct multikernel_queue)
 * @index:       which queue
 * @descriptors: receives the physical address, wholly in the spawn's memory, like the next two; see
 *               struct mk_device_spawn_queue
 * @driver:      see above
 * @device:      see above
 * @queue_size:  receives its descriptors
 * @ready:       receives 1 when it is in use
 * @abandoned:   receives 1 when the front end before this one left without unbinding its kick, as
 *               one that is killed does: buffers that its engine had taken may be lost
 * @reserved:    nobody looks at it
 *
 * EAGAIN when no driver has set the device up.
 */
struct multikernel_queue {
	__u32 size;
	__u32 index;
	__u64 descriptors;
	__u64 driver;
	__u64 device;
	__u32 queue_size;
	__u32 ready;
	__u32 abandoned;
	__u32 reserved;
};

/**
 * struct multikernel_queue_fd - MULTIKERNEL_QUEUE_KICK and MULTIKERNEL_QUEUE_CALL
 * @size:  sizeof(struct multikernel_queue_fd)
 * @index: which queue
 * @fd:    an eventfd, or -1 for none from now on
 * @reserved: 0
 *
 * A kick is signalled once when it is bound while a driver has set the device up, so that none that
 * came before is missed. A call can be bound only then, else EAGAIN. Both are unbound when the
 * driver resets the device, when the kernel ends, and when the file is closed.
 */
struct multikernel_queue_fd {
	__u32 size;
	__u32 index;
	__s32 fd;
	__u32 reserved;
};

/**
 * struct multikernel_config - MULTIKERNEL_CONFIG: new configuration space, and the driver is told
 * @size:        sizeof(struct multikernel_config)
 * @config_size: as at the attachment
 * @config:      all of it
 */
struct multikernel_config {
	__u32 size;
	__u32 config_size;
	__u8 config[MK_DEVICE_CONFIG];
};

enum multikernel_event_kind {
	MULTIKERNEL_EVENT_READY = 1,	/* a driver has set the device up: serve it */
	MULTIKERNEL_EVENT_RESET,	/* the driver wants it to stop: stop, then answer */
	MULTIKERNEL_EVENT_ENDED,	/* the kernel has ended: stop, let go of its memory, answer */
	MULTIKERNEL_EVENT_GONE,		/* the instance is gone: nothing more will come */
};

/**
 * struct multikernel_event - what read(2) gives, one at a time; poll(2) says when there is one
 * @number:   to be answered with
 * @kind:     enum multikernel_event_kind
 * @features: what driver and device have agreed upon, with READY
 *
 * At most the newest is kept: a READY that nobody has read is forgotten when a RESET comes. So a
 * READY to a front end that serves the device may be another kernel's, whose memory it does not have.
 */
struct multikernel_event {
	__u32 number;
	__u32 kind;
	__u64 features[2];
};

enum multikernel_answer_kind {
	MULTIKERNEL_ANSWER_STARTED = 1,	/* to READY */
	MULTIKERNEL_ANSWER_STOPPED,	/* to RESET and ENDED: nobody touches its memory any more */
	MULTIKERNEL_ANSWER_FAILED,	/* to READY: the device needs a reset */
};

/**
 * struct multikernel_answer - MULTIKERNEL_ANSWER
 * @size:   sizeof(struct multikernel_answer)
 * @number: of the event
 * @kind:   enum multikernel_answer_kind
 * @reserved: 0
 *
 * ESTALE when it is not the newest event any more.
 */
struct multikernel_answer {
	__u32 size;
	__u32 number;
	__u32 kind;
	__u32 reserved;
};

/* Bytes of the first versions. */
#define MULTIKERNEL_ATTACH_SIZE_MIN 344
#define MULTIKERNEL_MEMORY_SIZE_MIN 32
#define MULTIKERNEL_QUEUE_SIZE_MIN 40
#define MULTIKERNEL_QUEUE_FD_SIZE_MIN 16
#define MULTIKERNEL_CONFIG_SIZE_MIN 264
#define MULTIKERNEL_ANSWER_SIZE_MIN 16

/* How long the end of a kernel waits for the answers to ENDED, before memory is taken away. */
#define MULTIKERNEL_STOP_MS 500

#define MULTIKERNEL_ATTACH _IO(0xE9, 0x01)
#define MULTIKERNEL_DETACH _IO(0xE9, 0x02)
#define MULTIKERNEL_MEMORY _IO(0xE9, 0x03)
#define MULTIKERNEL_QUEUE _IO(0xE9, 0x04)
#define MULTIKERNEL_QUEUE_KICK _IO(0xE9, 0x05)
#define MULTIKERNEL_QUEUE_CALL _IO(0xE9, 0x06)
#define MULTIKERNEL_CONFIG _IO(0xE9, 0x07)
#define MULTIKERNEL_ANSWER _IO(0xE9, 0x08)
#define MULTIKERNEL_UNPLUG _IO(0xE9, 0x09)

#endif
