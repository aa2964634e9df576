// SPDX-License-Identifier: GPL-2.0-only
/* The writer of flattened device trees: libfdt and our reader accept what it writes; its errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <libfdt.h>

#include "fdt.h"
#include "oracle.h"

#define BUFFER_SIZE 1024
#define ROOT_SIZE (MK_FDT_HEADER_SIZE + MK_FDT_RESERVATION_SIZE + 4 * MK_FDT_TOKEN_SIZE)

/* Every kind of call, names that repeat, values of sizes 0 to 8. */
static int write_sample(void *buffer, size_t size)
{
	const u32 cells[] = { 1, 0xfffffffe };
	struct mk_fdt_writer writer;
	u8 *space;

	mk_fdt_write_begin(&writer, buffer, size);
	mk_fdt_write_node(&writer, "");
	mk_fdt_write_string(&writer, "compatible", "multikernel-v1");
	mk_fdt_write_node(&writer, "one");
	mk_fdt_write_u32(&writer, "id", 0x01020304);
	mk_fdt_write_u64(&writer, "bytes", 0x0102030405060708);
	mk_fdt_write_cells(&writer, "cells", cells, ARRAY_SIZE(cells));
	mk_fdt_write_node(&writer, "inner");
	mk_fdt_write_bytes(&writer, "empty", NULL, 0);
	mk_fdt_write_end_node(&writer);
	mk_fdt_write_end_node(&writer);
	mk_fdt_write_node(&writer, "two");
	mk_fdt_write_u32(&writer, "id", 2);
	mk_fdt_write_bytes(&writer, "bytes", "abcde", 5);
	space = mk_fdt_write_space(&writer, "compatible", 3);
	if (space)
		memcpy(space, "xy", 3);
	mk_fdt_write_end_node(&writer);
	mk_fdt_write_end_node(&writer);
	return mk_fdt_write_finish(&writer);
}

static void test_sample(void **state)
{
	const u8 bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static u64 buffer[BUFFER_SIZE / 8];
	struct mk_fdt fdt;
	int size, value_size, one, two;

	(void)state;
	memset(buffer, 0xa5, sizeof(buffer));
	size = write_sample(buffer, sizeof(buffer));
	assert_true(size > 0);
	assert_int_equal(fdt_totalsize(buffer), size);
	assert_int_equal(fdt_version(buffer), 17);
	assert_int_equal(fdt_last_comp_version(buffer), 16);
	assert_int_equal(fdt_num_mem_rsv(buffer), 0);
	assert_int_equal(fdt_check_full(buffer, size), 0);
	assert_int_equal(mk_fdt_open(&fdt, buffer, size, NULL), 0);
	assert_true(oracle_accepts_fdt(buffer, size));
	assert_null(oracle_compare(&fdt, buffer, size));

	one = fdt_path_offset(buffer, "/one");
	two = fdt_path_offset(buffer, "/two");
	assert_true(fdt_path_offset(buffer, "/one/inner") > 0);
	assert_string_equal(fdt_getprop(buffer, 0, "compatible", NULL), "multikernel-v1");
	assert_memory_equal(fdt_getprop(buffer, one, "id", &value_size), bytes, 4);
	assert_int_equal(value_size, 4);
	assert_memory_equal(fdt_getprop(buffer, one, "bytes", &value_size), bytes, 8);
	assert_int_equal(value_size, 8);
	assert_memory_equal(fdt_getprop(buffer, one, "cells", &value_size),
			    "\0\0\0\1\xff\xff\xff\xfe", 8);
	assert_int_equal(value_size, 8);
	assert_memory_equal(fdt_getprop(buffer, two, "bytes", &value_size), "abcde", 5);
	assert_int_equal(value_size, 5);
	assert_string_equal(fdt_getprop(buffer, two, "compatible", NULL), "xy");

	/* Each name is there once. */
	assert_int_equal(fdt_size_dt_strings(buffer),
			 sizeof("compatible") + sizeof("id") + sizeof("bytes") + sizeof("cells") +
			 sizeof("empty"));
}

/* What was in the buffer before shows nowhere. */
static void test_padding_is_zero(void **state)
{
	static u8 first[BUFFER_SIZE], second[BUFFER_SIZE];
	int size;

	(void)state;
	memset(first, 0x00, sizeof(first));
	memset(second, 0xff, sizeof(second));
	size = write_sample(first, sizeof(first));
	assert_int_equal(write_sample(second, sizeof(second)), size);
	assert_memory_equal(first, second, size);
}

/* A buffer too small is told, and nothing is written behind it; one that just fits is enough. */
static void test_every_size(void **state)
{
	static u8 whole[BUFFER_SIZE];
	int needed = write_sample(whole, sizeof(whole));
	int size;

	(void)state;
	for (size = 0; size <= needed; size++) {
		u8 *buffer = malloc(size ? size : 1);

		assert_non_null(buffer);
		assert_int_equal(write_sample(buffer, size), size < needed ? -ENOSPC : needed);
		if (size == needed)
			assert_memory_equal(buffer, whole, needed);
		free(buffer);
	}
}

static int try(void (*calls)(struct mk_fdt_writer *writer), size_t size)
{
	static u8 buffer[BUFFER_SIZE];
	struct mk_fdt_writer writer;

	mk_fdt_write_begin(&writer, buffer, size);
	calls(&writer);
	return mk_fdt_write_finish(&writer);
}

static void nothing(struct mk_fdt_writer *writer)
{
	(void)writer;
}

static void open_root(struct mk_fdt_writer *writer)
{
	mk_fdt_write_node(writer, "");
}

static void only_root(struct mk_fdt_writer *writer)
{
	open_root(writer);
	mk_fdt_write_end_node(writer);
}

static void two_roots(struct mk_fdt_writer *writer)
{
	only_root(writer);
	only_root(writer);
}

static void too_many_ends(struct mk_fdt_writer *writer)
{
	only_root(writer);
	mk_fdt_write_end_node(writer);
}

static void property_outside(struct mk_fdt_writer *writer)
{
	mk_fdt_write_u32(writer, "id", 1);
	only_root(writer);
}

static void property_behind(struct mk_fdt_writer *writer)
{
	only_root(writer);
	mk_fdt_write_u32(writer, "id", 1);
}

static void property_after_subnode(struct mk_fdt_writer *writer)
{
	open_root(writer);
	mk_fdt_write_node(writer, "a");
	mk_fdt_write_end_node(writer);
	mk_fdt_write_u32(writer, "id", 1);
	mk_fdt_write_end_node(writer);
}

static void huge_property(struct mk_fdt_writer *writer)
{
	open_root(writer);
	assert_null(mk_fdt_write_space(writer, "id", SIZE_MAX));
	assert_null(mk_fdt_write_space(writer, "id", 4));
	mk_fdt_write_end_node(writer);
}

static void test_errors(void **state)
{
	(void)state;
	assert_int_equal(try(only_root, BUFFER_SIZE), ROOT_SIZE);
	assert_int_equal(try(nothing, BUFFER_SIZE), -EINVAL);
	assert_int_equal(try(open_root, BUFFER_SIZE), -EINVAL);
	assert_int_equal(try(two_roots, BUFFER_SIZE), -EINVAL);
	assert_int_equal(try(too_many_ends, BUFFER_SIZE), -EINVAL);
	assert_int_equal(try(property_outside, BUFFER_SIZE), -EINVAL);
	assert_int_equal(try(property_behind, BUFFER_SIZE), -EINVAL);
	assert_int_equal(try(property_after_subnode, BUFFER_SIZE), -EINVAL);
	assert_int_equal(try(huge_property, BUFFER_SIZE), -ENOSPC);
	assert_int_equal(try(two_roots, MK_FDT_HEADER_SIZE), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_padding_is_zero),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
