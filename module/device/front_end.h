/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Front ends: programs that serve a device of an instance, each through an open /dev/multikernel.
 * include/multikernel_io.h has what they may ask for.
 */
#ifndef MK_MODULE_FRONT_END_H
#define MK_MODULE_FRONT_END_H

#include <linux/poll.h>
#include <linux/types.h>

struct front_end;

/* For an open file, which is held meanwhile; it serves nothing yet. Context: process. */
struct front_end *front_end_new(void);

/* The file is closed: the device that it served stays, unserved. Context: process. */
void front_end_free(struct front_end *front_end);

/**
 * front_end_attach - an ioctl of include/multikernel_io.h, as all that have these parameters
 * @front_end: whose
 * @argument:  a copy of the structure, as long as this module knows it
 * @user:      where it came from, and where results go
 * @size:      bytes there that this module knows
 *
 * Context: process, no lock held.
 * Return: 0, or the errno of the interface's table.
 */
long front_end_attach(struct front_end *front_end, void *argument, void __user *user, u32 size);
long front_end_detach(struct front_end *front_end, void *argument, void __user *user, u32 size);
long front_end_unplug(struct front_end *front_end, void *argument, void __user *user, u32 size);
long front_end_memory(struct front_end *front_end, void *argument, void __user *user, u32 size);
long front_end_queue(struct front_end *front_end, void *argument, void __user *user, u32 size);
long front_end_kick(struct front_end *front_end, void *argument, void __user *user, u32 size);
long front_end_call(struct front_end *front_end, void *argument, void __user *user, u32 size);
long front_end_config(struct front_end *front_end, void *argument, void __user *user, u32 size);
long front_end_answer(struct front_end *front_end, void *argument, void __user *user, u32 size);

/* read(2) and poll(2) of the file: one event at a time. Context: process. */
ssize_t front_end_read(struct front_end *front_end, char __user *user, size_t size, bool wait);
__poll_t front_end_poll(struct front_end *front_end, struct file *file, poll_table *table);

#endif
