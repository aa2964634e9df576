// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handover: what is written is read again; every refusal with its sentence; what is cut or
 * damaged does no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <libfdt.h>

#include "fdt.h"
#include "handover.h"
#include "random.h"
#include "shared.h"

#define BUFFER_SIZE 8192
#define DAMAGED 20000

static struct mk_handover handover;
static struct mk_reason why;

static const u32 cpus[] = { 3, 1 };
static const u32 apic_ids[] = { 6, 0x100 };
static struct mk_range range[] = {
	{ .start = 0x40000000, .size = 0x10000000 }, { .start = 0x100000000, .size = 0x30000000 },
};
static const struct mk_ranges memory = { range, 2, 2 };
static const struct mk_instance_config web = {
	.name = "web-server", .id = 7, .cpu_count = 2, .memory_bytes = 0x40000000,
};
static const struct mk_description description = { &web, cpus, apic_ids, &memory, NULL };

/* From a block of exactly @size bytes, so that reading beyond its end is seen. */
static int read_copy(const void *blob, size_t size)
{
	void *copy = malloc(size ? size : 1);
	int error;

	assert_non_null(copy);
	memcpy(copy, blob, size);
	memset(&handover, 0xff, sizeof(handover));
	memset(&why, 0, sizeof(why));
	error = mk_handover_read(&handover, copy, size, &why);
	free(copy);
	return error;
}

static void assert_same(const struct mk_description *wanted)
{
	const struct mk_instance_config *config = handover.tree.instance;

	assert_int_equal(handover.tree.count, 1);
	assert_string_equal(config->name, wanted->config->name);
	assert_int_equal(config->id, wanted->config->id);
	assert_int_equal(config->memory_bytes, wanted->config->memory_bytes);
	assert_int_equal(config->cpu_count, wanted->config->cpu_count);
	assert_memory_equal(mk_tree_cpus(&handover.tree, config), wanted->cpus,
			    config->cpu_count * sizeof(u32));
	assert_memory_equal(handover.apic_ids, wanted->apic_ids, config->cpu_count * sizeof(u32));
	assert_int_equal(handover.memory.count, wanted->memory->count);
	for (u32 i = 0; i < handover.memory.count; i++) {
		assert_int_equal(handover.memory.range[i].start, wanted->memory->range[i].start);
		assert_int_equal(handover.memory.range[i].size, wanted->memory->range[i].size);
	}
}

static void test_round_trip(void **state)
{
	u8 buffer[BUFFER_SIZE];
	int size = mk_handover_write(&description, buffer, sizeof(buffer)), node, length;

	(void)state;
	assert_true(size > 0);
	assert_int_equal(read_copy(buffer, size), 0);
	assert_same(&description);
	assert_int_equal(read_copy(buffer, sizeof(buffer)), 0);	/* with more behind it */
	assert_same(&description);
	/* As any reader finds it. */
	assert_int_equal(fdt_check_full(buffer, size), 0);
	assert_string_equal(fdt_getprop(buffer, 0, "compatible", &length), "multikernel-v1");
	node = fdt_path_offset(buffer, "/instances/web-server/resources");
	assert_true(node > 0);
	assert_true(fdt_path_offset(buffer, "/assigned") > 0);
}

static void test_no_room(void **state)
{
	u8 buffer[BUFFER_SIZE];
	int size = mk_handover_write(&description, buffer, sizeof(buffer)), i;

	(void)state;
	for (i = 0; i < size; i++) {
		u8 *small = malloc(i ? i : 1);

		assert_non_null(small);
		assert_int_equal(mk_handover_write(&description, small, i), -ENOSPC);
		free(small);
	}
}

/* The largest there can be, in the room that the shared area has for it. */
static void test_largest(void **state)
{
	static u32 many[MK_CPUS_MAX], ids[MK_CPUS_MAX];
	static struct mk_range pieces[MK_INSTANCE_RANGES_MAX];
	struct mk_ranges set = { pieces, MK_INSTANCE_RANGES_MAX, MK_INSTANCE_RANGES_MAX };
	struct mk_instance_config config = {
		.name = "a-name-of-thirty-one-characters", .id = MK_ID_MAX,
		.image_count = MK_INSTANCE_IMAGES_MAX,
	};
	struct mk_disk_image_config image[MK_INSTANCE_IMAGES_MAX];
	struct mk_image_place place[MK_INSTANCE_IMAGES_MAX];
	struct mk_description largest = { &config, many, ids, &set, place };
	struct mk_shared shared;
	u32 i, count;
	void *buffer;
	int size;

	(void)state;
	for (i = 0; i < MK_CPUS_MAX; i++) {
		many[i] = i;
		ids[i] = ~i;
	}
	for (i = 0; i < MK_INSTANCE_RANGES_MAX; i++)
		pieces[i] = (struct mk_range){ .start = (2ULL * i + 1) << 40, .size = 1ULL << 40 };
	for (i = 0; i < MK_INSTANCE_IMAGES_MAX; i++) {
		snprintf(image[i].name, sizeof(image[i].name), "%u-%028u", i + 10, 0);
		image[i].memory_bytes = 1ULL << 40;
		place[i] = (struct mk_image_place){ &image[i], { .size = 1ULL << 40 } };
	}
	config.memory_bytes = mk_ranges_total(&set);
	for (count = 1; count <= MK_CPUS_MAX; count *= 2) {
		config.cpu_count = count;
		mk_shared_make(&shared, count);
		buffer = malloc(shared.handover_size);
		assert_non_null(buffer);
		size = mk_handover_write(&largest, buffer, shared.handover_size);
		assert_true(size > 0);
		assert_int_equal(read_copy(buffer, size), 0);
		assert_same(&largest);
		free(buffer);
	}
}

/**
 * struct parts - a handover that differs from a good one; what is NULL or 0 is as it should be
 * @root:         compatible of the root; "" for none
 * @instances:    how many there are
 * @config:       of the first one
 * @no_assigned:  without that node
 * @ranges:       cells of "memory-ranges"
 * @range_cells:  how many
 * @no_ranges:    without that property
 * @apic_ids:     cells of "apic-ids"
 * @apic_count:   how many
 * @no_apic_ids:  without that property
 */
struct parts {
	const char *root;
	u32 instances;
	const struct mk_instance_config *config;
	bool no_assigned;
	const u32 *ranges;
	u32 range_cells;
	bool no_ranges;
	const u32 *apic_ids;
	u32 apic_count;
	bool no_apic_ids;
};

static void write_compatible(struct mk_fdt_writer *writer, const char *given, const char *right)
{
	if (!given)
		mk_fdt_write_string(writer, "compatible", right);
	else if (*given)
		mk_fdt_write_string(writer, "compatible", given);
}

static void write_instances(struct mk_fdt_writer *writer, const struct parts *parts)
{
	struct mk_instance_config other = web;
	struct mk_description first = description, second = {
		&other, &cpus[1], NULL, NULL, NULL
	};

	mk_fdt_write_node(writer, "instances");
	if (parts->config)
		first.config = parts->config;
	if (parts->instances > 1) {
		strcpy(other.name, "second");
		other.id = 8;
		other.cpu_count = 1;
		first.cpus = &cpus[0];
	}
	if (parts->instances != ~0U)
		mk_describe_instance(writer, &first);
	if (parts->instances > 1 && parts->instances != ~0U)
		mk_describe_instance(writer, &second);
	mk_fdt_write_end_node(writer);
}

static void write_assigned(struct mk_fdt_writer *writer, const struct parts *parts)
{
	static const u32 right[] = { 0, 0x40000000, 0, 0x10000000, 1, 0, 0, 0x30000000 };

	mk_fdt_write_node(writer, "assigned");
	if (!parts->no_ranges)
		mk_fdt_write_cells(writer, "memory-ranges", parts->ranges ? parts->ranges : right,
				   parts->ranges ? parts->range_cells : ARRAY_SIZE(right));
	if (!parts->no_apic_ids)
		mk_fdt_write_cells(writer, "apic-ids", parts->apic_ids ? parts->apic_ids : apic_ids,
				   parts->apic_ids ? parts->apic_count : ARRAY_SIZE(apic_ids));
	mk_fdt_write_end_node(writer);
}

static int read_parts(const struct parts *parts)
{
	struct mk_fdt_writer writer;
	u8 buffer[BUFFER_SIZE];
	int size;

	mk_fdt_write_begin(&writer, buffer, sizeof(buffer));
	mk_fdt_write_node(&writer, "");
	write_compatible(&writer, parts->root, "multikernel-v1");
	write_instances(&writer, parts);
	if (!parts->no_assigned)
		write_assigned(&writer, parts);
	mk_fdt_write_end_node(&writer);
	size = mk_fdt_write_finish(&writer);
	assert_true(size > 0);
	return read_copy(buffer, size);
}

static void refuses(struct parts parts, const char *sentence)
{
	assert_int_equal(read_parts(&parts), -EINVAL);
	assert_string_equal(why.text, sentence);
}

#define PARTS(...) ((struct parts){ __VA_ARGS__ })
#define CELLS(...) \
	.ranges = (const u32[]){ __VA_ARGS__ }, .range_cells = sizeof((const u32[]){ __VA_ARGS__ }) / 4
#define APIC_IDS(...) \
	.apic_ids = (const u32[]){ __VA_ARGS__ }, .apic_count = sizeof((const u32[]){ __VA_ARGS__ }) / 4

static void test_nodes(void **state)
{
	const char *root = "handover: the root is not compatible with \"multikernel-v1\"";

	(void)state;
	assert_int_equal(read_parts(&(struct parts){ 0 }), 0);
	assert_same(&description);
	refuses(PARTS(.root = ""), root);
	refuses(PARTS(.root = "kho-v1"), root);
	refuses(PARTS(.root = "multikernel-v"), root);
	refuses(PARTS(.root = "multikernel-v2"), root);
	refuses(PARTS(.root = "multikernel-v1x"), root);
	refuses(PARTS(.instances = ~0U), "handover: it holds 0 instances, not one");
	refuses(PARTS(.no_assigned = true), "handover: node \"assigned\" is missing");
}

static void test_instance(void **state)
{
	struct mk_instance_config config = web;

	(void)state;
	config.cpu_count = 1;
	refuses(PARTS(.instances = 2, .config = &config), "handover: it holds 2 instances, not one");
	/* All rules of an uploaded tree hold; these are one or two of them. */
	config = web;
	config.id = 0;
	assert_int_equal(read_parts(&PARTS(.config = &config)), -EINVAL);
	assert_non_null(strstr(why.text, "id"));
	config = web;
	config.memory_bytes = 0x40000001;
	assert_int_equal(read_parts(&PARTS(.config = &config)), -EINVAL);
	assert_non_null(strstr(why.text, "memory-bytes"));
}

static void test_ranges(void **state)
{
	const char *malformed = "handover: \"memory-ranges\" is missing or malformed";
	static const u32 many[4 * (MK_INSTANCE_RANGES_MAX + 1)];

	(void)state;
	refuses(PARTS(.no_ranges = true), malformed);
	refuses(PARTS(.ranges = many), malformed);
	refuses(PARTS(CELLS(0, 0x40000000, 0)), malformed);
	refuses(PARTS(CELLS(0, 0x40000000, 0, 0x40000000, 0)), malformed);
	refuses(PARTS(.ranges = many, .range_cells = ARRAY_SIZE(many)), malformed);
	refuses(PARTS(.ranges = many, .range_cells = 4),
		"handover: memory range 0x0 of 0x0 bytes is malformed or overlaps");
	refuses(PARTS(CELLS(0, 0x40000001, 0, 0x40000000)),
		"handover: memory range 0x40000001 of 0x40000000 bytes is malformed or overlaps");
	refuses(PARTS(CELLS(0, 0x40000000, 0, 0x40000800)),
		"handover: memory range 0x40000000 of 0x40000800 bytes is malformed or overlaps");
	refuses(PARTS(CELLS(0xffffffff, 0xfffff000, 0, 0x40000000)),
		"handover: memory range 0xfffffffffffff000 of 0x40000000 bytes is malformed or overlaps");
	refuses(PARTS(CELLS(0, 0x40000000, 0, 0x20000000, 0, 0x5ffff000, 0, 0x20000000)),
		"handover: memory range 0x5ffff000 of 0x20000000 bytes is malformed or overlaps");
	refuses(PARTS(CELLS(0, 0x40000000, 0, 0x20000000)),
		"handover: the memory ranges are 0x20000000 bytes together, \"memory-bytes\" is 0x40000000");
	refuses(PARTS(CELLS(0, 0x40000000, 1, 0x40000000)),
		"handover: the memory ranges are 0x140000000 bytes together, \"memory-bytes\" is 0x40000000");
}

static void test_apic_ids(void **state)
{
	const char *number = "handover: \"apic-ids\" does not name one for each of the 2 CPUs";

	(void)state;
	refuses(PARTS(.no_apic_ids = true), number);
	refuses(PARTS(APIC_IDS(1)), number);
	refuses(PARTS(APIC_IDS(1, 2, 3)), number);
	refuses(PARTS(APIC_IDS(6, 6)), "handover: APIC id 6 is there twice");
	assert_int_equal(read_parts(&PARTS(APIC_IDS(0, 0xffffffff))), 0);
}

static void test_cut(void **state)
{
	u8 buffer[BUFFER_SIZE];
	int size = mk_handover_write(&description, buffer, sizeof(buffer)), i;

	(void)state;
	for (i = 0; i < size; i++) {
		assert_int_equal(read_copy(buffer, i), -EINVAL);
		assert_true(*why.text);
	}
}

/* Whatever is accepted obeys the rules, however it came about. */
static void assert_sound(void)
{
	u32 count = handover.tree.cpu_total, i, j;

	assert_int_equal(handover.tree.count, 1);
	assert_true(count && count == handover.tree.instance[0].cpu_count && count <= MK_CPUS_MAX);
	assert_true(handover.memory.count && handover.memory.count <= MK_INSTANCE_RANGES_MAX);
	assert_ptr_equal(handover.memory.range, handover.range);
	assert_int_equal(mk_ranges_total(&handover.memory), handover.tree.instance[0].memory_bytes);
	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			assert_int_not_equal(handover.apic_ids[i], handover.apic_ids[j]);
}

static void test_damaged(void **state)
{
	u8 good[BUFFER_SIZE], bad[BUFFER_SIZE];
	int size = mk_handover_write(&description, good, sizeof(good)), i;
	u32 taken = 0, flips;

	(void)state;
	for (i = 0; i < DAMAGED; i++) {
		memcpy(bad, good, size);
		for (flips = random_below(3) + 1; flips; flips--)
			bad[random_below(size)] ^= 1 << random_below(8);
		if (read_copy(bad, size)) {
			assert_true(*why.text);
			continue;
		}
		assert_sound();
		taken++;
	}
	/*
	 * Bits of names, ids and addresses may well be others: not all is refused, nor all taken.
	 */
	assert_true(taken && taken < DAMAGED);
}

static const struct mk_disk_image_config rootfs = { "rootfs", 0x40000000 };
static const struct mk_disk_image_config data = { "data", 0x400000 };
static const struct mk_image_place places[] = {
	{ &rootfs, { .start = 0x200000000, .size = 0x40000000 } },
	{ &data, { .start = 0x80000000, .size = 0x400000 } },
};

/* In a buffer that libfdt may change. */
static void write_with_images(u8 *buffer)
{
	static u8 written[BUFFER_SIZE];
	struct mk_instance_config config = web;
	struct mk_description with = description;

	config.image_count = 2;
	config.image[0] = 5;	/* what a place means is left to the tree that it is of */
	config.image[1] = 3;
	with.config = &config;
	with.images = places;
	assert_true(mk_handover_write(&with, written, sizeof(written)) > 0);
	assert_int_equal(fdt_open_into(written, buffer, BUFFER_SIZE), 0);
}

static void test_images(void **state)
{
	static u8 buffer[BUFFER_SIZE];

	(void)state;
	write_with_images(buffer);
	assert_int_equal(read_copy(buffer, sizeof(buffer)), 0);
	assert_same(&description);
	assert_int_equal(handover.tree.image_count, 2);
	assert_string_equal(handover.tree.image[0].name, "rootfs");
	assert_int_equal(handover.tree.image[1].memory_bytes, 0x400000);
	assert_int_equal(handover.images[0].start, 0x200000000);
	assert_int_equal(handover.images[0].size, 0x40000000);
	assert_int_equal(handover.images[1].start, 0x80000000);
}

static void refuses_changed(u8 *buffer, const char *sentence)
{
	assert_int_equal(read_copy(buffer, BUFFER_SIZE), -EINVAL);
	assert_string_equal(why.text, sentence);
	write_with_images(buffer);
}

#define ASSIGNED "/assigned"
#define IMAGES "/images"

static void test_image_ranges(void **state)
{
	static u8 buffer[BUFFER_SIZE];
	fdt32_t *cells;

	(void)state;
	write_with_images(buffer);
	fdt_delprop(buffer, fdt_path_offset(buffer, ASSIGNED), "image-ranges");
	refuses_changed(buffer, "handover: \"image-ranges\" does not name one for each of the 2 images");
	cells = fdt_getprop_w(buffer, fdt_path_offset(buffer, ASSIGNED), "image-ranges", NULL);
	cells[7] = cpu_to_fdt32(0x200000);
	refuses_changed(buffer, "handover: image \"data\" is 0x200000 bytes at 0x80000000, \"memory-bytes\" is 0x400000");
	cells = fdt_getprop_w(buffer, fdt_path_offset(buffer, ASSIGNED), "image-ranges", NULL);
	cells[5] = cpu_to_fdt32(0x80001000);
	refuses_changed(buffer, "handover: image \"data\" is 0x400000 bytes at 0x80001000, \"memory-bytes\" is 0x400000");
	fdt_setprop(buffer, fdt_path_offset(buffer, "/instances/web-server/resources"),
		    "image-names", "data\0rootfs", 12);
	refuses_changed(buffer, "handover: the images stand in another order than the instance names them");
	fdt_setprop(buffer, fdt_path_offset(buffer, "/instances/web-server/resources"),
		    "image-names", "rootfs", 7);
	refuses_changed(buffer, "handover: it holds 2 images, of which the instance names 1");
	fdt_nop_node(buffer, fdt_path_offset(buffer, IMAGES "/data"));
	refuses_changed(buffer, "instance \"web-server\": property \"image-names\" has \"data\", which no node below \"images\" is called");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_instance),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_apic_ids),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_image_ranges),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests_name("handover", tests, random_seed, NULL);
}
