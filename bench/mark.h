/* SPDX-License-Identifier: GPL-2.0-only */
/* The mark at which bench/count.c writes its counts down. */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

/* A NOP of seven bytes, the last four of which mean nothing to a CPU; no one else has such a one. */
static const unsigned char mark_code[] = { 0x0f, 0x1f, 0x80, 'm', 'a', 'r', 'k' };

static inline void mark(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80; .ascii \"mark\"");
}

#endif
