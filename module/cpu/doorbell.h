/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doorbell: an interrupt vector of our own, by which the kernel on the other side says "look at
 * the shared area". Without one both sides poll, and nothing but latency is lost.
 */
#ifndef MK_MODULE_DOORBELL_H
#define MK_MODULE_DOORBELL_H

#include <linux/types.h>

/**
 * doorbell_init - have a vector
 * @rung: called in hard interrupt context when the bell rings; whoever can reach this CPU can ring
 *        it, for no reason too
 *
 * Context: process. Return: 0; also when there is none to be had, which is told in the log.
 */
int doorbell_init(void (*rung)(void));
void doorbell_exit(void);

/* Can this kernel be rung? If not, it polls. Context: any. */
bool doorbell_there(void);

/* Where this kernel can be rung: an APIC id and a vector, 0 for nowhere. Context: any. */
void doorbell_address(u32 *apic_id, u32 *vector);

/**
 * doorbell_ring - ring the other kernel
 * @apic_id: a CPU that is known to be the other kernel's
 * @vector:  what it published; anything but the vector of a device interrupt is ignored
 *
 * Context: any.
 */
void doorbell_ring(u32 apic_id, u32 vector);

#endif
