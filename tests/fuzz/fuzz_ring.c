// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzing the ring and the backlog behind it: the input is the ring's size and a list of steps,
 * five bytes each: what is done, and a number. As long as neither counter in the ring was tampered
 * with, every byte must come out in its order; whatever happens, no side may leave the ring, take
 * more than was asked for, or move its counter by anything else.
 */
#include "backlog.h"
#include "fuzz.h"
#include "ring.h"

#define STEP_BYTES 5
#define RING_BYTES_MAX (MK_RING_HEADER + 300)
#define BUFFER 512
#define BACKLOG_SIZE 100

enum step { PUT, TAKE, COLLECT, READ, SET_PUT, SET_TAKEN, ATTACH_PUT, ATTACH_TAKE, STEPS };

static struct mk_ring *ring;
static u32 ring_bytes;
static struct mk_ring_end putter, taker;
static struct mk_backlog backlog;
static bool honest;
static u32 sent, got;	/* numbers of bytes in the stream; what the backlog lost counts as got */

static u8 byte_of(u32 number)
{
	return number * 2654435761U >> 24;
}

static void put(u32 count)
{
	u32 before = putter.count, room = mk_ring_room(&putter), done, i;
	u8 bytes[BUFFER];

	for (i = 0; i < count; i++)
		bytes[i] = byte_of(sent + i);
	done = mk_ring_put(&putter, bytes, count);
	MUST(done <= count && done == (count < room ? count : room), "put as much as fits");
	MUST(putter.count == before + done && (!done || ring->put == putter.count), "counter");
	sent += done;
}

static void expect(const u8 *bytes, u32 count)
{
	u32 i;

	for (i = 0; honest && i < count; i++)
		MUST(bytes[i] == byte_of(got + i), "the byte that was sent");
	got += count;
}

static void take(u32 count)
{
	u32 before = taker.count, filled = mk_ring_filled(&taker), done;
	u8 bytes[BUFFER];

	done = mk_ring_take(&taker, bytes, count);
	MUST(done <= count && done == (count < filled ? count : filled), "took as much as there was");
	MUST(taker.count == before + done && (!done || ring->taken == taker.count), "counter");
	/* What waits in the backlog was sent before these. */
	if (!backlog.filled && !backlog.lost)
		expect(bytes, done);
	else
		honest = false;
}

static void collect(u32 count)
{
	u32 room, done;
	u8 *place = mk_backlog_place(&backlog, &room);

	MUST(room && place >= backlog.data && place + room <= backlog.data + BACKLOG_SIZE, "place");
	done = mk_ring_take(&taker, place, count < room ? count : room);
	mk_backlog_added(&backlog, done);
	MUST(backlog.filled <= BACKLOG_SIZE, "filled");
}

static void read_backlog(u32 count)
{
	const u8 *oldest;
	u32 length;

	got += backlog.lost;
	backlog.lost = 0;
	oldest = mk_backlog_oldest(&backlog, &length);
	if (length > count)
		length = count;
	expect(oldest, length);
	mk_backlog_read(&backlog, length);
}

static void step(u8 what, u32 number)
{
	switch (what % STEPS) {
	case PUT:
		put(number % BUFFER);
		break;
	case TAKE:
		take(number % BUFFER);
		break;
	case COLLECT:
		collect(number % BUFFER);
		break;
	case READ:
		read_backlog(number % BUFFER);
		break;
	case SET_PUT:
		ring->put = number;
		honest = false;
		break;
	case SET_TAKEN:
		ring->taken = number;
		honest = false;
		break;
	case ATTACH_PUT:
		mk_ring_attach(&putter, ring, ring_bytes, true);
		break;
	case ATTACH_TAKE:
		mk_ring_attach(&taker, ring, ring_bytes, false);
		break;
	}
	MUST(mk_ring_room(&putter) <= putter.size && mk_ring_filled(&taker) <= taker.size, "bounds");
	if (honest && ring_bytes > MK_RING_HEADER)
		MUST(mk_ring_filled(&taker) + mk_ring_room(&putter) == taker.size, "nothing between");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u32 start;

	if (size < STEP_BYTES + 1)
		return 0;
	ring_bytes = mk_get_le16(data) % (RING_BYTES_MAX + 1);
	start = mk_get_le32(data + 2);
	data += STEP_BYTES + 1;
	size -= STEP_BYTES + 1;

	/* Of exactly the size it says, so that one byte too far is seen. */
	ring = calloc(1, ring_bytes < MK_RING_HEADER ? MK_RING_HEADER : ring_bytes);
	backlog = (struct mk_backlog){ .data = malloc(BACKLOG_SIZE), .size = BACKLOG_SIZE };
	if (!ring || !backlog.data)
		abort();
	ring->put = ring->taken = start;
	mk_ring_attach(&putter, ring, ring_bytes, true);
	mk_ring_attach(&taker, ring, ring_bytes, false);
	honest = true;
	sent = got = 0;
	for (; size >= STEP_BYTES; data += STEP_BYTES, size -= STEP_BYTES)
		step(data[0], mk_get_le32(data + 1));
	free(backlog.data);
	free(ring);
	return 0;
}
