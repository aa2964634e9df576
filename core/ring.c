// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of bytes between two kernels.
 *
 * Counters run freely and are never reduced, so that their difference is what the ring holds: 0 is
 * empty, the size is full, and anything above is nonsense that only a broken or hostile other side
 * can publish.
 */
#include "ring.h"

void mk_ring_attach(struct mk_ring_end *end, void *ring, u32 bytes, bool put)
{
	u32 room = bytes > MK_RING_HEADER ? bytes - MK_RING_HEADER : 0;
	u32 size = 0;

	if (room) {
		size = 1;
		while (size <= room / 2)
			size *= 2;
	}
	end->ring = ring;
	end->size = size;
	end->count = 0;
	if (size)
		end->count = mk_load_acquire(put ? &end->ring->put : &end->ring->taken);
}

u32 mk_ring_filled(const struct mk_ring_end *end)
{
	u32 filled;

	if (!end->size)
		return 0;
	filled = mk_load_acquire(&end->ring->put) - end->count;
	return filled <= end->size ? filled : 0;
}

u32 mk_ring_room(const struct mk_ring_end *end)
{
	u32 filled;

	if (!end->size)
		return 0;
	filled = end->count - mk_load_acquire(&end->ring->taken);
	return filled <= end->size ? end->size - filled : 0;
}

/*
 * Where the byte of this number is, and how many follow it before the data begins anew; at most
 * @count.
 */
static u8 *span(const struct mk_ring_end *end, u32 number, u32 count, u32 *length)
{
	u32 offset = number & (end->size - 1);

	*length = count < end->size - offset ? count : end->size - offset;
	return end->ring->data + offset;
}

u32 mk_ring_put(struct mk_ring_end *end, const void *bytes, u32 count)
{
	u32 room = mk_ring_room(end), length;
	u8 *to;

	if (count > room)
		count = room;
	if (!count)
		return 0;
	to = span(end, end->count, count, &length);
	memcpy(to, bytes, length);
	memcpy(end->ring->data, (const u8 *)bytes + length, count - length);
	end->count += count;
	mk_store_mb(&end->ring->put, end->count);
	return count;
}

u32 mk_ring_take(struct mk_ring_end *end, void *bytes, u32 count)
{
	u32 filled = mk_ring_filled(end), length;
	const u8 *from;

	if (count > filled)
		count = filled;
	if (!count)
		return 0;
	from = span(end, end->count, count, &length);
	memcpy(bytes, from, length);
	memcpy((u8 *)bytes + length, end->ring->data, count - length);
	end->count += count;
	mk_store_mb(&end->ring->taken, end->count);
	return count;
}
