// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the rings tell of requests that are outstanding, held against what is: a driver and a device play
 * at random, and stop at some moment.
 */
#include <setjmp.h>
#include <linux/virtio_ring.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attachment.h"
#include "random.h"

#define SIZE 128		/* descriptors */
#define AT_ONCE_MOST 32		/* requests of three descriptors each */
#define GAMES 50000
#define START 0x40000000ULL
#define AVAIL 0
#define USED 0x1000
#define BYTES 0x2000

static _Alignas(8) u8 memory[BYTES];

static struct attachment attachment = {
	.region = { { .start = START, .size = BYTES, .at = memory } },
	.region_count = 1,
};

static const struct queue queue = {
	.size = SIZE, .driver = START + AVAIL, .device = START + USED,
};

static struct vring_avail *const avail = (void *)(memory + AVAIL);
static struct vring_used *const used = (void *)(memory + USED);

/**
 * struct game - a driver and a device
 * @unused: heads that the driver may use, the last one first
 * @spare:  how many
 * @head:   of the requests that the device has, the oldest first
 * @number: when each was asked for
 * @count:  how many
 * @asked:  requests up to now
 * @done:   of them
 */
struct game {
	u16 unused[AT_ONCE_MOST];
	u32 spare;
	u16 head[AT_ONCE_MOST];
	u32 number[AT_ONCE_MOST];
	u32 count;
	u32 asked;
	u32 done;
};

static void begin(struct game *game, u32 at_once)
{
	memset(game, 0, sizeof(*game));
	memset(memory, 0, sizeof(memory));
	while (game->spare < at_once) {
		game->unused[game->spare] = 3 * game->spare;
		game->spare++;
	}
}

static void ask(struct game *game)
{
	u16 head = game->unused[--game->spare];

	avail->ring[game->asked % SIZE] = head;
	game->head[game->count] = head;
	game->number[game->count++] = game->asked++;
	avail->idx = game->asked;
}

static void finish(struct game *game, u32 which)
{
	u32 i;

	used->ring[game->done++ % SIZE].id = game->head[which];
	used->idx = game->done;
	game->unused[game->spare++] = game->head[which];
	game->count--;
	for (i = which; i < game->count; i++) {
		game->head[i] = game->head[i + 1];
		game->number[i] = game->number[i + 1];
	}
}

/* The first ones stay with the device when it is slow with some, but not for longer than half a ring. */
static void play(struct game *game, u32 steps, bool in_order, u32 held)
{
	while (steps--) {
		u32 first = held && game->count > held && game->asked - game->number[0] < SIZE / 2 ? held : 0;

		if (game->spare && (!game->count || game->count <= held || random_below(2)))
			ask(game);
		else if (game->count)
			finish(game, in_order ? 0 : first + random_below(game->count - first));
	}
}

static bool are_newest(const struct game *game)
{
	return !game->count || game->number[0] >= game->done;
}

static void test_in_order(void **state)
{
	struct game game;
	u32 i;

	(void)state;
	for (i = 0; i < GAMES / 10; i++) {
		begin(&game, 1 + random_below(AT_ONCE_MOST));
		play(&game, random_below(600), true, 0);
		assert_true(attachment_is_known(&attachment, &queue));
	}
}

static void test_any_order(void **state)
{
	u32 i, known = 0, newest = 0, wrong = 0;
	struct game game;

	(void)state;
	for (i = 0; i < GAMES; i++) {
		begin(&game, 1 + random_below(AT_ONCE_MOST));
		play(&game, random_below(600), false, random_below(3));
		newest += are_newest(&game);
		if (!attachment_is_known(&attachment, &queue))
			continue;
		known++;
		wrong += !are_newest(&game);
	}
	print_message("of %u games the newest were outstanding in %u, known so in %u, wrongly in %u\n", GAMES,
		      newest, known, wrong);
	assert_int_equal(wrong, 0);
	assert_true(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, random_seed, NULL);
}
