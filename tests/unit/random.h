/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers for tests that can be repeated: the seed is printed, and MK_SEED=n in the
 * environment sets it. cmocka.h comes before this.
 */
#ifndef MK_TESTS_RANDOM_H
#define MK_TESTS_RANDOM_H

#include <stdlib.h>
#include <time.h>

#include "port.h"

static u64 random_state;

/* A group setup for cmocka. */
static inline int random_seed(void **state)
{
	const char *given = getenv("MK_SEED");

	(void)state;
	random_state = given ? strtoull(given, NULL, 0) : (u64)time(NULL);
	if (!random_state)
		random_state = 1;	/* xorshift would stay at 0 */
	/* To stderr, which prove shows also where it shows no test output. */
	print_error("# MK_SEED=%llu\n", (unsigned long long)random_state);
	return 0;
}

/* 0 to @limit - 1, by xorshift64 (Marsaglia, "Xorshift RNGs", 2003). */
static inline u64 random_below(u64 limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % limit;
}

#endif
