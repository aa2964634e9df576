// SPDX-License-Identifier: GPL-2.0-only
/* mkrun and mk-agent: each message there and back, whatever is cut off or too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol.h"

static u8 bytes[AGENT_MESSAGE_MAX + 1], other[AGENT_FIELDS_MAX + 1];

static const struct agent_message full = {
	.text = { "one", "", "three", "four" },
	.number = { 1, 0x123456789abcdef0ULL, 3, ~0ULL, 5 },
	.bytes = (const u8 *)"\0bytes", .size = 6,
};

static void test_there_and_back(void **state)
{
	struct agent_message message = full, got;
	u8 again[256];
	ssize_t size;

	(void)state;
	for (message.type = 1; message.type < AGENT_TYPES; message.type++) {
		size = agent_encode(&message, bytes, sizeof(bytes));
		assert_true(size >= AGENT_HEADER);
		assert_int_equal(agent_decode(&got, bytes, size), size);
		assert_int_equal(got.type, message.type);
		assert_int_equal(agent_encode(&got, again, sizeof(again)), size);
		assert_memory_equal(again, bytes, size);
	}
}

static void test_fields(void **state)
{
	struct agent_message message = full, got;
	ssize_t size;

	(void)state;
	message.type = AGENT_MOUNT;
	size = agent_encode(&message, bytes, sizeof(bytes));
	assert_int_equal(size, AGENT_HEADER + 4 + 1 + 6 + 5 + 8);
	assert_int_equal(agent_decode(&got, bytes, size), size);
	assert_string_equal(got.text[0], "one");
	assert_string_equal(got.text[1], "");
	assert_string_equal(got.text[3], "four");
	assert_int_equal(got.number[0], 1);
	assert_int_equal(got.number[1], 0);
	message.type = AGENT_OUTPUT;
	size = agent_encode(&message, bytes, sizeof(bytes));
	assert_int_equal(agent_decode(&got, bytes, size), size);
	assert_int_equal(got.size, 6);
	assert_memory_equal(got.bytes, "\0bytes", 6);
}

/* Until the last byte is there it is no message yet, and then it is one, whatever comes behind. */
static void test_in_pieces(void **state)
{
	struct agent_message message = full, got;
	ssize_t size, i;

	(void)state;
	message.type = AGENT_SYSCTL;
	size = agent_encode(&message, bytes, sizeof(bytes));
	for (i = 0; i < size; i++)
		assert_int_equal(agent_decode(&got, bytes, i), 0);
	assert_int_equal(agent_decode(&got, bytes, size + 1), size);
}

static void test_no_room(void **state)
{
	struct agent_message message = full;
	ssize_t size, i;

	(void)state;
	message.type = AGENT_MOUNT;
	size = agent_encode(&message, bytes, sizeof(bytes));
	for (i = 0; i < size; i++) {
		bytes[i] = 0x5a;
		assert_int_equal(agent_encode(&message, bytes, i), -EMSGSIZE);
		assert_int_equal(bytes[i], 0x5a);
	}
	message.type = AGENT_INPUT;
	message.size = AGENT_FIELDS_MAX + 1;
	message.bytes = other;
	assert_int_equal(agent_encode(&message, bytes, sizeof(bytes)), -EMSGSIZE);
}

static void refuses(u32 length, u32 type, u32 zero, size_t size)
{
	struct agent_message got;

	mk_put_le32(bytes, length);
	mk_put_le16(bytes + 4, type);
	mk_put_le16(bytes + 6, zero);
	assert_int_equal(agent_decode(&got, bytes, size), -EBADMSG);
}

static void test_what_is_no_message(void **state)
{
	struct agent_message message = { .type = AGENT_TYPES };

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	refuses(8, 0, 0, 16);					/* no type */
	refuses(8, AGENT_TYPES, 0, 16);
	refuses(8, 0xffff, 0, 16);
	refuses(8, AGENT_HELLO, 1, 16);				/* not zero */
	refuses(AGENT_FIELDS_MAX + 1, AGENT_INPUT, 0, AGENT_HEADER);
	refuses(0xffffffff, AGENT_INPUT, 0, AGENT_HEADER);
	refuses(7, AGENT_HELLO, 0, 16);				/* too short, too long */
	refuses(9, AGENT_HELLO, 0, 32);
	refuses(1, AGENT_START, 0, 16);
	refuses(0, AGENT_REFUSED, 0, 8);			/* a text that does not end */
	refuses(5, AGENT_REFUSED, 0, 16);
	assert_int_equal(agent_encode(&message, bytes, sizeof(bytes)), -EINVAL);
	message.type = 0;
	assert_int_equal(agent_encode(&message, bytes, sizeof(bytes)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_in_pieces),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_what_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
