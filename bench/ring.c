// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the console's ring carries, from one thread to another, beside a plain memcpy of the same pieces.
 *
 * In an emulated machine the terminal layers on both sides cost far more than the ring: run this program there for the
 * ring alone; for the whole way, time a transfer over the line: "head -c 10485760 </dev/ttyMK1 >/dev/null" while the
 * spawn runs "stty raw; head -c 10485760 /dev/zero" on its console.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "ring.h"

#define RING_BYTES (MK_RING_HEADER + 0x20000)	/* as large as the console's output ring */
#define PIECE_MAX 16384
#define TOTAL (1ULL << 30)
#define MEGABYTE 1e6

/* One measurement: pieces of @piece bytes through @end, TOTAL in all. */
struct stream {
	struct mk_ring_end end;
	u32 piece;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void *put_all(void *context)
{
	static const u8 bytes[PIECE_MAX];
	struct stream *stream = context;
	u64 left = TOTAL;
	u32 done;

	while (left) {
		done = mk_ring_put(&stream->end, bytes, stream->piece);
		left -= done;
		if (!done)
			sched_yield();
	}
	return NULL;
}

static void take_all(struct stream *stream)
{
	static u8 bytes[PIECE_MAX];
	u64 left = TOTAL;
	u32 done;

	while (left) {
		done = mk_ring_take(&stream->end, bytes, stream->piece);
		left -= done;
		if (!done)
			sched_yield();
	}
}

static double ring_rate(void *memory, u32 piece)
{
	struct stream from = { .piece = piece }, to = { .piece = piece };
	pthread_t thread;
	double begin;

	memset(memory, 0, RING_BYTES);
	mk_ring_attach(&from.end, memory, RING_BYTES, true);
	mk_ring_attach(&to.end, memory, RING_BYTES, false);
	begin = now();
	if (pthread_create(&thread, NULL, put_all, &from))
		abort();
	take_all(&to);
	pthread_join(thread, NULL);
	return TOTAL / MEGABYTE / (now() - begin);
}

static double copy_rate(void *memory, u32 piece)
{
	static u8 bytes[PIECE_MAX];
	double begin = now();
	u64 done;

	for (done = 0; done < TOTAL; done += piece) {
		memcpy((u8 *)memory + done % 0x20000, bytes, piece);
		__asm__ volatile("" : : "r"(memory) : "memory");
	}
	return TOTAL / MEGABYTE / (now() - begin);
}

int main(void)
{
	static const u32 pieces[] = { 16, 256, 4096, PIECE_MAX };
	void *memory = aligned_alloc(4096, mk_align_up(RING_BYTES, 4096));
	size_t i;

	if (!memory)
		return 1;
	puts("bytes a piece    ring MB/s  memcpy MB/s");
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		printf("%13u %12.0f %12.0f\n", pieces[i], ring_rate(memory, pieces[i]),
		       copy_rate(memory, pieces[i]));
	free(memory);
	return 0;
}
