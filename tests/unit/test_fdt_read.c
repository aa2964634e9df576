// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of flattened device trees, word by word: trees are written down as the tokens they are
 * made of, one thing about each is wrong, and the verdict and its sentence must say which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "fdt.h"
#include "oracle.h"

#define BEGIN MK_FDT_BEGIN_NODE
#define END_NODE MK_FDT_END_NODE
#define PROP MK_FDT_PROP
#define NOP MK_FDT_NOP
#define END MK_FDT_END
#define NAME(c) ((u32)(c) << 24)	/* a name of one character, terminated and padded */
#define ROOT BEGIN, 0

/* Names of properties: "a" at 0, "b" at 2, "a" again at 4, a line feed at 6, an empty one at 8. */
static const char strings[] = "a\0b\0a\0\n\0";
#define PROP_A PROP, 0, 0
#define PROP_B PROP, 0, 2
#define PROP_A_AGAIN PROP, 0, 4

#define STRUCTURE_AT (MK_FDT_HEADER_SIZE + MK_FDT_RESERVATION_SIZE)
#define SIZE_OF(words) (STRUCTURE_AT + 4 * (words) + sizeof(strings))

static struct mk_reason why;

static u8 *make_blob(const u32 *words, u32 count)
{
	u8 *blob = calloc(1, SIZE_OF(count));
	u32 i;

	assert_non_null(blob);
	mk_put_be32(blob + MK_FDT_FIELD_MAGIC, 0xd00dfeed);
	mk_put_be32(blob + MK_FDT_FIELD_TOTAL_SIZE, SIZE_OF(count));
	mk_put_be32(blob + MK_FDT_FIELD_STRUCTURE, STRUCTURE_AT);
	mk_put_be32(blob + MK_FDT_FIELD_STRINGS, STRUCTURE_AT + 4 * count);
	mk_put_be32(blob + MK_FDT_FIELD_RESERVATIONS, MK_FDT_HEADER_SIZE);
	mk_put_be32(blob + MK_FDT_FIELD_VERSION, 17);
	mk_put_be32(blob + MK_FDT_FIELD_LAST_COMP_VERSION, 16);
	mk_put_be32(blob + MK_FDT_FIELD_STRINGS_SIZE, sizeof(strings));
	mk_put_be32(blob + MK_FDT_FIELD_STRUCTURE_SIZE, 4 * count);
	for (i = 0; i < count; i++)
		mk_put_be32(blob + STRUCTURE_AT + 4 * i, words[i]);
	memcpy(blob + STRUCTURE_AT + 4 * count, strings, sizeof(strings));
	return blob;
}

/* @sentence NULL: accepted. The oracle must agree. */
static void expect(const u8 *blob, size_t size, const char *sentence)
{
	struct mk_fdt fdt;
	int err;

	strcpy(why.text, "ok");
	err = mk_fdt_open(&fdt, blob, size, &why);
	assert_string_equal(why.text, sentence ? sentence : "ok");
	assert_int_equal(err, sentence ? -EINVAL : 0);
	assert_int_equal(oracle_accepts_fdt(blob, size), !err);
	if (!err)
		assert_null(oracle_compare(&fdt, blob, size));
}

#define DAMAGED(at, problem) "device tree: damaged at byte " at " of the structure block: " problem
#define NODE_N BEGIN, NAME('n')
#define SEVEN_NODES NODE_N, NODE_N, NODE_N, NODE_N, NODE_N, NODE_N, NODE_N
#define SEVEN_ENDS END_NODE, END_NODE, END_NODE, END_NODE, END_NODE, END_NODE, END_NODE

static const struct {
	u32 words[64];
	u32 count;
	const char *sentence;
} structures[] = {
#define STRUCTURE(sentence, ...) \
	{ { __VA_ARGS__ }, sizeof((u32[]){ __VA_ARGS__ }) / sizeof(u32), sentence }
	STRUCTURE(NULL, ROOT, END_NODE, END),
	STRUCTURE(NULL, ROOT, NOP, PROP_A, NOP, PROP_B, NOP, NODE_N, NOP, END_NODE, NOP, END_NODE,
		  END),
	STRUCTURE(NULL, ROOT, PROP, 3, 0, 0x61626300, PROP, 5, 2, 0, 0, END_NODE, END),
	STRUCTURE(NULL, ROOT, NODE_N, PROP_A, NODE_N, PROP_A, END_NODE, END_NODE,
		  BEGIN, NAME('m'), PROP_A, END_NODE, END_NODE, END),
	STRUCTURE(NULL, ROOT, SEVEN_NODES, SEVEN_ENDS, END_NODE, END),
	STRUCTURE("device tree: node \"n\" is deeper than 8 levels", ROOT,
		  SEVEN_NODES, NODE_N, END_NODE, SEVEN_ENDS, END_NODE, END),
	STRUCTURE(DAMAGED("0x0", "it does not begin with the root"), END),
	STRUCTURE(DAMAGED("0x0", "it does not begin with the root"), NOP, ROOT, END_NODE, END),
	STRUCTURE(DAMAGED("0x0", "it does not begin with the root"), PROP_A, ROOT, END_NODE, END),
	STRUCTURE(DAMAGED("0x0", "it does not begin with the root"), END_NODE, END),
	STRUCTURE(DAMAGED("0x0", "the root has a name"), BEGIN, NAME('r'), END_NODE, END),
	STRUCTURE(DAMAGED("0xc", "something follows the root"), ROOT, END_NODE, ROOT, END_NODE, END),
	STRUCTURE(DAMAGED("0xc", "something follows the root"), ROOT, END_NODE, PROP_A, END),
	STRUCTURE(DAMAGED("0xc", "something follows the root"), ROOT, END_NODE, END_NODE, END),
	STRUCTURE(DAMAGED("0xc", "something follows the root"), ROOT, END_NODE, NOP, END),
	STRUCTURE(DAMAGED("0x14", "a property after a subnode"), ROOT, NODE_N, END_NODE, PROP_A,
		  END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "FDT_END inside a node"), ROOT, END),
	STRUCTURE(DAMAGED("0xc", "it ends without FDT_END"), ROOT, END_NODE),
	STRUCTURE(DAMAGED("0xc", "something follows FDT_END"), ROOT, END_NODE, END, NOP),
	STRUCTURE(DAMAGED("0xc", "something follows FDT_END"), ROOT, END_NODE, END, END),
	STRUCTURE(DAMAGED("0x8", "an unknown token"), ROOT, 0, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "an unknown token"), ROOT, 5, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "an unknown token"), ROOT, 0x09000000, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a node name is not terminated"), ROOT, BEGIN, 0x61616161),
	STRUCTURE(DAMAGED("0x0", "a node name is not terminated"), BEGIN),
	STRUCTURE(DAMAGED("0x8", "an empty name"), ROOT, BEGIN, 0, END_NODE, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a name that is not printable"), ROOT, BEGIN, NAME(0x7f), END_NODE,
		  END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a name that is not printable"), ROOT, BEGIN, NAME(0xe9), END_NODE,
		  END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a name that is not printable"), ROOT, PROP, 0, 6, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "an empty name"), ROOT, PROP, 0, 8, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a property name outside the strings block"), ROOT, PROP, 0, 9,
		  END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a property name outside the strings block"), ROOT, PROP, 0,
		  0xffffffff, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a property is larger than what is left"), ROOT, PROP, 9, 0,
		  END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a property is larger than what is left"), ROOT, PROP, 0xffffffff,
		  0, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a property is larger than what is left"), ROOT, PROP, 0xfffffff4,
		  0, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a property is larger than what is left"), ROOT, PROP, 0x7ffffff8,
		  0, END_NODE, END),
	STRUCTURE(DAMAGED("0x8", "a property is larger than what is left"), ROOT, PROP, 0),
	STRUCTURE("device tree: node \"\" has the property \"a\" twice", ROOT, PROP_A, PROP_B,
		  PROP_A, END_NODE, END),
	STRUCTURE("device tree: node \"n\" has the property \"a\" twice", ROOT,
		  NODE_N, PROP_A, NOP, PROP_A_AGAIN, END_NODE, END_NODE, END),
	STRUCTURE("device tree: node \"\" has two subnodes \"n\"", ROOT, NODE_N, END_NODE,
		  BEGIN, NAME('m'), END_NODE, NODE_N, PROP_A, END_NODE, END_NODE, END),
};

static void test_structure(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(structures); i++) {
		u8 *blob = make_blob(structures[i].words, structures[i].count);

		expect(blob, SIZE_OF(structures[i].count), structures[i].sentence);
		free(blob);
	}
}

static const u32 small[] = { ROOT, PROP_A, END_NODE, END };
#define SMALL_SIZE SIZE_OF(ARRAY_SIZE(small))	/* 93 bytes: structure at 0x38, strings at 0x54 */

/* One header field changed in a valid tree. */
static const struct {
	enum mk_fdt_header_field field;
	u32 value;
	const char *sentence;
} headers[] = {
	{ MK_FDT_FIELD_MAGIC, 0xedfe0dd0,
	  "device tree: not a DTB, it begins with 0xedfe0dd0 instead of 0xd00dfeed" },
	{ MK_FDT_FIELD_TOTAL_SIZE, 39,
	  "device tree: the header states an impossible size of 39 bytes" },
	{ MK_FDT_FIELD_TOTAL_SIZE, 0x80000000,
	  "device tree: the header states an impossible size of 2147483648 bytes" },
	{ MK_FDT_FIELD_TOTAL_SIZE, 94, "device tree: cut off, 93 of 94 bytes are there" },
	{ MK_FDT_FIELD_TOTAL_SIZE, 92,
	  "device tree: the strings block at 0x54, 0x9 bytes, is misplaced" },
	{ MK_FDT_FIELD_STRUCTURE, 0x3c,
	  "device tree: the structure block at 0x3c, 0x1c bytes, is misplaced" },
	{ MK_FDT_FIELD_STRUCTURE, 0x37,
	  "device tree: the structure block at 0x37, 0x1c bytes, is misplaced" },
	{ MK_FDT_FIELD_STRUCTURE, 0x34,
	  "device tree: the memory reservation block at 0x28 is not terminated" },
	{ MK_FDT_FIELD_STRUCTURE, 0xfffffffc,
	  "device tree: the structure block at 0xfffffffc, 0x1c bytes, is misplaced" },
	{ MK_FDT_FIELD_STRINGS, 0x55,
	  "device tree: the strings block at 0x55, 0x9 bytes, is misplaced" },
	{ MK_FDT_FIELD_STRINGS, 0xffffffff,
	  "device tree: the strings block at 0xffffffff, 0x9 bytes, is misplaced" },
	{ MK_FDT_FIELD_STRINGS, 0x53,
	  "device tree: the structure block at 0x38, 0x1c bytes, is misplaced" },
	{ MK_FDT_FIELD_STRINGS_SIZE, 0xffffffff,
	  "device tree: the strings block at 0x54, 0xffffffff bytes, is misplaced" },
	{ MK_FDT_FIELD_STRINGS_SIZE, 1, DAMAGED("0x8", "a property name is not terminated") },
	{ MK_FDT_FIELD_STRINGS_SIZE, 0,
	  DAMAGED("0x8", "a property name outside the strings block") },
	{ MK_FDT_FIELD_STRINGS_SIZE, 2, NULL },
	{ MK_FDT_FIELD_STRUCTURE_SIZE, 0x1b, DAMAGED("0x18", "it ends without FDT_END") },
	{ MK_FDT_FIELD_STRUCTURE_SIZE, 0, DAMAGED("0x0", "it ends without FDT_END") },
	{ MK_FDT_FIELD_STRUCTURE_SIZE, 0xfffffff0,
	  "device tree: the structure block at 0x38, 0xfffffff0 bytes, is misplaced" },
	{ MK_FDT_FIELD_RESERVATIONS, 0x20,
	  "device tree: the memory reservation block at 0x20 is misplaced" },
	{ MK_FDT_FIELD_RESERVATIONS, 0x2c,
	  "device tree: the memory reservation block at 0x2c is misplaced" },
	{ MK_FDT_FIELD_RESERVATIONS, 0x40,
	  "device tree: the memory reservation block at 0x40 is misplaced" },
	{ MK_FDT_FIELD_RESERVATIONS, 0x30,
	  "device tree: the memory reservation block at 0x30 is not terminated" },
	{ MK_FDT_FIELD_VERSION, 16,
	  "device tree: version 16, compatible with 16, is not compatible with 17" },
	{ MK_FDT_FIELD_VERSION, 18, NULL },
	{ MK_FDT_FIELD_LAST_COMP_VERSION, 17, NULL },
	{ MK_FDT_FIELD_LAST_COMP_VERSION, 18,
	  "device tree: version 17, compatible with 18, is not compatible with 17" },
	{ MK_FDT_FIELD_BOOT_CPU, 0xffffffff, NULL },
};

static void test_header(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(headers); i++) {
		u8 *blob = make_blob(small, ARRAY_SIZE(small));

		mk_put_be32(blob + headers[i].field, headers[i].value);
		expect(blob, SMALL_SIZE, headers[i].sentence);
		free(blob);
	}
}

/* Reserved memory is allowed, an end of the list inside the block is demanded. */
static void test_reservations(void **state)
{
	u8 *blob = make_blob(small, ARRAY_SIZE(small));

	(void)state;
	mk_put_be64(blob + MK_FDT_HEADER_SIZE, 0x1000);
	expect(blob, SMALL_SIZE,
	       "device tree: the memory reservation block at 0x28 is not terminated");
	mk_put_be64(blob + MK_FDT_HEADER_SIZE, 0);
	mk_put_be64(blob + MK_FDT_HEADER_SIZE + 8, 0x1000);
	expect(blob, SMALL_SIZE,
	       "device tree: the memory reservation block at 0x28 is not terminated");
	free(blob);
}

/* Every cut is refused, every alignment and what follows the tree is fine. */
static void test_size_and_alignment(void **state)
{
	u8 *blob = make_blob(small, ARRAY_SIZE(small));
	u8 *moved = malloc(SMALL_SIZE + 8);
	struct mk_fdt fdt;
	size_t i;

	(void)state;
	assert_non_null(moved);
	for (i = 0; i < SMALL_SIZE; i++) {
		u8 *cut = malloc(i ? i : 1);

		assert_non_null(cut);
		memcpy(cut, blob, i);
		assert_int_equal(mk_fdt_open(&fdt, cut, i, &why), -EINVAL);
		free(cut);
	}
	for (i = 0; i < 8; i++) {
		memset(moved, 0xff, SMALL_SIZE + 8);
		memcpy(moved + i, blob, SMALL_SIZE);
		assert_int_equal(mk_fdt_open(&fdt, moved + i, SMALL_SIZE + 8 - i, &why), 0);
	}
	free(moved);
	free(blob);
}

static void test_total_size(void **state)
{
	const u8 start[8] = { 0xd0, 0x0d, 0xfe, 0xed, 0x12, 0x34, 0x56, 0x78 };
	const u8 other[4] = { 0x7f, 'E', 'L', 'F' };
	u32 total = 0;

	(void)state;
	assert_int_equal(mk_fdt_total_size(start, 0, &total), -EAGAIN);
	assert_int_equal(mk_fdt_total_size(start, 7, &total), -EAGAIN);
	assert_int_equal(mk_fdt_total_size(other, 3, &total), -EAGAIN);
	assert_int_equal(mk_fdt_total_size(other, 4, &total), -EINVAL);
	assert_int_equal(total, 0);
	assert_int_equal(mk_fdt_total_size(start, 8, &total), 0);
	assert_int_equal(total, 0x12345678);
}

static void test_accessors(void **state)
{
	static const u32 words[] = {
		ROOT, PROP, 4, 2, 0xcafe0001, NOP, BEGIN, NAME('x'), PROP_A, END_NODE, NOP,
		BEGIN, NAME('y'), END_NODE, END_NODE, END
	};
	u8 *blob = make_blob(words, ARRAY_SIZE(words));
	struct mk_fdt_property property;
	struct mk_fdt fdt;
	int x, y;

	(void)state;
	assert_int_equal(mk_fdt_open(&fdt, blob, SIZE_OF(ARRAY_SIZE(words)), &why), 0);
	assert_string_equal(mk_fdt_name(&fdt, MK_FDT_ROOT), "");
	x = mk_fdt_first_child(&fdt, MK_FDT_ROOT);
	assert_string_equal(mk_fdt_name(&fdt, x), "x");
	y = mk_fdt_next_sibling(&fdt, x);
	assert_string_equal(mk_fdt_name(&fdt, y), "y");
	assert_true(mk_fdt_next_sibling(&fdt, y) < 0);
	assert_true(mk_fdt_next_sibling(&fdt, MK_FDT_ROOT) < 0);
	assert_true(mk_fdt_first_child(&fdt, x) < 0);
	assert_int_equal(mk_fdt_child(&fdt, MK_FDT_ROOT, "y"), y);
	assert_true(mk_fdt_child(&fdt, MK_FDT_ROOT, "") < 0);
	assert_true(mk_fdt_child(&fdt, MK_FDT_ROOT, "xy") < 0);

	assert_true(mk_fdt_property(&fdt, MK_FDT_ROOT, "b", &property));
	assert_string_equal(property.name, "b");
	assert_int_equal(property.size, 4);
	assert_int_equal(mk_get_be32(property.value), 0xcafe0001);
	assert_false(mk_fdt_next_property(&fdt, &property));
	assert_false(mk_fdt_property(&fdt, MK_FDT_ROOT, "a", &property));
	assert_true(mk_fdt_property(&fdt, x, "a", &property));
	assert_int_equal(property.size, 0);
	assert_false(mk_fdt_property(&fdt, y, "a", &property));
	free(blob);
}

/* What a negative node gives: nothing, and no step outside the blob. */
static void test_no_node(void **state)
{
	u8 *blob = make_blob(small, ARRAY_SIZE(small));
	struct mk_fdt_property property;
	struct mk_fdt fdt;

	(void)state;
	assert_int_equal(mk_fdt_open(&fdt, blob, SMALL_SIZE, &why), 0);
	assert_true(mk_fdt_first_child(&fdt, -ENOENT) < 0);
	assert_true(mk_fdt_next_sibling(&fdt, -ENOENT) < 0);
	assert_true(mk_fdt_child(&fdt, -ENOENT, "a") < 0);
	assert_false(mk_fdt_property(&fdt, -ENOENT, "a", &property));
	free(blob);
}

/*
 * Trees made to be slow, 1 MiB each. The bound allows for the sanitizers and a busy machine;
 * without them the worst takes about half a second.
 */
#define HOSTILE_SIZE (1U << 20)
#define HOSTILE_SECONDS 5

static void expect_quick(struct mk_fdt_writer *writer, const char *sentence)
{
	int size = mk_fdt_write_finish(writer);
	clock_t start = clock();
	struct mk_fdt fdt;
	int err;

	assert_true(size > 0);
	strcpy(why.text, "ok");
	err = mk_fdt_open(&fdt, writer->buffer, size, &why);
	assert_true((clock() - start) / CLOCKS_PER_SEC < HOSTILE_SECONDS);
	assert_string_equal(why.text, sentence ? sentence : "ok");
	assert_int_equal(err, sentence ? -EINVAL : 0);
}

static void write_leaves(struct mk_fdt_writer *writer, u32 count)
{
	char name[16];
	u32 i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%x", i);
		mk_fdt_write_node(writer, name);
		mk_fdt_write_end_node(writer);
	}
}

static void write_empty_properties(struct mk_fdt_writer *writer, u32 count, const char *format)
{
	char name[MK_FDT_NAME_MAX + 1];
	u32 i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), format, i);
		mk_fdt_write_bytes(writer, name, NULL, 0);
	}
}

/* As many siblings as can be on every level, and the next level is behind all of them. */
static void test_hostile_depth(void **state)
{
	void *buffer = malloc(HOSTILE_SIZE);
	struct mk_fdt_writer writer;
	u32 level;

	(void)state;
	assert_non_null(buffer);
	mk_fdt_write_begin(&writer, buffer, HOSTILE_SIZE);
	mk_fdt_write_node(&writer, "");
	for (level = 2; level <= MK_FDT_DEPTH_MAX; level++) {
		write_leaves(&writer, MK_FDT_SIBLINGS_MAX - 1);
		mk_fdt_write_node(&writer, "deeper");
	}
	write_empty_properties(&writer, MK_FDT_SIBLINGS_MAX, "%x");
	while (HOSTILE_SIZE - writer.used - writer.strings_size > 4096) {
		mk_put_be32(writer.buffer + writer.used, MK_FDT_NOP);
		writer.used += MK_FDT_TOKEN_SIZE;
	}
	for (level = 1; level <= MK_FDT_DEPTH_MAX; level++)
		mk_fdt_write_end_node(&writer);
	expect_quick(&writer, NULL);
	free(buffer);
}

/* The most pairs of names, and the longest names that differ last. */
static void test_hostile_names(void **state)
{
	static const char *const formats[] = { "%x", "%063x" };
	void *buffer = malloc(HOSTILE_SIZE);
	struct mk_fdt_writer writer;
	char name[16];
	size_t i;
	u32 node;

	(void)state;
	assert_non_null(buffer);
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		mk_fdt_write_begin(&writer, buffer, HOSTILE_SIZE);
		mk_fdt_write_node(&writer, "");
		for (node = 0; HOSTILE_SIZE - writer.used - writer.strings_size > 200000; node++) {
			snprintf(name, sizeof(name), "node%u", node);
			mk_fdt_write_node(&writer, name);
			write_empty_properties(&writer, MK_FDT_SIBLINGS_MAX, formats[i]);
			write_leaves(&writer, MK_FDT_SIBLINGS_MAX);
			mk_fdt_write_end_node(&writer);
		}
		assert_true(node > 10);
		mk_fdt_write_end_node(&writer);
		expect_quick(&writer, NULL);
	}
	free(buffer);
}

/* Limits hold on both sides, and a duplicate is found however far apart the two are. */
static void test_siblings(void **state)
{
	void *buffer = malloc(HOSTILE_SIZE);
	struct mk_fdt_writer writer;
	u32 distance;
	char text[128];

	(void)state;
	assert_non_null(buffer);
	for (distance = 1; distance < MK_FDT_SIBLINGS_MAX; distance += distance < 200 ? 1 : 97) {
		mk_fdt_write_begin(&writer, buffer, HOSTILE_SIZE);
		mk_fdt_write_node(&writer, "");
		write_leaves(&writer, distance);
		mk_fdt_write_node(&writer, "0");
		mk_fdt_write_end_node(&writer);
		mk_fdt_write_end_node(&writer);
		expect_quick(&writer, "device tree: node \"\" has two subnodes \"0\"");

		mk_fdt_write_begin(&writer, buffer, HOSTILE_SIZE);
		mk_fdt_write_node(&writer, "");
		write_empty_properties(&writer, distance, "%x");
		snprintf(text, sizeof(text), "%x", distance - 1);
		mk_fdt_write_bytes(&writer, text, NULL, 0);
		mk_fdt_write_end_node(&writer);
		snprintf(text, sizeof(text), "device tree: node \"\" has the property \"%x\" twice",
			 distance - 1);
		expect_quick(&writer, text);
	}

	mk_fdt_write_begin(&writer, buffer, HOSTILE_SIZE);
	mk_fdt_write_node(&writer, "");
	write_empty_properties(&writer, MK_FDT_SIBLINGS_MAX + 1, "%x");
	mk_fdt_write_end_node(&writer);
	expect_quick(&writer, "device tree: a node has more than 2048 properties");

	mk_fdt_write_begin(&writer, buffer, HOSTILE_SIZE);
	mk_fdt_write_node(&writer, "");
	write_leaves(&writer, MK_FDT_SIBLINGS_MAX + 1);
	mk_fdt_write_end_node(&writer);
	expect_quick(&writer, "device tree: node \"800\" has more than 2047 siblings");
	free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_reservations),
		cmocka_unit_test(test_size_and_alignment),
		cmocka_unit_test(test_total_size),
		cmocka_unit_test(test_accessors),
		cmocka_unit_test(test_no_node),
		cmocka_unit_test(test_hostile_depth),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_siblings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
