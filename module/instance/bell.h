/* SPDX-License-Identifier: GPL-2.0-only */
/* Ringing an instance's kernel. */
#ifndef MK_MODULE_BELL_H
#define MK_MODULE_BELL_H

#include <linux/types.h>

struct instance;

/**
 * instance_send - send an interrupt to the spawn kernel of an instance
 * @instance: whose
 * @place:    where to, which is the spawn's word: only a CPU of its own is interrupted, whatever it
 *            says, and only by the vector of a device
 *
 * Context: any; none of its CPUs has changed hands.
 */
void instance_send(const struct instance *instance, u64 place);

/* Rings the spawn kernel of an instance, if it has a bell. Context: any; its @control is there. */
void instance_ring(const struct instance *instance);

#endif
