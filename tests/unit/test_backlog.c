// SPDX-License-Identifier: GPL-2.0-only
/* The backlog, held against a plain array that is moved along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backlog.h"
#include "random.h"

#define SIZE_MAX_TESTED 67
#define ROUNDS 20000

/* Write as the owner does, piece by piece in place. */
static void add(struct mk_backlog *backlog, const u8 *bytes, u32 count)
{
	u32 room;
	u8 *place;

	while (count) {
		place = mk_backlog_place(backlog, &room);
		assert_true(room > 0);
		assert_true(place >= backlog->data && place + room <= backlog->data + backlog->size);
		if (room > count)
			room = count;
		memcpy(place, bytes, room);
		mk_backlog_added(backlog, room);
		bytes += room;
		count -= room;
	}
}

static u32 take(struct mk_backlog *backlog, u8 *bytes, u32 count)
{
	const u8 *oldest;
	u32 length, done = 0;

	while (done < count) {
		oldest = mk_backlog_oldest(backlog, &length);
		if (!length)
			break;
		assert_true(oldest >= backlog->data);
		assert_true(oldest + length <= backlog->data + backlog->size);
		if (length > count - done)
			length = count - done;
		memcpy(bytes + done, oldest, length);
		mk_backlog_read(backlog, length);
		done += length;
	}
	return done;
}

static void test_order(void **state)
{
	u8 memory[8], out[16];
	struct mk_backlog backlog = { .data = memory, .size = sizeof(memory) };

	(void)state;
	assert_int_equal(take(&backlog, out, 1), 0);
	add(&backlog, (const u8 *)"abcde", 5);
	assert_int_equal(take(&backlog, out, 2), 2);
	assert_memory_equal(out, "ab", 2);
	add(&backlog, (const u8 *)"fghij", 5);
	assert_int_equal(backlog.lost, 0);
	assert_int_equal(backlog.filled, 8);
	add(&backlog, (const u8 *)"kl", 2);
	assert_int_equal(backlog.lost, 2);
	assert_int_equal(take(&backlog, out, sizeof(out)), 8);
	assert_memory_equal(out, "efghijkl", 8);
	assert_int_equal(backlog.lost, 2);
	assert_int_equal(backlog.filled, 0);
}

static void test_rotate(void **state)
{
	u8 memory[8], out[8];
	struct mk_backlog backlog = { .data = memory, .size = sizeof(memory) };

	(void)state;
	mk_backlog_rotate(&backlog, 0);
	add(&backlog, (const u8 *)"abcdefgh", 8);
	assert_int_equal(take(&backlog, out, 5), 5);
	add(&backlog, (const u8 *)"ij", 2);
	mk_backlog_rotate(&backlog, 3);
	assert_int_equal(backlog.lost, 0);
	assert_int_equal(take(&backlog, out, sizeof(out)), 5);
	assert_memory_equal(out, "ijfgh", 5);
}

/* One that has no memory takes nothing and gives nothing. */
static void test_none(void **state)
{
	struct mk_backlog backlog = { 0 };
	u32 count;

	(void)state;
	mk_backlog_place(&backlog, &count);
	assert_int_equal(count, 0);
	mk_backlog_oldest(&backlog, &count);
	assert_int_equal(count, 0);
}

static void rotate_model(u8 *model, u32 filled, u32 count)
{
	u8 moved[SIZE_MAX_TESTED];

	memcpy(moved, model, count);
	memmove(model, model + count, filled - count);
	memcpy(model + filled - count, moved, count);
}

static void run_random(u32 size)
{
	u8 memory[SIZE_MAX_TESTED], model[SIZE_MAX_TESTED + 2 * SIZE_MAX_TESTED], bytes[2 * SIZE_MAX_TESTED];
	struct mk_backlog backlog = { .data = memory, .size = size };
	u32 filled = 0, count, over, i, round;
	u64 lost = 0;

	for (round = 0; round < ROUNDS; round++) {
		count = random_below(2 * size);
		for (i = 0; i < count; i++)
			bytes[i] = random_below(256);
		add(&backlog, bytes, count);
		memcpy(model + filled, bytes, count);
		filled += count;
		over = filled > size ? filled - size : 0;
		memmove(model, model + over, filled - over);
		filled -= over;
		lost += over;
		assert_int_equal(backlog.lost, lost);
		assert_int_equal(backlog.filled, filled);

		count = random_below(filled + 1);
		mk_backlog_rotate(&backlog, count);
		rotate_model(model, filled, count);
		assert_int_equal(backlog.filled, filled);

		count = take(&backlog, bytes, random_below(2 * size));
		assert_true(count <= filled);
		assert_memory_equal(bytes, model, count);
		filled -= count;
		memmove(model, model + count, filled);
	}
}

static void test_random(void **state)
{
	(void)state;
	run_random(1);
	run_random(2);
	run_random(64);
	run_random(SIZE_MAX_TESTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rotate),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, random_seed, NULL);
}
