// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random trees: valid ones, made with libfdt, must be accepted and read right; with one thing
 * changed, the verdict must be the oracle's. MK_SEED=<number> repeats a run, MK_ROUNDS=<number>
 * makes it longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include <libfdt.h>

#include "fdt.h"
#include "oracle.h"
#include "tree.h"

#define BLOB_SIZE 65536
#define ROUNDS_DEFAULT 300
#define CHANGES_PER_TREE 100

static u64 random_state;

/* xorshift64 (Marsaglia, Xorshift RNGs, 2003) */
static u32 pick(u32 limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 32) % limit;
}

static u64 number_from_environment(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static struct mk_tree intended, parsed, expected;
static u8 blob[BLOB_SIZE];

/* Unique because it ends with a dot and the number. */
static void make_name(char *name, u32 number)
{
	static const char characters[] = "ABCXYZabcxyz0189._+-";
	u32 i, length = pick(MK_NAME_MAX - 4);

	for (i = 0; i < length; i++)
		name[i] = characters[pick(sizeof(characters) - 1)];
	if (length && name[0] == '-')
		name[0] = '_';
	snprintf(name + length, MK_NAME_MAX + 1 - length, ".%u", number);
}

/* Ids and CPUs are unique because each instance has its own step of a walk through all of them. */
static void intend(void)
{
	u32 i, j, count = pick(12), id_start = pick(MK_ID_MAX), cpu_start = pick(~0U);
	u32 cpus[16];

	memset(&intended, 0, sizeof(intended));
	for (i = 0; i < count; i++) {
		struct mk_instance_config config = { .id = 1 + (id_start + 13 * i) % MK_ID_MAX };

		make_name(config.name, i);
		config.cpu_count = 1 + pick(ARRAY_SIZE(cpus));
		for (j = 0; j < config.cpu_count; j++)
			cpus[j] = 1 + (cpu_start + (intended.cpu_total + j) * 0x9e3779b1ULL) %
				      (MK_CPUS_MAX - 1);
		config.memory_bytes = (1 + pick(0xfffff)) * MK_PAGE_SIZE;
		if (!pick(3))
			config.memory_bytes += (u64)pick(~0U) << 32;
		assert_int_equal(mk_tree_add(&intended, &config, cpus), 0);
	}
}

static void maybe_add_noise(void *fdt)
{
	if (!pick(4))
		fdt_property_u32(fdt, "phandle", pick(100));
	if (!pick(8))
		fdt_property(fdt, "linux,phandle", "1234567", pick(8));
}

static void make_unknown_node(void *fdt, const char *name)
{
	fdt_begin_node(fdt, name);
	fdt_property_string(fdt, "label", "/instances/a");
	fdt_property(fdt, "empty", NULL, 0);
	fdt_begin_node(fdt, "inner");
	fdt_end_node(fdt);
	fdt_end_node(fdt);
}

static void make_instance(void *fdt, const struct mk_instance_config *config)
{
	fdt32_t *cpus;
	void *value;
	u32 i;

	fdt_begin_node(fdt, config->name);
	maybe_add_noise(fdt);
	fdt_property_u32(fdt, "id", config->id);
	if (!pick(4))
		fdt_property_string(fdt, "compatible", MK_COMPATIBLE);
	fdt_begin_node(fdt, "resources");
	if (config->memory_bytes >> 32 || !pick(4))
		fdt_property_u64(fdt, "memory-bytes", config->memory_bytes);
	else
		fdt_property_u32(fdt, "memory-bytes", config->memory_bytes);
	fdt_property_placeholder(fdt, "cpus", 4 * config->cpu_count, &value);
	for (i = 0, cpus = value; i < config->cpu_count; i++)
		cpus[i] = cpu_to_fdt32(mk_tree_cpus(&intended, config)[i]);
	maybe_add_noise(fdt);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
}

static size_t make_blob(void)
{
	u32 i;

	memset(blob, 0, sizeof(blob));
	assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
	for (i = pick(3); i; i--)
		fdt_add_reservemap_entry(blob, pick(~0U), 1 + pick(~0U));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	if (pick(2))
		fdt_property(blob, "compatible", "vendor,board\0multikernel-v1", 28);
	else
		fdt_property_string(blob, "compatible", MK_COMPATIBLE);
	if (!pick(3))
		make_unknown_node(blob, "chosen");
	fdt_begin_node(blob, "instances");
	maybe_add_noise(blob);
	for (i = 0; i < intended.count; i++)
		make_instance(blob, &intended.instance[i]);
	fdt_end_node(blob);
	if (!pick(3))
		make_unknown_node(blob, "__symbols__");
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	return fdt_totalsize(blob);
}

/* Change one thing, as files suffer it and as people do it. Returns the new size. */
static size_t change(u8 *copy, size_t size)
{
	static const u32 words[] = {
		0, 1, 2, 3, 4, 8, 9, 16, 17, 40, 56, 0x800, 0x1000, 0x7fffffff, 0x80000000,
		0xfffffff8, ~0U
	};
	u32 at = pick(size), word = 4 * pick(size / 4), other = 4 * pick(size / 4);
	u32 value = pick(2) ? words[pick(ARRAY_SIZE(words))] : pick(size);

	switch (pick(8)) {
	case 0:
		copy[at] ^= 1 << pick(8);
		break;
	case 1:
		copy[at] = pick(256);
		break;
	case 2:
		mk_put_be32(copy + word, value);
		break;
	case 3:
		mk_put_be32(copy + word, mk_get_be32(copy + word) + pick(9) - 4);
		break;
	case 4:
		mk_put_be32(copy + word, mk_get_be32(copy + other));
		break;
	case 5:		/* a token or a value taken out of the structure block */
		mk_put_be32(copy + word, FDT_NOP);
		break;
	case 6:		/* a header field */
		mk_put_be32(copy + 4 * pick(MK_FDT_HEADER_SIZE / 4), value);
		break;
	default:	/* cut short */
		return at;
	}
	return size;
}

static void check_verdict(const u8 *data, size_t size)
{
	u8 *copy = malloc(size + 1);
	struct mk_reason why = { .text = "accepted" };
	struct mk_fdt fdt;
	int err;

	assert_non_null(copy);
	memcpy(copy + 1, data, size);
	err = mk_fdt_open(&fdt, copy + 1, size, &why);
	if (!err != oracle_accepts_fdt(data, size))
		fail_msg("reader: %s", why.text);
	if (!err && oracle_compare(&fdt, data, size))
		fail_msg("libfdt sees otherwise: %s", oracle_compare(&fdt, data, size));
	err = mk_tree_parse(&parsed, copy + 1, size, &why);
	if (err != oracle_tree(&expected, data, size))
		fail_msg("tree: %s", why.text);
	if (!err && !oracle_same_tree(&parsed, &expected))
		fail_msg("the oracle reads another tree");
	free(copy);
}

static void test_random_trees(void **state)
{
	u64 rounds = number_from_environment("MK_ROUNDS", ROUNDS_DEFAULT);
	u64 round, seed = number_from_environment("MK_SEED", time(NULL));
	struct mk_reason why = { .text = "" };
	static u8 copy[BLOB_SIZE];
	size_t size;
	u32 i, accepted = 0, refused = 0;

	(void)state;
	print_error("# MK_SEED=%llu\n", (unsigned long long)seed);
	random_state = seed * 0x9e3779b97f4a7c15 + 1;
	for (round = 0; round < rounds; round++) {
		intend();
		size = make_blob();
		if (mk_tree_parse(&parsed, blob, size, &why))
			fail_msg("round %llu: %s", (unsigned long long)round, why.text);
		assert_true(oracle_same_tree(&parsed, &intended));
		check_verdict(blob, size);
		for (i = 0; i < CHANGES_PER_TREE; i++) {
			memcpy(copy, blob, size);
			check_verdict(copy, change(copy, size));
			if (mk_tree_parse(&parsed, copy, size, NULL))
				refused++;
			else
				accepted++;
		}
	}
	print_message("# %u changed trees accepted, %u refused\n", accepted, refused);
	/* A generator that makes only one kind would test nothing. */
	assert_true(accepted > rounds && refused > rounds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
