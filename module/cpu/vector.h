/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt vectors of our own, by which the other kernel can say something: one for the doorbell
 * and one for each queue of a device, in the host and in a spawn alike. A vector and the CPU that
 * has it are a place (include/device_table.h), which is told to the other kernel.
 */
#ifndef MK_MODULE_VECTOR_H
#define MK_MODULE_VECTOR_H

#include <linux/types.h>

struct vector;

/**
 * vector_new - have a vector, on the first CPU that is online
 * @name: for /proc/interrupts, copied
 * @rung: called when the other kernel sends an interrupt to it; whoever can reach this CPU can do
 *        so, for no reason too. In hard interrupt context; where the kernel threads its interrupts
 *        (PREEMPT_RT, threadirqs), in a thread, so ordinary spinlocks may be taken
 * @data: for @rung
 *
 * Context: process. Return: the vector, to be given back by vector_free(); ERR_PTR(-ENOMEM), -ENOSPC
 * when the CPU has none left, or what the kernel says.
 */
struct vector *vector_new(const char *name, void (*rung)(void *data), void *data);

/* The same, and @rung is called in hard interrupt context on every kernel: raw spinlocks only. */
struct vector *vector_new_hard(const char *name, void (*rung)(void *data), void *data);

/*
 * Gives it back; NULL and error pointers are none. Afterwards @rung does not run, nor will it.
 * Context: process.
 */
void vector_free(struct vector *vector);

/*
 * Is a vector of ours on that CPU? It moves when the CPU goes, and kernels that were told of the place
 * would ring in vain. Context: process.
 */
bool vector_any_on(unsigned int cpu);

/* Where it is to be rung: MK_DEVICE_PLACE() of a physical APIC id. Context: any. */
u64 vector_place(const struct vector *vector);

/**
 * vector_send - ring a vector of the other kernel
 * @place: a place on a CPU that is known to be the other kernel's, or 0 for none; only the vector of
 *         a device interrupt is sent, anything else is ignored
 *
 * Context: any.
 */
void vector_send(u64 place);

#endif
