/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of bytes in memory that two kernels share: one of them puts, the other takes, neither
 * trusts the other.
 *
 * Each side keeps its own counter in memory of its own and only publishes it in the ring; what it
 * reads of the other's counter is checked against its own before it is used, and what makes no
 * sense counts as "nothing there" or "no room".
 */
#ifndef MK_CORE_RING_H
#define MK_CORE_RING_H

#include "port.h"

#define MK_RING_HEADER 128	/* bytes ahead of the data: a cache line for each counter */

/* In shared memory; both counters count bytes since the ring was made and wrap around at 2^32. */
struct mk_ring {
	u32 put;		/* written by the side that puts */
	u32 reserved1[15];
	u32 taken;		/* written by the side that takes */
	u32 reserved2[15];
	u8 data[];
};

/**
 * struct mk_ring_end - one side's hold on a ring, in its own memory
 * @ring:  the shared memory
 * @size:  bytes of data, a power of two; from the side's own knowledge, never from the ring
 * @count: this side's counter, of which the ring shows a copy
 */
struct mk_ring_end {
	struct mk_ring *ring;
	u32 size;
	u32 count;
};

/**
 * mk_ring_attach - take hold of one end
 * @end:   filled in
 * @ring:  the shared memory
 * @bytes: how much of it there is, header included; the data is the largest power of two that fits,
 *         and where none does nothing can be put or taken
 * @put:   this is the side that puts
 *
 * Goes on where the side's own published counter stands, so that a side that is loaded anew loses
 * nothing.
 *
 * Context: any; pure.
 */
void mk_ring_attach(struct mk_ring_end *end, void *ring, u32 bytes, bool put);

/**
 * mk_ring_put - copy bytes in, as many as fit
 * @end:   the end that puts
 * @bytes: which
 * @count: how many there are
 *
 * Context: any, one caller at a time; pure but for the ring.
 * Return: how many.
 */
u32 mk_ring_put(struct mk_ring_end *end, const void *bytes, u32 count);

/**
 * mk_ring_take - copy bytes out, as many as there are
 * @end:   the end that takes
 * @bytes: receives them
 * @count: how many there is room for
 *
 * They are the other side's word: any bytes at all, not even the same ones it had put.
 *
 * Context: any, one caller at a time; pure but for the ring.
 * Return: how many.
 */
u32 mk_ring_take(struct mk_ring_end *end, void *bytes, u32 count);

/*
 * How many bytes could be put, or taken, now: for the end that puts, or that takes. 0 also when the
 * other side's counter makes no sense. Context: any; pure.
 */
u32 mk_ring_room(const struct mk_ring_end *end);
u32 mk_ring_filled(const struct mk_ring_end *end);

#endif
