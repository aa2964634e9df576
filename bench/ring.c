// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the console's ring carries, beside a plain memcpy of the same pieces: from one thread to
 * another, by the wall clock, for which two cores must be idle; and put and taken by one thread, by
 * its own CPU time, which is the ring's cost alone. Each byte is copied twice, so "memcpy" does,
 * too.
 *
 * In an emulated machine the terminal layers on both sides cost far more than the ring: run this
 * program there for the ring alone; for the whole way, time a transfer over the line: "head -c
 * 10485760 </dev/mktty1 >/dev/null" while the spawn runs "stty raw; head -c 10485760 /dev/zero" on
 * its console.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "ring.h"

#define DATA_BYTES 0x20000	/* as large as the console's output ring */
#define RING_BYTES (MK_RING_HEADER + DATA_BYTES)
#define PIECE_MAX 16384
#define TOTAL (1ULL << 30)
#define MEGABYTE 1e6

/* One measurement: pieces of @piece bytes through @end, TOTAL in all. */
struct stream {
	struct mk_ring_end end;
	u32 piece;
};

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
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

static void attach(struct stream *from, struct stream *to, void *memory, u32 piece)
{
	from->piece = to->piece = piece;
	memset(memory, 0, RING_BYTES);
	mk_ring_attach(&from->end, memory, RING_BYTES, true);
	mk_ring_attach(&to->end, memory, RING_BYTES, false);
}

static double threads_rate(void *memory, u32 piece)
{
	struct stream from, to;
	pthread_t thread;
	double begin;

	attach(&from, &to, memory, piece);
	begin = now(CLOCK_MONOTONIC);
	if (pthread_create(&thread, NULL, put_all, &from))
		abort();
	take_all(&to);
	pthread_join(thread, NULL);
	return TOTAL / MEGABYTE / (now(CLOCK_MONOTONIC) - begin);
}

static double ring_rate(void *memory, u32 piece)
{
	double begin = now(CLOCK_THREAD_CPUTIME_ID);
	static u8 bytes[PIECE_MAX];
	struct stream from, to;
	u64 done;

	attach(&from, &to, memory, piece);
	for (done = 0; done < TOTAL; done += piece)
		if (mk_ring_put(&from.end, bytes, piece) != piece ||
		    mk_ring_take(&to.end, bytes, piece) != piece)
			abort();
	return TOTAL / MEGABYTE / (now(CLOCK_THREAD_CPUTIME_ID) - begin);
}

static double copy_rate(u8 *memory, u32 piece)
{
	double begin = now(CLOCK_THREAD_CPUTIME_ID);
	static u8 bytes[PIECE_MAX];
	u64 done;

	for (done = 0; done < TOTAL; done += piece) {
		memcpy(memory + done % DATA_BYTES, bytes, piece);
		__asm__ volatile("" : : "r"(memory) : "memory");
		memcpy(bytes, memory + done % DATA_BYTES, piece);
		__asm__ volatile("" : : "r"(bytes) : "memory");
	}
	return TOTAL / MEGABYTE / (now(CLOCK_THREAD_CPUTIME_ID) - begin);
}

int main(void)
{
	static const u32 pieces[] = { 16, 256, 4096, PIECE_MAX };
	void *memory = aligned_alloc(4096, mk_align_up(RING_BYTES, 4096));
	size_t i;

	if (!memory)
		return 1;
	puts("MB/s         two threads   one thread       memcpy");
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		printf("%6u bytes %12.0f %12.0f %12.0f\n", pieces[i], threads_rate(memory, pieces[i]),
		       ring_rate(memory, pieces[i]), copy_rate(memory, pieces[i]));
	free(memory);
	return 0;
}
