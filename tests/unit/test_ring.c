// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring: every byte in order, at all fill levels and round all ends, between two threads at
 * once, with counters that wrap around, and with another side that publishes nonsense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "random.h"
#include "ring.h"

#define STREAM_BYTES (8 << 20)
#define THREADS_RING 4096
#define GUARD 64		/* bytes behind the ring that nothing may touch */
#define GUARD_BYTE 0xa5

struct pair {
	u8 *memory;
	u32 bytes;
	struct mk_ring_end putter;
	struct mk_ring_end taker;
};

/* Both ends of a new ring of that much memory, with counters that begin at @start. */
static void make(struct pair *pair, u32 bytes, u32 start)
{
	u32 size = bytes < sizeof(struct mk_ring) ? sizeof(struct mk_ring) : bytes;
	struct mk_ring *ring;

	pair->memory = test_calloc(1, size + GUARD);
	memset(pair->memory + size, GUARD_BYTE, GUARD);
	pair->bytes = size;
	ring = (struct mk_ring *)pair->memory;
	ring->put = ring->taken = start;
	mk_ring_attach(&pair->putter, ring, bytes, true);
	mk_ring_attach(&pair->taker, ring, bytes, false);
}

static void drop(struct pair *pair)
{
	u32 i;

	for (i = 0; i < GUARD; i++)
		assert_int_equal(pair->memory[pair->bytes + i], GUARD_BYTE);
	test_free(pair->memory);
}

static struct mk_ring *ring_of(struct pair *pair)
{
	return (struct mk_ring *)pair->memory;
}

/*
 * The byte of this number in the stream that all tests send: no period that a ring's size could
 * hide.
 */
static u8 byte_of(u32 number)
{
	return number * 2654435761U >> 24;
}

static u32 put_stream(struct mk_ring_end *end, u32 from, u32 count)
{
	u8 bytes[512];
	u32 i;

	assert_true(count <= sizeof(bytes));
	for (i = 0; i < count; i++)
		bytes[i] = byte_of(from + i);
	return mk_ring_put(end, bytes, count);
}

static u32 take_stream(struct mk_ring_end *end, u32 from, u32 count)
{
	u8 bytes[512];
	u32 i, got;

	assert_true(count <= sizeof(bytes));
	memset(bytes, GUARD_BYTE, sizeof(bytes));
	got = mk_ring_take(end, bytes, count);
	for (i = 0; i < got; i++)
		assert_int_equal(bytes[i], byte_of(from + i));
	for (; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], GUARD_BYTE);
	return got;
}

static void test_size(void **state)
{
	static const struct {
		u32 bytes, size;
	} rows[] = {
		{ 0, 0 }, { 1, 0 }, { MK_RING_HEADER, 0 },
		{ MK_RING_HEADER + 1, 1 }, { MK_RING_HEADER + 2, 2 }, { MK_RING_HEADER + 3, 2 },
		{ MK_RING_HEADER + 4095, 2048 }, { MK_RING_HEADER + 4096, 4096 },
		{ 0x21000, 0x20000 }, { 0x11000, 0x10000 },
	};
	struct pair pair;
	size_t i;

	(void)state;
	assert_int_equal(offsetof(struct mk_ring, data), MK_RING_HEADER);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		make(&pair, rows[i].bytes, 0);
		assert_int_equal(pair.putter.size, rows[i].size);
		assert_int_equal(mk_ring_room(&pair.putter), rows[i].size);
		assert_int_equal(mk_ring_filled(&pair.taker), 0);
		assert_int_equal(put_stream(&pair.putter, 0, 512), rows[i].size < 512 ? rows[i].size : 512);
		drop(&pair);
	}
}

/*
 * The largest there could be: no memory of that size is needed to see what is made of the number.
 */
static void test_largest(void **state)
{
	struct mk_ring ring = { .put = 5, .taken = 3 };
	struct mk_ring_end end;

	(void)state;
	mk_ring_attach(&end, &ring, ~0U, false);
	assert_int_equal(end.size, 0x80000000U);
	assert_int_equal(mk_ring_filled(&end), 2);
	mk_ring_attach(&end, &ring, ~0U, true);
	assert_int_equal(mk_ring_room(&end), 0x80000000U - 2);
}

static void test_full_and_empty(void **state)
{
	struct pair pair;

	(void)state;
	make(&pair, MK_RING_HEADER + 256, 0);
	assert_int_equal(take_stream(&pair.taker, 0, 10), 0);
	assert_int_equal(put_stream(&pair.putter, 0, 0), 0);
	assert_int_equal(put_stream(&pair.putter, 0, 300), 256);
	assert_int_equal(mk_ring_room(&pair.putter), 0);
	assert_int_equal(mk_ring_filled(&pair.taker), 256);
	assert_int_equal(put_stream(&pair.putter, 256, 1), 0);
	assert_int_equal(take_stream(&pair.taker, 0, 0), 0);
	assert_int_equal(take_stream(&pair.taker, 0, 1), 1);
	assert_int_equal(put_stream(&pair.putter, 256, 2), 1);
	assert_int_equal(take_stream(&pair.taker, 1, 300), 256);
	assert_int_equal(mk_ring_filled(&pair.taker), 0);
	assert_int_equal(mk_ring_room(&pair.putter), 256);
	drop(&pair);
}

/* Pieces of all lengths, ten thousand times, across the ends of the data and of the counters. */
static void test_stream(void **state)
{
	u32 start = -5000, sent = 0, got = 0, i;
	struct pair pair;

	(void)state;
	make(&pair, MK_RING_HEADER + 256, start);
	for (i = 0; i < 10000; i++) {
		sent += put_stream(&pair.putter, sent, random_below(300));
		got += take_stream(&pair.taker, got, random_below(300));
		assert_int_equal(mk_ring_filled(&pair.taker), sent - got);
		assert_int_equal(mk_ring_room(&pair.putter), 256 - (sent - got));
		assert_int_equal(ring_of(&pair)->put, start + sent);
		assert_int_equal(ring_of(&pair)->taken, start + got);
	}
	assert_true(got > 500000);
	drop(&pair);
}

/* Either side is loaded anew and goes on where it was. */
static void test_attach_again(void **state)
{
	struct pair pair;

	(void)state;
	make(&pair, MK_RING_HEADER + 256, 1000);
	assert_int_equal(put_stream(&pair.putter, 0, 200), 200);
	assert_int_equal(take_stream(&pair.taker, 0, 50), 50);
	memset(&pair.putter, 0, sizeof(pair.putter));
	mk_ring_attach(&pair.putter, pair.memory, MK_RING_HEADER + 256, true);
	assert_int_equal(put_stream(&pair.putter, 200, 106), 106);
	memset(&pair.taker, 0, sizeof(pair.taker));
	mk_ring_attach(&pair.taker, pair.memory, MK_RING_HEADER + 256, false);
	assert_int_equal(take_stream(&pair.taker, 50, 256), 256);
	assert_int_equal(mk_ring_filled(&pair.taker), 0);
	drop(&pair);
}

/* What the side that puts may find in place of the other's counter. */
static void test_hostile_taker(void **state)
{
	struct pair pair;

	(void)state;
	make(&pair, MK_RING_HEADER + 256, 0);
	assert_int_equal(put_stream(&pair.putter, 0, 100), 100);
	ring_of(&pair)->taken = 101;	/* more than there was */
	assert_int_equal(mk_ring_room(&pair.putter), 0);
	assert_int_equal(put_stream(&pair.putter, 100, 1), 0);
	ring_of(&pair)->taken = 100 - 257;	/* more is left than fits */
	assert_int_equal(put_stream(&pair.putter, 100, 1), 0);
	ring_of(&pair)->taken = 0x80000000;
	assert_int_equal(put_stream(&pair.putter, 100, 1), 0);
	assert_int_equal(ring_of(&pair)->put, 100);
	ring_of(&pair)->taken = 100 - 256;	/* just full */
	assert_int_equal(put_stream(&pair.putter, 100, 1), 0);
	ring_of(&pair)->taken = 100 - 255;
	assert_int_equal(put_stream(&pair.putter, 100, 2), 1);
	ring_of(&pair)->taken = 101;	/* it came to its senses */
	assert_int_equal(mk_ring_room(&pair.putter), 256);
	drop(&pair);
}

/*
 * What the side that takes may find. Its own counter in the ring is overwritten, too: it never
 * looks there again.
 */
static void test_hostile_putter(void **state)
{
	struct pair pair;
	u8 bytes[512];

	(void)state;
	make(&pair, MK_RING_HEADER + 256, 0);
	ring_of(&pair)->put = 257;
	assert_int_equal(mk_ring_filled(&pair.taker), 0);
	assert_int_equal(mk_ring_take(&pair.taker, bytes, sizeof(bytes)), 0);
	ring_of(&pair)->put = -1;
	assert_int_equal(mk_ring_take(&pair.taker, bytes, sizeof(bytes)), 0);
	ring_of(&pair)->put = 0x80000000;
	assert_int_equal(mk_ring_take(&pair.taker, bytes, sizeof(bytes)), 0);
	assert_int_equal(ring_of(&pair)->taken, 0);
	ring_of(&pair)->taken = 12345;
	ring_of(&pair)->put = 256;
	assert_int_equal(mk_ring_take(&pair.taker, bytes, 200), 200);
	assert_int_equal(ring_of(&pair)->taken, 200);
	ring_of(&pair)->put = 199;	/* it takes bytes back */
	assert_int_equal(mk_ring_take(&pair.taker, bytes, sizeof(bytes)), 0);
	ring_of(&pair)->put = 300;
	assert_int_equal(mk_ring_take(&pair.taker, bytes, sizeof(bytes)), 100);
	drop(&pair);
}

static void *send_all(void *context)
{
	struct mk_ring_end *end = context;
	u32 sent = 0, seed = 1, count;
	u8 bytes[512];
	u32 i;

	while (sent < STREAM_BYTES) {
		seed = seed * 1664525 + 1013904223;
		count = seed >> 23;
		if (count > STREAM_BYTES - sent)
			count = STREAM_BYTES - sent;
		for (i = 0; i < count; i++)
			bytes[i] = byte_of(sent + i);
		count = mk_ring_put(end, bytes, count);
		sent += count;
		if (!count)
			sched_yield();
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	pthread_t thread;
	struct pair pair;
	u32 got = 0, count;

	(void)state;
	make(&pair, MK_RING_HEADER + THREADS_RING, -(STREAM_BYTES / 2));
	assert_int_equal(pthread_create(&thread, NULL, send_all, &pair.putter), 0);
	while (got < STREAM_BYTES) {
		count = take_stream(&pair.taker, got, 512);
		got += count;
		if (!count)
			sched_yield();
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(mk_ring_filled(&pair.taker), 0);
	drop(&pair);
}

static bool scribbling;

static void *scribble(void *context)
{
	struct mk_ring *ring = context;
	u32 number = 1;

	while (__atomic_load_n(&scribbling, __ATOMIC_RELAXED)) {
		number = number * 1664525 + 1013904223;
		__atomic_store_n(&ring->put, number % 3 ? number : number >> 20, __ATOMIC_RELAXED);
	}
	return NULL;
}

/*
 * The counter changes at every moment: never more than asked for, never more than the ring can
 * hold.
 */
static void test_scribbled(void **state)
{
	u32 i, before, count;
	pthread_t thread;
	struct pair pair;
	u8 bytes[512];

	(void)state;
	make(&pair, MK_RING_HEADER + 256, 0);
	scribbling = true;
	assert_int_equal(pthread_create(&thread, NULL, scribble, ring_of(&pair)), 0);
	for (i = 0; i < 200000; i++) {
		before = pair.taker.count;
		count = mk_ring_take(&pair.taker, bytes, i % sizeof(bytes));
		assert_true(count <= i % sizeof(bytes) && count <= 256);
		assert_int_equal(pair.taker.count, before + count);
		assert_true(mk_ring_filled(&pair.taker) <= 256);
	}
	__atomic_store_n(&scribbling, false, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	drop(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_full_and_empty),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_attach_again),
		cmocka_unit_test(test_hostile_taker),
		cmocka_unit_test(test_hostile_putter),
		cmocka_unit_test(test_two_threads),
		cmocka_unit_test(test_scribbled),
	};

	return cmocka_run_group_tests(tests, random_seed, NULL);
}
