// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every rule of the tree: a valid tree is changed in one place with libfdt, and must be refused
 * with the right error and the whole sentence; or be accepted, where the rule has another side.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <libfdt.h>

#include "oracle.h"
#include "tree.h"

#define BLOB_SIZE 8192
#define WEB "/instances/web-server"
#define DATABASE "/instances/database"
#define RESOURCES "/resources"

static struct mk_tree tree, expected;
static struct mk_reason why;

static void put(void *fdt, const char *node, const char *property, const void *value, int size)
{
	int offset = fdt_path_offset(fdt, node);

	assert_true(offset >= 0);
	assert_int_equal(fdt_setprop(fdt, offset, property, value, size), 0);
}

static void put_u32(void *fdt, const char *node, const char *property, u32 value)
{
	value = cpu_to_fdt32(value);
	put(fdt, node, property, &value, sizeof(value));
}

static void add(void *fdt, const char *parent, const char *name)
{
	int offset = fdt_path_offset(fdt, parent);

	assert_true(offset >= 0);
	assert_true(fdt_add_subnode(fdt, offset, name) >= 0);
}

/* The tree of examples/two-instances.dts. Subnodes are added in front, so the last comes first. */
static void *make_tree(void)
{
	const fdt32_t two_cpus[2] = { cpu_to_fdt32(2), cpu_to_fdt32(3) };
	void *fdt = malloc(BLOB_SIZE);

	assert_non_null(fdt);
	assert_int_equal(fdt_create_empty_tree(fdt, BLOB_SIZE), 0);
	put(fdt, "/", "compatible", MK_COMPATIBLE, sizeof(MK_COMPATIBLE));
	add(fdt, "/", "instances");
	add(fdt, "/instances", "database");
	put_u32(fdt, DATABASE, "id", 2);
	add(fdt, DATABASE, "resources");
	put(fdt, DATABASE RESOURCES, "cpus", two_cpus, sizeof(two_cpus));
	put_u32(fdt, DATABASE RESOURCES, "memory-bytes", 0x40000000);
	add(fdt, "/instances", "web-server");
	put_u32(fdt, WEB, "id", 1);
	add(fdt, WEB, "resources");
	put_u32(fdt, WEB RESOURCES, "cpus", 1);
	put_u32(fdt, WEB RESOURCES, "memory-bytes", 0x20000000);
	return fdt;
}

/* The oracle must say the same, so that it is tested too. */
static int parse(void *fdt)
{
	int err;

	assert_int_equal(fdt_pack(fdt), 0);
	strcpy(why.text, "ok");
	err = mk_tree_parse(&tree, fdt, fdt_totalsize(fdt), &why);
	assert_int_equal(oracle_tree(&expected, fdt, fdt_totalsize(fdt)), err);
	if (!err)
		assert_true(oracle_same_tree(&tree, &expected));
	free(fdt);
	return err;
}

/* @sentence NULL: accepted. */
static void expect(void *fdt, const char *sentence)
{
	int err = parse(fdt);

	assert_string_equal(why.text, sentence ? sentence : "ok");
	assert_int_equal(err, sentence ? -EINVAL : 0);
}

static void test_example(void **state)
{
	const struct mk_instance_config *config = tree.instance;

	(void)state;
	expect(make_tree(), NULL);
	assert_int_equal(tree.count, 2);
	assert_string_equal(config[0].name, "web-server");
	assert_int_equal(config[0].id, 1);
	assert_int_equal(config[0].cpu_count, 1);
	assert_int_equal(mk_tree_cpus(&tree, &config[0])[0], 1);
	assert_int_equal(config[0].memory_bytes, 0x20000000);
	assert_string_equal(config[1].name, "database");
	assert_int_equal(config[1].id, 2);
	assert_int_equal(config[1].cpu_count, 2);
	assert_int_equal(mk_tree_cpus(&tree, &config[1])[0], 2);
	assert_int_equal(mk_tree_cpus(&tree, &config[1])[1], 3);
	assert_int_equal(config[1].memory_bytes, 0x40000000);
	assert_int_equal(tree.cpu_total, 3);
}

#define BYTES(text) text, sizeof(text) - 1
#define MISSING NULL, -1
#define TOO_LARGE(cpu) "instance \"web-server\": property \"cpus\" has CPU " cpu \
	"; ids are below 8192, one cell each: cpus = <1 2 3>"

/* One property changed. The values are bytes as they are in the tree. */
static const struct {
	const char *node;
	const char *property;
	const char *value;
	int size;
	const char *sentence;
} property_rules[] = {
	{ "/", "compatible", MISSING,
	  "device tree: the root has no property \"compatible\"; it must be \"multikernel-v1\"" },
	{ "/", "compatible", BYTES("multikernel-v2\0"),
	  "device tree: property \"compatible\" of the root is \"multikernel-v2\"; it must be \"multikernel-v1\"" },
	{ "/", "compatible", BYTES("multikernel-v1"),
	  "device tree: property \"compatible\" of the root is not a list of strings" },
	{ "/", "compatible", BYTES(""),
	  "device tree: property \"compatible\" of the root is not a list of strings" },
	{ "/", "compatible", BYTES("\0"),
	  "device tree: property \"compatible\" of the root is not a list of strings" },
	{ "/", "compatible", BYTES("multikernel-v1\0\0"),
	  "device tree: property \"compatible\" of the root is not a list of strings" },
	{ "/", "compatible", BYTES("multikernel-v1\0\n\0"),
	  "device tree: property \"compatible\" of the root is not a list of strings" },
	{ "/", "compatible", BYTES("multikernel-v1\0rest"),
	  "device tree: property \"compatible\" of the root is not a list of strings" },
	{ "/", "compatible", BYTES("multikernel-v10\0"),
	  "device tree: property \"compatible\" of the root is \"multikernel-v10\"; it must be \"multikernel-v1\"" },
	{ "/", "compatible", BYTES("vendor,board\0multikernel-v1\0"), NULL },
	{ "/", "model", BYTES("\1\2\3"), NULL },
	{ "/instances", "#address-cells", BYTES("\0\0\0\1"), NULL },

	{ WEB, "id", MISSING, "instance \"web-server\": property \"id\" is missing; use 1 to 2047" },
	{ WEB, "id", BYTES(""), "instance \"web-server\": property \"id\" has 0 bytes; it must be one cell, 4 bytes" },
	{ WEB, "id", BYTES("\0\0\1"),
	  "instance \"web-server\": property \"id\" has 3 bytes; it must be one cell, 4 bytes" },
	{ WEB, "id", BYTES("\0\0\0\0\0\0\0\1"),
	  "instance \"web-server\": property \"id\" has 8 bytes; it must be one cell, 4 bytes" },
	{ WEB, "id", BYTES("\0\0\0\0"),
	  "instance \"web-server\": property \"id\" is 0, which is the host; use 1 to 2047" },
	{ WEB, "id", BYTES("\0\0\x08\0"),
	  "instance \"web-server\": property \"id\" is 2048, which is too large; use 1 to 2047" },
	{ WEB, "id", BYTES("\xff\xff\xff\xff"),
	  "instance \"web-server\": property \"id\" is 4294967295, which is too large; use 1 to 2047" },
	{ WEB, "id", BYTES("\0\0\x07\xff"), NULL },
	{ DATABASE, "id", BYTES("\0\0\0\1"),
	  "instance \"database\": property \"id\" is 1, which instance \"web-server\" has too" },
	{ WEB, "compatible", BYTES("anything\0"), NULL },
	{ WEB, "phandle", BYTES("\0\0\0\1"), NULL },

	{ WEB RESOURCES, "cpus-max", BYTES("\0\0\0\1"), NULL },
	{ WEB RESOURCES, "cpus-max", BYTES("\0\0\0\7\0\0\0\2\0\0\0\1"), NULL },
	{ WEB RESOURCES, "cpus-max", BYTES(""),
	  "instance \"web-server\": property \"cpus-max\" is empty; at least one CPU is needed" },
	{ WEB RESOURCES, "cpus-max", BYTES("\0\0\0\1\0\0"),
	  "instance \"web-server\": property \"cpus-max\" has 6 bytes; it must be cells of 4: cpus = <1 2 3>" },
	{ WEB RESOURCES, "cpus-max", BYTES("\0\0\0\1\0\0\0\5\0\0\0\5"),
	  "instance \"web-server\": property \"cpus-max\" has CPU 5 twice" },
	{ WEB RESOURCES, "cpus-max", BYTES("\0\0\0\1\0\0\x20\0"),
	  "instance \"web-server\": property \"cpus-max\" has CPU 8192; ids are below 8192, one cell each: cpus = <1 2 3>" },
	{ WEB RESOURCES, "cpus-max", BYTES("\0\0\0\2\0\0\0\3"),
	  "instance \"web-server\": property \"cpus-max\" lacks CPU 1, which \"cpus\" has; it names all that the instance may have" },
	{ DATABASE RESOURCES, "cpus-max", BYTES("\0\0\0\1\0\0\0\2\0\0\0\3"), NULL },

	{ WEB RESOURCES, "cpus", MISSING,
	  "instance \"web-server\": property \"cpus\" is missing in \"resources\"" },
	{ WEB RESOURCES, "cpus", BYTES(""),
	  "instance \"web-server\": property \"cpus\" is empty; at least one CPU is needed" },
	{ WEB RESOURCES, "cpus", BYTES("\0\0\0\1\0\0"),
	  "instance \"web-server\": property \"cpus\" has 6 bytes; it must be cells of 4: cpus = <1 2 3>" },
	{ WEB RESOURCES, "cpus", BYTES("\0\0\0\4\0\0\0\5\0\0\0\4"),
	  "instance \"web-server\": property \"cpus\" has CPU 4 twice; write cpus = <1 2 3>" },
	{ DATABASE RESOURCES, "cpus", BYTES("\0\0\0\4\0\0\0\1"),
	  "instance \"database\": property \"cpus\" has CPU 1, which instance \"web-server\" has too" },
	{ WEB RESOURCES, "cpus", BYTES("\0\0\0\0\xff\xff\xff\xff"), TOO_LARGE("4294967295") },
	{ WEB RESOURCES, "cpus", BYTES("1-3\0"), TOO_LARGE("825045760") },
	{ WEB RESOURCES, "cpus", BYTES("1-3,5-7\0"), TOO_LARGE("825045804") },
	{ WEB RESOURCES, "cpus", BYTES("\0\2\0\3"), TOO_LARGE("131075") },
	{ WEB RESOURCES, "cpus", BYTES("\0\0\0\7\0\0\x20\0"), TOO_LARGE("8192") },
	{ WEB RESOURCES, "cpus", BYTES("\0\0\0\7\0\0\x1f\xff"), NULL },
	{ WEB RESOURCES, "cpus", BYTES("\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\4"),
	  "instance \"web-server\": property \"cpus\" has CPU 0 twice; write cpus = <1 2 3>" },

	{ WEB RESOURCES, "memory-bytes", MISSING,
	  "instance \"web-server\": property \"memory-bytes\" is missing in \"resources\"" },
	{ WEB RESOURCES, "memory-bytes", BYTES(""),
	  "instance \"web-server\": property \"memory-bytes\" has 0 bytes; it must be one or two cells of 4" },
	{ WEB RESOURCES, "memory-bytes", BYTES("\0\0\x10"),
	  "instance \"web-server\": property \"memory-bytes\" has 3 bytes; it must be one or two cells of 4" },
	{ WEB RESOURCES, "memory-bytes", BYTES("\0\0\0\0\0\0\0\0\0\0\x10\0"),
	  "instance \"web-server\": property \"memory-bytes\" has 12 bytes; it must be one or two cells of 4" },
	{ WEB RESOURCES, "memory-bytes", BYTES("\0\0\0\0"),
	  "instance \"web-server\": property \"memory-bytes\" is 0; a kernel needs memory" },
	{ WEB RESOURCES, "memory-bytes", BYTES("\0\0\0\0\0\0\0\0"),
	  "instance \"web-server\": property \"memory-bytes\" is 0; a kernel needs memory" },
	{ WEB RESOURCES, "memory-bytes", BYTES("\x20\0\x08\0"),
	  "instance \"web-server\": property \"memory-bytes\" is 0x20000800, which is not a multiple of the page size 0x1000" },
	{ WEB RESOURCES, "memory-bytes", BYTES("\0\0\0\1\0\0\0\1"),
	  "instance \"web-server\": property \"memory-bytes\" is 0x100000001, which is not a multiple of the page size 0x1000" },
	{ WEB RESOURCES, "memory-bytes", BYTES("\0\0\x10\0"), NULL },
	{ WEB RESOURCES, "memory-bytes", BYTES("\xff\xff\xff\xff\xff\xff\xf0\0"), NULL },

	{ WEB RESOURCES, "devices", BYTES("\0\0\0\1"),
	  "instance \"web-server\": property \"devices\" in \"resources\" is not known" },
	{ WEB RESOURCES, "cpu", BYTES("\0\0\0\7"),
	  "instance \"web-server\": property \"cpu\" in \"resources\" is not known" },
	{ WEB RESOURCES, "phandle", BYTES("\0\0\0\1"), NULL },
	{ WEB RESOURCES, "linux,phandle", BYTES("\0\0\0\1"), NULL },
};

/* More than there can be places for in the tables of a spawn kernel. */
static void test_too_many_may_come(void **state)
{
	static u32 cpus[MK_LATER_CPUS_MAX + 2];
	static u8 large[4 * BLOB_SIZE];
	void *fdt;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cpus); i++)
		mk_put_be32(&cpus[i], i + 1);
	for (i = 0; i < 2; i++) {
		fdt = make_tree();
		assert_int_equal(fdt_open_into(fdt, large, sizeof(large)), 0);
		free(fdt);
		fdt = malloc(sizeof(large));
		memcpy(fdt, large, sizeof(large));
		put(fdt, WEB RESOURCES, "cpus-max", cpus, sizeof(cpus) - 4 + 4 * i);
		expect(fdt, i ? "instance \"web-server\": property \"cpus-max\" has 2049 CPUs more than \"cpus\"; at most 2048 may come" : NULL);
	}
}

static void test_properties(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(property_rules); i++) {
		void *fdt = make_tree();
		int node = fdt_path_offset(fdt, property_rules[i].node);

		if (property_rules[i].value)
			put(fdt, property_rules[i].node, property_rules[i].property,
			    property_rules[i].value, property_rules[i].size);
		else
			assert_int_equal(fdt_delprop(fdt, node, property_rules[i].property), 0);
		expect(fdt, property_rules[i].sentence);
	}
}

#define CHARACTERS_31 "abcdefghijklmnopqrstuvwxyz01234"
#define CHARACTERS_64 CHARACTERS_31 CHARACTERS_31 "56"

/* web-server renamed; names of other nodes are what the tree needs them to be. */
static const struct {
	const char *name;
	const char *sentence;
} name_rules[] = {
	{ CHARACTERS_31, NULL },
	{ "AZaz09._+-", NULL },
	{ "...", NULL },
	{ "w", NULL },
	{ CHARACTERS_31 "5",
	  "instance \"" CHARACTERS_31 "5\": the name has 32 characters; use 1 to 31" },
	{ CHARACTERS_64,
	  "device tree: the name \"" CHARACTERS_31 CHARACTERS_31 "5...\" is longer than 63 characters" },
	{ "", "device tree: damaged at byte 0x34 of the structure block: an empty name" },
	{ ".", "instance \".\": the name is one that no directory can have" },
	{ "..", "instance \"..\": the name is one that no directory can have" },
	{ "-web", "instance \"-web\": the name begins with '-', as options of commands do" },
	{ "w-", NULL },
	{ "web@1", "instance \"web@1\": the name has a unit address, \"@1\"; leave it out" },
	{ "web server", "instance \"web server\": the name has a ' '; use A-Z a-z 0-9 . _ + -" },
	{ "web,server", "instance \"web,server\": the name has a ','; use A-Z a-z 0-9 . _ + -" },
	{ "web/server", "instance \"web/server\": the name has a '/'; use A-Z a-z 0-9 . _ + -" },
	{ "web\nserver",
	  "device tree: damaged at byte 0x34 of the structure block: a name that is not printable" },
	{ "w\xc3\xa9" "b",
	  "device tree: damaged at byte 0x34 of the structure block: a name that is not printable" },
	{ "database", "device tree: node \"instances\" has two subnodes \"database\"" },
};

static void test_names(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(name_rules); i++) {
		void *fdt = make_tree();
		int node = fdt_path_offset(fdt, WEB);

		assert_int_equal(fdt_set_name(fdt, node, name_rules[i].name), 0);
		expect(fdt, name_rules[i].sentence);
	}
}

/* A node added. */
static const struct {
	const char *parent;
	const char *name;
	const char *sentence;
} node_rules[] = {
	{ "/", "__symbols__", NULL },
	{ "/", "chosen", NULL },
	{ "/instances", "empty", "instance \"empty\": property \"id\" is missing; use 1 to 2047" },
	{ WEB, "devices", "instance \"web-server\": node \"devices\" is not known; only \"resources\" is" },
	{ WEB, "resources@1",
	  "instance \"web-server\": node \"resources@1\" is not known; only \"resources\" is" },
	{ WEB RESOURCES, "pci", "instance \"web-server\": node \"pci\" in \"resources\" is not known" },
};

static void test_nodes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(node_rules); i++) {
		void *fdt = make_tree();

		add(fdt, node_rules[i].parent, node_rules[i].name);
		expect(fdt, node_rules[i].sentence);
	}
}

/* An instance that is disabled is not there, whatever else is said of it. */
static void test_status(void **state)
{
	static const struct {
		const char *value;
		int size;
		u32 count;
	} statuses[] = {
		{ BYTES("okay\0"), 2 }, { BYTES("ok\0"), 2 }, { BYTES("disabled\0"), 1 },
		{ BYTES("okay"), 0 }, { BYTES("disabled"), 0 }, { BYTES("okey\0"), 0 }, { BYTES(""), 0 },
		{ BYTES("reserved\0"), 0 }, { BYTES("disabled\0okay\0"), 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		void *fdt = make_tree();

		put(fdt, WEB, "status", statuses[i].value, statuses[i].size);
		if (statuses[i].count < 2)
			put_u32(fdt, WEB RESOURCES, "cpus", statuses[i].count ? 2 : 1);
		expect(fdt, statuses[i].count ? NULL :
		       "instance \"web-server\": property \"status\" is neither \"okay\" nor \"disabled\"");
		if (statuses[i].count)
			assert_int_equal(tree.count, statuses[i].count);
	}
}

static void delete(void *fdt, const char *node)
{
	assert_int_equal(fdt_del_node(fdt, fdt_path_offset(fdt, node)), 0);
}

static void test_missing_nodes(void **state)
{
	void *fdt;

	(void)state;
	fdt = make_tree();
	delete(fdt, "/instances");
	expect(fdt, "device tree: node \"instances\" is missing");

	fdt = make_tree();
	delete(fdt, WEB RESOURCES);
	expect(fdt, "instance \"web-server\": node \"resources\" is missing");

	fdt = make_tree();
	delete(fdt, WEB);
	delete(fdt, DATABASE);
	expect(fdt, NULL);
	assert_int_equal(tree.count, 0);
	assert_int_equal(tree.cpu_total, 0);
}

static void test_wide_memory(void **state)
{
	void *fdt = make_tree();

	(void)state;
	put(fdt, WEB RESOURCES, "memory-bytes", BYTES("\0\0\0\x12\x34\x56\x70\0"));
	expect(fdt, NULL);
	assert_int_equal(tree.instance[0].memory_bytes, 0x1234567000);
}

/* The largest tree: every id there is, and one instance more. */
static void test_many_instances(void **state)
{
	size_t size = MK_TREE_SIZE_MAX;
	u32 id, count;
	char name[16];
	void *fdt;

	(void)state;
	for (count = MK_INSTANCES_MAX; count <= MK_INSTANCES_MAX + 2; count++) {
		fdt = malloc(size);
		assert_non_null(fdt);
		assert_int_equal(fdt_create(fdt, size), 0);
		fdt_finish_reservemap(fdt);
		fdt_begin_node(fdt, "");
		fdt_property_string(fdt, "compatible", MK_COMPATIBLE);
		fdt_begin_node(fdt, "instances");
		for (id = 1; id <= count; id++) {
			snprintf(name, sizeof(name), "i%u", id);
			fdt_begin_node(fdt, name);
			fdt_property_u32(fdt, "id", id);
			fdt_begin_node(fdt, "resources");
			fdt_property_u32(fdt, "cpus", id);
			fdt_property_u32(fdt, "memory-bytes", 0x1000);
			fdt_end_node(fdt);
			fdt_end_node(fdt);
		}
		fdt_end_node(fdt);
		fdt_end_node(fdt);
		assert_int_equal(fdt_finish(fdt), 0);
		strcpy(why.text, "ok");
		mk_tree_parse(&tree, fdt, fdt_totalsize(fdt), &why);
		free(fdt);
		if (count == MK_INSTANCES_MAX)
			assert_string_equal(why.text, "ok");
		else if (count == MK_INSTANCES_MAX + 1)
			assert_string_equal(why.text, "instance \"i2048\": property \"id\" is 2048, "
						      "which is too large; use 1 to 2047");
		else
			assert_string_equal(why.text, "device tree: node \"i2049\" has more than "
						      "2047 siblings");
	}
}

static void *make_tree_of_cpus(u32 count)
{
	size_t size = BLOB_SIZE + 4 * (size_t)count;
	void *fdt = make_tree();
	fdt32_t *cpus;
	u32 i;

	fdt = realloc(fdt, size);
	assert_non_null(fdt);
	assert_int_equal(fdt_open_into(fdt, fdt, size), 0);
	delete(fdt, DATABASE);
	cpus = malloc(4 * (size_t)count);
	assert_non_null(cpus);
	for (i = 0; i < count; i++)
		cpus[i] = cpu_to_fdt32(count - 1 - i);
	put(fdt, WEB RESOURCES, "cpus", cpus, 4 * count);
	free(cpus);
	return fdt;
}

/* <0 7>, which is also /bits/ 64 <7>: it is read as the cells of 32 bits that are promised. */
static void test_one_wide_cell(void **state)
{
	const fdt32_t wide[] = { cpu_to_fdt32(0), cpu_to_fdt32(7) };
	void *fdt = make_tree();

	(void)state;
	put(fdt, WEB RESOURCES, "cpus", wide, sizeof(wide));
	expect(fdt, NULL);
	assert_int_equal(tree.instance[0].cpu_count, 2);
	assert_int_equal(tree.cpu[tree.instance[0].first_cpu], 0);
	assert_int_equal(tree.cpu[tree.instance[0].first_cpu + 1], 7);
}

static void test_many_cpus(void **state)
{
	(void)state;
	expect(make_tree_of_cpus(MK_CPUS_MAX), NULL);
	assert_int_equal(tree.cpu_total, MK_CPUS_MAX);
	expect(make_tree_of_cpus(MK_CPUS_MAX + 1),
	       "instance \"web-server\": property \"cpus\" has 8193 CPUs; a whole tree has at most 8192");
}

static void test_too_big(void **state)
{
	size_t size = MK_TREE_SIZE_MAX + 1;
	void *fdt = make_tree();
	u8 *big = calloc(1, size);

	(void)state;
	assert_non_null(big);
	assert_int_equal(fdt_pack(fdt), 0);
	memcpy(big, fdt, fdt_totalsize(fdt));
	assert_int_equal(mk_tree_parse(&tree, big, size - 1, &why), 0);
	assert_int_equal(mk_tree_parse(&tree, big, size, &why), -EFBIG);
	assert_string_equal(why.text, "device tree: 1048577 bytes; at most 1048576 are taken");

	fdt_set_totalsize(big, MK_TREE_SIZE_MAX + 1);
	assert_int_equal(mk_tree_parse(&tree, big, 8, &why), -EFBIG);
	assert_string_equal(why.text,
			    "device tree: the header states 1048577 bytes; at most 1048576 are taken");
	fdt_set_totalsize(big, MK_TREE_SIZE_MAX);
	assert_int_equal(mk_tree_parse(&tree, big, size - 1, &why), 0);
	assert_int_equal(mk_tree_parse(&tree, big, size - 2, &why), -EINVAL);
	assert_string_equal(why.text, "device tree: cut off, 1048575 of 1048576 bytes are there");
	free(big);
	free(fdt);
}

/* Cut short anywhere, it is refused; and nobody has to listen why. */
static void test_cut_off(void **state)
{
	void *fdt = make_tree();
	size_t size;

	(void)state;
	assert_int_equal(fdt_pack(fdt), 0);
	for (size = 0; size < fdt_totalsize(fdt); size++) {
		void *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, fdt, size);
		assert_int_equal(mk_tree_parse(&tree, copy, size, NULL), -EINVAL);
		free(copy);
	}
	free(fdt);
}

static void test_add(void **state)
{
	static struct mk_tree made;
	static u32 cpus[MK_CPUS_MAX];
	struct mk_instance_config config = { .name = "a", .id = 7, .first_cpu = 99, .cpu_count = 2,
					     .memory_bytes = 0x3000 };
	u32 i;

	(void)state;
	for (i = 0; i < MK_CPUS_MAX; i++)
		cpus[i] = i;
	assert_int_equal(mk_tree_add(&made, &config, cpus + 5), 0);
	config.id = 8;
	config.cpu_count = MK_CPUS_MAX - 1;
	assert_int_equal(mk_tree_add(&made, &config, cpus), -ENOSPC);
	config.cpu_count = ~0U;
	assert_int_equal(mk_tree_add(&made, &config, cpus), -ENOSPC);
	assert_int_equal(made.count, 1);
	config.cpu_count = MK_CPUS_MAX - 2;
	assert_int_equal(mk_tree_add(&made, &config, cpus), 0);
	assert_int_equal(made.count, 2);
	assert_int_equal(made.instance[0].id, 7);
	assert_int_equal(mk_tree_cpus(&made, &made.instance[0])[1], 6);
	assert_int_equal(made.instance[1].first_cpu, 2);
	assert_int_equal(mk_tree_cpus(&made, &made.instance[1])[MK_CPUS_MAX - 3], MK_CPUS_MAX - 3);

	config.cpu_count = 0;
	for (i = 2; i < MK_INSTANCES_MAX; i++)
		assert_int_equal(mk_tree_add(&made, &config, cpus), 0);
	assert_int_equal(mk_tree_add(&made, &config, cpus), -ENOSPC);
}

#define IMAGES "/images"

/* Two images, which dtc would have numbered; the web server has both, in another order. */
static void *make_tree_with_images(void)
{
	const fdt32_t references[2] = { cpu_to_fdt32(2), cpu_to_fdt32(1) };
	void *fdt = make_tree();

	add(fdt, "/", "images");
	add(fdt, IMAGES, "data");
	put_u32(fdt, IMAGES "/data", "memory-bytes", 0x400000);
	put_u32(fdt, IMAGES "/data", "phandle", 2);
	add(fdt, IMAGES, "rootfs");
	put(fdt, IMAGES "/rootfs", "memory-bytes", "\0\0\0\1\0\x20\0\0", 8);
	put_u32(fdt, IMAGES "/rootfs", "phandle", 1);
	put(fdt, WEB RESOURCES, "images", references, sizeof(references));
	return fdt;
}

static void test_images(void **state)
{
	void *fdt;

	(void)state;
	expect(make_tree_with_images(), NULL);
	assert_int_equal(tree.image_count, 2);
	assert_string_equal(tree.image[0].name, "rootfs");
	assert_int_equal(tree.image[0].memory_bytes, 0x100200000);
	assert_string_equal(tree.image[1].name, "data");
	assert_int_equal(tree.image[1].memory_bytes, 0x400000);
	assert_int_equal(tree.instance[0].image_count, 2);
	assert_int_equal(tree.instance[0].image[0], 1);
	assert_int_equal(tree.instance[0].image[1], 0);
	assert_int_equal(tree.instance[1].image_count, 0);

	fdt = make_tree_with_images();
	put(fdt, DATABASE RESOURCES, "image-names", "data\0rootfs", 12);
	expect(fdt, NULL);
	assert_int_equal(tree.instance[1].image_count, 2);
	assert_int_equal(tree.instance[1].image[0], 1);
	assert_int_equal(tree.instance[1].image[1], 0);
	assert_int_equal(mk_tree_find_image(&tree, "data"), 1);
	assert_int_equal(mk_tree_find_image(&tree, "dat"), 2);

	fdt = make_tree();
	add(fdt, "/", "images");	/* none is no mistake */
	expect(fdt, NULL);
	assert_int_equal(tree.image_count, 0);
}

#define ROOTFS IMAGES "/rootfs"

static const struct {
	const char *node;
	const char *property;
	const char *value;
	int size;
	const char *sentence;
} image_rules[] = {
	{ ROOTFS, "memory-bytes", MISSING,
	  "image \"rootfs\": property \"memory-bytes\" is missing" },
	{ ROOTFS, "memory-bytes", BYTES("\0\0\0\0"),
	  "image \"rootfs\": property \"memory-bytes\" is 0; a kernel needs memory" },
	{ ROOTFS, "memory-bytes", BYTES("\0\x30\0\0"),
	  "image \"rootfs\": property \"memory-bytes\" is 0x300000, which is not a multiple of the large page size 0x200000" },
	{ ROOTFS, "memory-bytes", BYTES("\0\x20\0"),
	  "image \"rootfs\": property \"memory-bytes\" has 3 bytes; it must be one or two cells of 4" },
	{ ROOTFS, "file", BYTES("x\0"),
	  "image \"rootfs\": property \"file\" is not known" },
	{ ROOTFS, "phandle", BYTES("\0\0\0\2"),
	  "image \"data\": property \"phandle\" is 2, which image \"rootfs\" has too" },
	{ ROOTFS, "phandle", BYTES("\0\0"),
	  "image \"rootfs\": property \"phandle\" has 2 bytes; it must be one cell, 4 bytes" },
	{ ROOTFS, "phandle", BYTES("\0\0\0\0"),
	  "instance \"web-server\": property \"images\" has the reference 1, which is to no node below \"images\"" },
	{ ROOTFS, "linux,phandle", BYTES("\0\0\0\1"), NULL },
	{ WEB, "images", BYTES("\0\0\0\1"),
	  "instance \"web-server\": property \"images\" belongs into \"resources\"" },
	{ WEB, "image-names", BYTES("data\0"),
	  "instance \"web-server\": property \"image-names\" belongs into \"resources\"" },
	{ WEB, "cpus-max", BYTES("\0\0\0\1"),
	  "instance \"web-server\": property \"cpus-max\" belongs into \"resources\"" },
	{ WEB RESOURCES, "images", BYTES("\0\0\0\3"),
	  "instance \"web-server\": property \"images\" has the reference 3, which is to no node below \"images\"" },
	{ WEB RESOURCES, "images", BYTES("\0\0\0\0"),
	  "instance \"web-server\": property \"images\" has the reference 0, which is to no node below \"images\"" },
	{ WEB RESOURCES, "images", BYTES(""),
	  "instance \"web-server\": property \"images\" has 0 bytes; it must be references, as in <&rootfs>" },
	{ WEB RESOURCES, "images", BYTES("\0\0\0\1\0"),
	  "instance \"web-server\": property \"images\" has 5 bytes; it must be references, as in <&rootfs>" },
	{ WEB RESOURCES, "images", BYTES("\0\0\0\1\0\0\0\1"),
	  "instance \"web-server\": image \"rootfs\" is named twice" },
	{ WEB RESOURCES, "image-names", BYTES("data\0"),
	  "instance \"web-server\": \"images\" and \"image-names\" are both there" },
	{ DATABASE RESOURCES, "image-names", BYTES("data"),
	  "instance \"database\": property \"image-names\" is not a list of strings" },
	{ DATABASE RESOURCES, "image-names", BYTES(""),
	  "instance \"database\": property \"image-names\" is not a list of strings" },
	{ DATABASE RESOURCES, "image-names", BYTES("nothing\0"),
	  "instance \"database\": property \"image-names\" has \"nothing\", which no node below \"images\" is called" },
	{ DATABASE RESOURCES, "image-names", BYTES("data\0data\0"),
	  "instance \"database\": image \"data\" is named twice" },
};

static void test_image_rules(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(image_rules); i++) {
		void *fdt = make_tree_with_images();
		int node = fdt_path_offset(fdt, image_rules[i].node);

		if (image_rules[i].size < 0)
			assert_int_equal(fdt_delprop(fdt, node, image_rules[i].property), 0);
		else
			put(fdt, image_rules[i].node, image_rules[i].property,
			    image_rules[i].value, image_rules[i].size);
		expect(fdt, image_rules[i].sentence);
	}
}

static void test_image_nodes(void **state)
{
	void *fdt = make_tree_with_images();

	(void)state;
	add(fdt, ROOTFS, "part");
	expect(fdt, "image \"rootfs\": node \"part\" is not known");
	fdt = make_tree_with_images();
	add(fdt, IMAGES, "a b");
	expect(fdt, "image \"a b\": the name has a ' '; use A-Z a-z 0-9 . _ + -");
	fdt = make_tree_with_images();
	add(fdt, IMAGES, "a@1");
	expect(fdt, "image \"a@1\": the name has a unit address, \"@1\"; leave it out");
	fdt = make_tree_with_images();
	add(fdt, IMAGES, "abcdefghijklmnopqrstuvwxyz-123456");
	expect(fdt, "image \"abcdefghijklmnopqrstuvwxyz-123456\": the name has 33 characters; use 1 to 31");
}

/* @count images, of which the web server names all. */
static void *make_many_images(u32 count)
{
	static fdt32_t references[MK_DISK_IMAGES_MAX + 1];
	char name[16], path[32];
	void *fdt = make_tree();
	u32 i;

	add(fdt, "/", "images");
	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "i%u", i);
		snprintf(path, sizeof(path), IMAGES "/%s", name);
		add(fdt, IMAGES, name);
		put_u32(fdt, path, "memory-bytes", 0x200000);
		put_u32(fdt, path, "phandle", i + 1);
		references[i] = cpu_to_fdt32(i + 1);
	}
	put(fdt, WEB RESOURCES, "images", references, count * sizeof(*references));
	return fdt;
}

static void test_many_images(void **state)
{
	void *fdt;

	(void)state;
	expect(make_many_images(MK_INSTANCE_IMAGES_MAX), NULL);
	assert_int_equal(tree.instance[0].image_count, MK_INSTANCE_IMAGES_MAX);
	expect(make_many_images(MK_INSTANCE_IMAGES_MAX + 1),
	       "instance \"web-server\": more than 16 images are named");
	fdt = make_many_images(MK_DISK_IMAGES_MAX);
	put_u32(fdt, WEB RESOURCES, "images", MK_DISK_IMAGES_MAX);
	expect(fdt, NULL);
	assert_int_equal(tree.image_count, MK_DISK_IMAGES_MAX);
	/* Nodes are added in front: the last one in the tree is the first that was made. */
	expect(make_many_images(MK_DISK_IMAGES_MAX + 1),
	       "image \"i0\": a whole tree has at most 64 images");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_too_many_may_come),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_missing_nodes),
		cmocka_unit_test(test_wide_memory),
		cmocka_unit_test(test_many_instances),
		cmocka_unit_test(test_one_wide_cell),
		cmocka_unit_test(test_many_cpus),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_image_rules),
		cmocka_unit_test(test_image_nodes),
		cmocka_unit_test(test_many_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
