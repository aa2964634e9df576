/* SPDX-License-Identifier: GPL-2.0-only */
/* Watching what running spawn kernels write to their control pages. */
#ifndef MK_MODULE_WATCH_H
#define MK_MODULE_WATCH_H

#include <linux/types.h>

struct instance;

/**
 * watch_init - set the watch up
 * @handle: called in process context, without locks, when some instance had an event; it asks each
 *          for its own with watch_event()
 * @rung:   called for each watched instance when the doorbell has rung; in hard interrupt context,
 *          with the watch's lock held
 */
void watch_init(void (*handle)(void), void (*rung)(struct instance *));
void watch_exit(void);

/**
 * watch_begin - watch an instance from now on
 * @instance: its @control is mapped and cleared
 *
 * When its spawn kernel asks for a reset or powers off, its CPUs are stopped at once.
 *
 * Context: process.
 * Return: 0.
 */
int watch_begin(struct instance *instance);

/**
 * watch_end - watch it no longer: from here on the watch does not touch the instance's CPUs
 * @instance: which
 *
 * Context: process.
 */
void watch_end(struct instance *instance);

/* What the watch saw: an enum mk_event, or 0. Context: process. */
int watch_event(struct instance *instance);

/* Somebody rang the doorbell: tell of it, and look at once. Context: hard interrupt. */
void watch_rung(void);

/* Have the handler called, for an event that came when it could not be handled. Context: any. */
void watch_kick(void);

#endif
