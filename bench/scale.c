// SPDX-License-Identifier: GPL-2.0-only
/*
 * What core does for a tree of many instances and a pool of many ranges, one case at a time: its
 * work is done in one function, work(), which bench/scale has counted by valgrind.
 *
 *	scale CASE NUMBER
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan.h"
#include "ranges.h"
#include "tree.h"

#define MEGABYTE (1ULL << 20)
#define POOL_START (1ULL << 32)
#define STEP 7919			/* a prime: so many places on at a time, all are met in no order */

struct bench_case {
	const char *name;
	void (*prepare)(void);
	void (*work)(void);
};

static u32 number;
static u8 blob[MK_TREE_SIZE_MAX];
static struct mk_tree desired, present_tree;
static u8 cpu[MK_CPUS_MAX], state[MK_INSTANCES_MAX];
static struct mk_range pool_range[2 * MK_CPUS_MAX], taken_range[MK_INSTANCE_RANGES_MAX];
static struct mk_ranges pool = { .range = pool_range, .capacity = 2 * MK_CPUS_MAX };
static struct mk_ranges taken = { .range = taken_range, .capacity = MK_INSTANCE_RANGES_MAX };
static struct mk_reason why;

static void must(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "scale: %s: %d %s\n", what, error, why.text);
	exit(1);
}

static void write_instance(u32 id)
{
	char name[MK_NAME_MAX + 1];
	int error;

	snprintf(name, sizeof(name), "instance-%u", id);
	error = fdt_begin_node(blob, name) ?: fdt_property_u32(blob, "id", id) ?:
		fdt_begin_node(blob, "resources") ?: fdt_property_u32(blob, "cpus", id) ?:
		fdt_property_u32(blob, "memory-bytes", 16 * MEGABYTE) ?: fdt_end_node(blob) ?:
		fdt_end_node(blob);
	must(error, "a tree of so many");
}

static void write_tree(void)
{
	u32 id;

	must(fdt_create(blob, sizeof(blob)) ?: fdt_finish_reservemap(blob) ?: fdt_begin_node(blob, "") ?:
	     fdt_property_string(blob, "compatible", MK_COMPATIBLE) ?: fdt_begin_node(blob, "instances"),
	     "a tree");
	for (id = 1; id <= number; id++)
		write_instance(id);
	must(fdt_end_node(blob) ?: fdt_end_node(blob) ?: fdt_finish(blob), "the tree's end");
}

static void check(void)
{
	must(mk_tree_parse(&desired, blob, fdt_totalsize(blob), &why), "check");
}

/* A machine whose CPUs are there for all of them. */
static void prepare_create(void)
{
	write_tree();
	check();
	memset(cpu, MK_CPU_ONLINE, sizeof(cpu));
}

static void prepare_keep(void)
{
	prepare_create();
	present_tree = desired;
	memset(cpu + 1, MK_CPU_HELD, number);
}

static void plan(void)
{
	static struct mk_plan result;
	const struct mk_present present = { .tree = &present_tree, .state = state };
	const struct mk_machine machine = {
		.cpu = cpu, .cpu_count = MK_CPUS_MAX, .pool_bytes = number * 16 * MEGABYTE,
		.windows = number,
	};

	must(mk_plan_make(&result, &desired, &present, &machine, &why), "plan");
}

/* Each second piece of 2 MB, so that none of them touch. */
static struct mk_range piece(u32 index)
{
	return (struct mk_range){
		.start = POOL_START + index * 4 * MEGABYTE, .size = 2 * MEGABYTE, .node = MK_ANY_NODE,
	};
}

static void prepare_ranges(void)
{
	struct mk_range range;
	u32 i;

	for (i = 0; i < number; i++) {
		range = piece(i);
		must(mk_ranges_add(&pool, &range), "a piece");
	}
}

/* All go, and come back. */
static void come_and_go(void)
{
	struct mk_range range;
	u32 i;

	for (i = 0; i < number; i++)
		must(mk_ranges_remove(&pool, piece((u64)i * STEP % number).start, 2 * MEGABYTE), "remove");
	for (i = 0; i < number; i++) {
		range = piece((u64)i * STEP % number);
		must(mk_ranges_add(&pool, &range), "add");
	}
}

/* As many pieces as an instance may be made of, or all there are. */
static void take(void)
{
	u32 pieces = number < MK_INSTANCE_RANGES_MAX ? number : MK_INSTANCE_RANGES_MAX;

	must(mk_ranges_take(&pool, pieces * 2 * MEGABYTE, MK_ANY_NODE, &taken), "take");
}

static const struct bench_case cases[] = {
	{ "check", write_tree, check },
	{ "create", prepare_create, plan },
	{ "keep", prepare_keep, plan },
	{ "come-and-go", prepare_ranges, come_and_go },
	{ "take", prepare_ranges, take },
};

/* What is counted: nothing else may be in here, and it must not be drawn into another one. */
__attribute__((noinline)) void work(const struct bench_case *what);

void work(const struct bench_case *what)
{
	what->work();
}

int main(int count, char **argument)
{
	u32 i;

	number = count == 3 ? strtoul(argument[2], NULL, 10) : 0;
	for (i = 0; number && number <= MK_CPUS_MAX && i < ARRAY_SIZE(cases); i++) {
		if (strcmp(cases[i].name, argument[1]))
			continue;
		cases[i].prepare();
		work(&cases[i]);
		return 0;
	}
	fprintf(stderr, "usage: scale CASE NUMBER\n");
	return 2;
}
