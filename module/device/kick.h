/* SPDX-License-Identifier: GPL-2.0-only */
/* Kicks: an interrupt from a spawn, "this queue has new buffers", becomes an eventfd's signal. */
#ifndef MK_MODULE_KICK_H
#define MK_MODULE_KICK_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct eventfd_ctx;
struct vector;

/**
 * struct kick - of one queue
 * @vector: by which the spawn kicks; NULL: it rings the doorbell, and kick_polled() tells
 * @lock:   guards @fd and @count; taken in the vector's interrupt
 * @fd:     who is told, or NULL
 * @count:  kicks so far
 */
struct kick {
	struct vector *vector;
	spinlock_t lock;
	struct eventfd_ctx *fd;
	u64 count;
};

/**
 * kick_init - have a vector, if one is to be had
 * @kick: zeroed
 * @name: for /proc/interrupts
 *
 * Context: process.
 */
void kick_init(struct kick *kick, const char *name);

/* Unbinds it and gives the vector back; nothing to do for one that is zeroed. Context: process. */
void kick_free(struct kick *kick);

/* Where the spawn is to kick: a place, 0 for none. Context: any. */
u64 kick_place(const struct kick *kick);

/**
 * kick_bind - tell an eventfd from now on
 * @kick: of which queue
 * @fd:   the reference is taken over; NULL for none
 *
 * Context: process. Afterwards the one before is not signalled any more.
 */
void kick_bind(struct kick *kick, struct eventfd_ctx *fd);

/* Is somebody bound? Context: process. */
bool kick_is_bound(struct kick *kick);

/* Signals who is bound, as if the spawn had kicked, uncounted. Context: process. */
void kick_signal(struct kick *kick);

/* The doorbell rang: a kick for a queue without a vector. Context: process. */
void kick_polled(struct kick *kick);

#endif
