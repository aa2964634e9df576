/* SPDX-License-Identifier: GPL-2.0-only */
/* A device's door to the kernel, /dev/multikernel, and the spawn's memory that it opens. */
#ifndef MKIO_ATTACHMENT_H
#define MKIO_ATTACHMENT_H

#include "multikernel_io.h"
#include "port.h"
#include "ranges.h"
#include "tree.h"

/**
 * struct region - a range of the spawn's memory
 * @start: its physical address
 * @size:  bytes
 * @fd:    the file by which it is mapped, from offset 0
 * @at:    where it is mapped here
 */
struct region {
	u64 start;
	u64 size;
	int fd;
	void *at;
};

/**
 * struct attachment - one device of one instance
 * @fd:           /dev/multikernel, or -1
 * @about:        instance and device, for messages
 * @region:       the memory, while it is mapped
 * @region_count: how many of them; 0 while none is mapped
 */
struct attachment {
	int fd;
	char about[MK_NAME_MAX + MK_DEVICE_NAME + 4];
	struct region region[MK_INSTANCE_RANGES_MAX];
	u32 region_count;
};

/* Nothing is open yet; the names are for messages. */
void attachment_init(struct attachment *attachment, const char *instance, const char *device);

/**
 * attachment_open - offer a device to an instance, or take up one that is there unserved
 * @attachment: nothing is open yet
 * @what:       the device; size, text and text_size are filled in here
 *
 * Return: an exit code, with the reason on stderr.
 */
int attachment_open(struct attachment *attachment, struct multikernel_attach *what);
void attachment_close(struct attachment *attachment);

/* Have the driver let go of it first: then comes a RESET. Returns 0 or a negative errno. */
int attachment_unplug(struct attachment *attachment);

/* Take the device away from the instance. Returns 0 or a negative errno. */
int attachment_detach(struct attachment *attachment);

/* The next event that waits; returns 1, 0 for none, or a negative errno. */
int attachment_event(struct attachment *attachment, struct multikernel_event *event);

/* Returns 0, also when another event has made the answer needless, or a negative errno. */
int attachment_answer(struct attachment *attachment, u32 number,
		      enum multikernel_answer_kind kind);

/* Map all of the spawn's memory; returns 0 or a negative errno, -ENODEV when its kernel ended. */
int attachment_map(struct attachment *attachment);
void attachment_unmap(struct attachment *attachment);

/**
 * attachment_at - where physical memory of the spawn is mapped here
 * @attachment: its memory is mapped
 * @address:    physical, as a spawn has said it: hostile
 * @size:       bytes; all must lie in one region
 *
 * Return: the place, or NULL.
 */
void *attachment_at(const struct attachment *attachment, u64 address, u64 size);

/**
 * struct queue - a queue of a running device
 * @index:       its number
 * @size:        descriptors
 * @descriptors: physical address, like @driver and @device
 * @driver:      of the available ring
 * @device:      of the used ring
 * @base:        where to go on: what has been used up to now
 * @abandoned:   the process before this one left while its engine was at work on it
 * @kick:        eventfd that is signalled when the spawn has buffers
 * @call:        eventfd by which the spawn is interrupted
 */
struct queue {
	u32 index;
	u32 size;
	u64 descriptors;
	u64 driver;
	u64 device;
	u16 base;
	bool abandoned;
	int kick;
	int call;
};

/**
 * attachment_queue - how the spawn has set up a queue, with its eventfds bound
 * @attachment: its memory is mapped
 * @index:      which
 * @queue:      filled in; to be given back by attachment_put_queue(), also after a failure
 *
 * The module has judged the addresses. They are held against the mapped memory once more here: an
 * engine would follow them anywhere.
 *
 * Return: 1; 0 when the driver does not use this queue; or a negative errno: -EAGAIN or -ENODEV
 * when the device was reset or its kernel ended meanwhile, -EINVAL for a queue outside the memory.
 */
int attachment_queue(struct attachment *attachment, u32 index, struct queue *queue);
void attachment_put_queue(struct attachment *attachment, struct queue *queue);

/* Requests that the driver has made available and that are not used: at an engine or in line. */
u16 attachment_outstanding(const struct attachment *attachment, const struct queue *queue);

/*
 * Do the rings tell that the requests which are outstanding are the newest ones, so that all of them can
 * be done again? Where others were finished before an older one, nobody knows which they are.
 */
bool attachment_is_known(const struct attachment *attachment, const struct queue *queue);

/* New configuration space; returns 0 or a negative errno. */
int attachment_config(struct attachment *attachment, const u8 *config, u32 size);

#endif
