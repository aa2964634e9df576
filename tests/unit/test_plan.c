// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan: each verdict and its sentence; then random machines, where the verdict is held against
 * what a look at every CPU and every byte says, and where a plan that was made is carried out on
 * paper.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan.h"
#include "random.h"

#define MB 0x100000ULL
#define GB 0x40000000ULL
#define CPUS 8

static struct mk_tree desired, present_tree;
static struct mk_plan plan;
static struct mk_reason why;
static u8 states[MK_INSTANCES_MAX], lost[MK_INSTANCES_MAX], cpu_status[CPUS];

static const struct mk_present present = {
	.tree = &present_tree, .state = states, .lost = lost,
};

static struct mk_machine machine;

/* Eight CPUs, of which 0 is the boot CPU; a pool of 4 GB; no instance. */
static int setup(void **state)
{
	(void)state;
	memset(&desired, 0, sizeof(desired));
	memset(&present_tree, 0, sizeof(present_tree));
	memset(states, MK_READY, sizeof(states));
	memset(lost, 0, sizeof(lost));
	memset(cpu_status, MK_CPU_ONLINE, sizeof(cpu_status));
	cpu_status[0] = MK_CPU_BOOT;
	machine = (struct mk_machine){
		.cpu = cpu_status, .cpu_count = CPUS, .pool_bytes = 4 * GB, .windows = CPUS,
	};
	return 0;
}

/* An instance with CPUs first to last. */
static void add(struct mk_tree *tree, const char *name, u32 id, u64 memory_bytes, u32 first,
		u32 last)
{
	struct mk_instance_config config = {
		.id = id, .cpu_count = last - first + 1, .memory_bytes = memory_bytes,
	};
	u32 cpus[CPUS], i;

	snprintf(config.name, sizeof(config.name), "%s", name);
	for (i = 0; i < config.cpu_count; i++)
		cpus[i] = first + i;
	assert_int_equal(mk_tree_add(tree, &config, cpus), 0);
}

static void want(const char *name, u32 id, u64 memory_bytes, u32 first, u32 last)
{
	add(&desired, name, id, memory_bytes, first, last);
}

/* One that is there: its CPUs are held. */
static void have(const char *name, u32 id, u64 memory_bytes, u32 first, u32 last,
		 enum mk_state its_state)
{
	states[present_tree.count] = its_state;
	add(&present_tree, name, id, memory_bytes, first, last);
	memset(&cpu_status[first], MK_CPU_HELD, last - first + 1);
}

static int make(void)
{
	memset(&plan, 0xff, sizeof(plan));
	memset(&why, 0, sizeof(why));
	return mk_plan_make(&plan, &desired, &present, &machine, &why);
}

static void assert_made(void)
{
	if (make())
		fail_msg("refused: %s", why.text);
}

static void assert_refused(int error, const char *sentence)
{
	int got = make();

	if (got != error)
		fail_msg("%d instead of %d: %s", got, error, why.text);
	assert_string_equal(why.text, sentence);
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, NULL), error);
}

static void assert_action(u32 index, enum mk_action action, u32 present_index)
{
	assert_int_equal(plan.action[index], action);
	assert_int_equal(plan.present[index], present_index);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_made();
	assert_int_equal(plan.destroy[0], false);
}

static void test_create(void **state)
{
	(void)state;
	want("web-server", 1, 512 * MB, 1, 1);
	want("database", 2, GB, 2, 3);
	assert_made();
	assert_action(0, MK_CREATE, MK_NO_INSTANCE);
	assert_action(1, MK_CREATE, MK_NO_INSTANCE);
}

static void test_keep_in_every_state(void **state)
{
	int its_state;

	(void)state;
	for (its_state = 0; its_state < MK_STATE_COUNT; its_state++) {
		setup(NULL);
		have("web-server", 1, 512 * MB, 1, 1, its_state);
		have("database", 2, GB, 2, 3, its_state);
		want("database", 2, GB, 2, 3);
		want("web-server", 1, 512 * MB, 1, 1);
		assert_made();
		assert_action(0, MK_KEEP, 1);
		assert_action(1, MK_KEEP, 0);
		assert_false(plan.destroy[0]);
		assert_false(plan.destroy[1]);
	}
}

static void test_destroy(void **state)
{
	(void)state;
	have("web-server", 1, 512 * MB, 1, 1, MK_READY);
	have("database", 2, GB, 2, 3, MK_FAILED);
	have("bare", 3, GB, 4, 4, MK_EMPTY);
	want("web-server", 1, 512 * MB, 1, 1);
	assert_made();
	assert_false(plan.destroy[0]);
	assert_true(plan.destroy[1]);
	assert_true(plan.destroy[2]);
}

static void test_remake(void **state)
{
	(void)state;
	have("id", 1, GB, 1, 1, MK_READY);
	have("memory", 2, GB, 2, 2, MK_FAILED);
	have("fewer", 3, GB, 3, 4, MK_READY);
	have("other", 4, GB, 5, 5, MK_READY);
	want("id", 5, GB, 1, 1);
	want("memory", 2, GB - MK_PAGE_SIZE, 2, 2);
	want("fewer", 3, GB, 3, 3);
	want("other", 4, GB, 6, 6);
	assert_made();
	assert_action(0, MK_REMAKE, 0);
	assert_action(1, MK_REMAKE, 1);
	assert_action(2, MK_REMAKE, 2);
	assert_action(3, MK_REMAKE, 3);
	assert_true(plan.destroy[0] && plan.destroy[1] && plan.destroy[2] && plan.destroy[3]);
}

static void test_order_of_cpus_counts(void **state)
{
	(void)state;
	have("database", 2, GB, 2, 3, MK_READY);
	want("database", 2, GB, 2, 3);
	desired.cpu[0] = 3;
	desired.cpu[1] = 2;
	assert_made();
	assert_action(0, MK_REMAKE, 0);
	states[0] = MK_ACTIVE;
	assert_refused(-EBUSY, "instance \"database\": cpus without cpus-max cannot change while it is active; stop its kernel first");
}

static void test_same_id_other_name(void **state)
{
	(void)state;
	have("old", 1, GB, 1, 1, MK_READY);
	want("new", 1, GB, 1, 1);
	assert_made();
	assert_action(0, MK_CREATE, MK_NO_INSTANCE);
	assert_true(plan.destroy[0]);
	states[0] = MK_ACTIVE;
	assert_refused(-EBUSY, "instance \"old\": cannot be removed while it is active; stop its kernel first");
}

static void test_cpus_change_hands(void **state)
{
	(void)state;
	have("a", 1, GB, 1, 2, MK_READY);
	have("b", 2, GB, 3, 4, MK_FAILED);
	have("gone", 3, GB, 5, 5, MK_READY);
	want("a", 1, GB, 3, 4);
	want("b", 2, GB, 1, 2);
	want("new", 4, GB, 5, 5);
	assert_made();
	assert_action(0, MK_REMAKE, 0);
	assert_action(1, MK_REMAKE, 1);
	assert_action(2, MK_CREATE, MK_NO_INSTANCE);
}

static void test_running_ones_stay(void **state)
{
	(void)state;
	have("web-server", 1, 512 * MB, 1, 1, MK_ACTIVE);
	have("database", 2, GB, 2, 3, MK_LOADING);
	want("web-server", 1, 512 * MB, 1, 1);
	assert_refused(-EBUSY, "instance \"database\": cannot be removed while it is loading; stop its kernel first");
	want("database", 2, 2 * GB, 2, 3);
	assert_refused(-EBUSY, "instance \"database\": memory-bytes cannot change from 0x40000000 to 0x80000000 while it is loading; stop its kernel first");
	desired.instance[1].memory_bytes = GB;
	desired.instance[1].id = 7;
	assert_refused(-EBUSY, "instance \"database\": id cannot change from 2 to 7 while it is loading; stop its kernel first");
	desired.instance[1].id = 2;
	desired.instance[1].cpu_count = 1;
	assert_refused(-EBUSY, "instance \"database\": cpus cannot change while it is loading; stop its kernel first");
	desired.instance[1].cpu_count = 2;
	assert_made();
}

static void test_lost_ones_stay(void **state)
{
	(void)state;
	have("database", 2, GB, 2, 3, MK_FAILED);
	lost[0] = 1;
	cpu_status[3] = MK_CPU_LOST;
	assert_refused(-EBUSY, "instance \"database\": cannot be removed while a CPU of it does not answer; nothing it holds can be handed on");
	want("database", 2, 2 * GB, 2, 3);
	assert_refused(-EBUSY, "instance \"database\": memory-bytes cannot change from 0x40000000 to 0x80000000 while a CPU of it does not answer; nothing it holds can be handed on");
	desired.instance[0].memory_bytes = GB;
	assert_made();
	assert_action(0, MK_KEEP, 0);
}

static void test_no_lost_array(void **state)
{
	const struct mk_present nobody_lost = { .tree = &present_tree, .state = states };

	(void)state;
	have("kept", 1, GB, 1, 1, MK_FAILED);
	have("gone", 2, GB, 2, 2, MK_FAILED);
	want("kept", 1, GB, 1, 1);
	assert_int_equal(mk_plan_make(&plan, &desired, &nobody_lost, &machine, &why), 0);
	assert_true(plan.destroy[1]);
}

static void test_no_such_cpu(void **state)
{
	(void)state;
	want("a", 1, GB, 1, CPUS);
	assert_refused(-ENXIO, "instance \"a\": cpus asks for cpu 8, which this machine does not have");
	desired.cpu[1] = ~0U;
	assert_refused(-ENXIO, "instance \"a\": cpus asks for cpu 4294967295, which this machine does not have");
	setup(NULL);
	cpu_status[5] = MK_CPU_ABSENT;
	want("a", 1, GB, 4, 6);
	assert_refused(-ENXIO, "instance \"a\": cpus asks for cpu 5, which this machine does not have");
}

/* <0 7>, which is also /bits/ 64 <7>. */
static void test_one_wide_cell(void **state)
{
	(void)state;
	want("web-server", 1, GB, 6, 7);
	desired.cpu[0] = 0;
	assert_refused(-EBUSY, "instance \"web-server\": property \"cpus\" has cpu 0, the host's boot CPU, which it cannot give up, and cpu 7; if it is one cell of 64 bits, write cpus = <7>");
	cpu_status[0] = MK_CPU_ONLINE;
	assert_made();
}

static void test_cpus_that_cannot_be_had(void **state)
{
	(void)state;
	want("load-balancer", 3, GB, 0, 0);
	assert_refused(-EBUSY, "instance \"load-balancer\": cpu 0 is the host's boot CPU, which it cannot give up");
	cpu_status[0] = MK_CPU_ONLINE;
	assert_made();
	cpu_status[0] = MK_CPU_OFFLINE;
	assert_refused(-EBUSY, "instance \"load-balancer\": cpu 0 is offline in the host; bring it online first");
	cpu_status[0] = MK_CPU_LOST;
	assert_refused(-EBUSY, "instance \"load-balancer\": cpu 0 did not stop when it was last told to; nobody can have it");
	cpu_status[0] = MK_CPU_HELD;
	assert_refused(-EBUSY, "instance \"load-balancer\": cpu 0 is not free");
}

/* Where it can be had: a kernel does not start a CPU that may have the BSP flag. */
static void test_boot_cpu_comes_first(void **state)
{
	struct mk_instance_config config = {
		.name = "a", .id = 1, .cpu_count = 3, .memory_bytes = GB,
	};
	const u32 first[] = { 0, 2, 3 }, second[] = { 2, 0, 3 };

	(void)state;
	cpu_status[0] = MK_CPU_ONLINE;
	assert_int_equal(mk_tree_add(&desired, &config, first), 0);
	assert_made();
	desired.count = 0;
	assert_int_equal(mk_tree_add(&desired, &config, second), 0);
	assert_refused(-EBUSY, "instance \"a\": cpu 0 can only be the first of its CPUs");
}

/* No parsed tree has a CPU twice; the plan does not count on it. */
static void test_cpu_of_a_kept_instance(void **state)
{
	(void)state;
	have("database", 2, GB, 2, 3, MK_READY);
	want("database", 2, GB, 2, 3);
	want("thief", 3, GB, 3, 4);
	assert_refused(-EBUSY, "instance \"thief\": cpu 3 is held by instance \"database\"");
}

/* A kept instance is left alone, whatever the host thinks of its CPUs. */
static void test_kept_cpus_are_not_looked_at(void **state)
{
	int status;

	(void)state;
	have("database", 2, GB, 2, 3, MK_ACTIVE);
	want("database", 2, GB, 2, 3);
	for (status = MK_CPU_ABSENT; status <= MK_CPU_LOST; status++) {
		cpu_status[2] = status;
		assert_made();
	}
}

static void test_pool(void **state)
{
	(void)state;
	machine.pool_bytes = GB + 512 * MB;
	want("web-server", 1, 512 * MB, 1, 1);
	want("database", 2, GB, 2, 3);
	assert_made();
	machine.pool_bytes -= MK_PAGE_SIZE;
	assert_refused(-ENOSPC, "instance \"database\": memory-bytes asks for 0x40000000 bytes; of the pool's 0x5ffff000 bytes only 0x3ffff000 are left for it; enlarge the pool");
	machine.pool_bytes = 0;
	assert_refused(-ENOSPC, "instance \"web-server\": memory-bytes asks for 0x20000000 bytes; of the pool's 0x0 bytes only 0x0 are left for it; enlarge the pool");
}

static void test_pool_of_kept_and_gone(void **state)
{
	(void)state;
	/* The whole pool is out: one instance goes, one stays, and the new one stands before it. */
	machine.pool_bytes = 3 * GB;
	have("gone", 1, 2 * GB, 1, 1, MK_READY);
	have("kept", 2, GB, 2, 2, MK_ACTIVE);
	want("new", 3, 2 * GB, 3, 3);
	want("kept", 2, GB, 2, 2);
	assert_made();
	desired.instance[0].memory_bytes += MK_PAGE_SIZE;
	assert_refused(-ENOSPC, "instance \"new\": memory-bytes asks for 0x80001000 bytes; of the pool's 0xc0000000 bytes only 0x80000000 are left for it; enlarge the pool");
}

static void test_pool_of_remade(void **state)
{
	(void)state;
	machine.pool_bytes = 2 * GB;
	have("a", 1, 2 * GB, 1, 1, MK_READY);
	want("a", 1, GB, 1, 1);
	want("b", 2, GB, 2, 2);
	assert_made();
}

static void test_pool_without_lost(void **state)
{
	(void)state;
	/* What a lost instance holds is no part of the pool any more. */
	machine.pool_bytes = GB;
	have("lost", 1, 2 * GB, 1, 1, MK_FAILED);
	lost[0] = 1;
	want("lost", 1, 2 * GB, 1, 1);
	want("new", 2, GB, 2, 2);
	assert_made();
	lost[0] = 0;
	assert_int_equal(make(), -ENOSPC);
}

static void test_pool_never_refuses_what_is_there(void **state)
{
	(void)state;
	machine.pool_bytes = MB;
	have("kept", 1, GB, 1, 1, MK_READY);
	have("gone", 2, GB, 2, 2, MK_READY);
	want("kept", 1, GB, 1, 1);
	assert_made();
}

static void test_pool_overflow(void **state)
{
	(void)state;
	/* The sum wraps around to one page. */
	want("a", 1, 1ULL << 63, 1, 1);
	want("b", 2, (1ULL << 63) + MK_PAGE_SIZE, 2, 2);
	machine.pool_bytes = 1ULL << 63;
	assert_refused(-ENOSPC, "instance \"b\": memory-bytes asks for 0x8000000000001000 bytes; of the pool's 0x8000000000000000 bytes only 0x0 are left for it; enlarge the pool");
}

/* Everything is wrong at once; it is put right in the order in which it is said. */
static void test_order_of_checks(void **state)
{
	(void)state;
	have("running", 1, GB, 1, 1, MK_ACTIVE);
	want("big", 2, 100 * GB, 2, 2);
	want("boot", 3, GB, 0, 0);
	want("unknown", 4, GB, CPUS, CPUS);
	assert_refused(-ENXIO, "instance \"unknown\": cpus asks for cpu 8, which this machine does not have");
	desired.count--;
	assert_refused(-EBUSY, "instance \"running\": cannot be removed while it is active; stop its kernel first");
	states[0] = MK_READY;
	assert_refused(-EBUSY, "instance \"boot\": cpu 0 is the host's boot CPU, which it cannot give up");
	desired.count--;
	assert_refused(-ENOSPC, "instance \"big\": memory-bytes asks for 0x1900000000 bytes; of the pool's 0x100000000 bytes only 0x100000000 are left for it; enlarge the pool");
	desired.count--;
	assert_made();
}

static void test_longest_names(void **state)
{
	const char *end;

	(void)state;
	/* The longest sentences still end as they should. */
	have("abcdefghijklmnopqrstuvwxyz01234", 1, 1ULL << 60, 1, 1, MK_FAILED);
	lost[0] = 1;
	want("abcdefghijklmnopqrstuvwxyz01234", 1, 1ULL << 61, 1, 1);
	assert_int_equal(make(), -EBUSY);
	end = strstr(why.text, "handed on");
	assert_non_null(end);
	assert_string_equal(end, "handed on");

	setup(NULL);
	machine.pool_bytes = 1ULL << 62;
	want("abcdefghijklmnopqrstuvwxyz01234", 1, 1ULL << 63, 1, 1);
	assert_int_equal(make(), -ENOSPC);
	end = strstr(why.text, "enlarge the pool");
	assert_non_null(end);
	assert_string_equal(end, "enlarge the pool");
}

/* Those that go and those that are made anew give theirs back; what is kept needs none. */
static void test_windows(void **state)
{
	(void)state;
	have("kept", 1, MB, 1, 1, MK_ACTIVE);
	have("changed", 2, MB, 2, 2, MK_READY);
	have("gone", 3, MB, 3, 3, MK_READY);
	want("kept", 1, MB, 1, 1);
	want("changed", 2, 2 * MB, 2, 2);
	want("new", 4, MB, 4, 4);
	machine.windows = 0;
	assert_made();
	want("one more", 5, MB, 5, 5);
	assert_refused(-ENOSPC, "instance \"one more\": no window is left below 1 MB, which every spawn kernel needs");
	machine.windows = 1;
	assert_made();
	machine.pool_bytes = 0;
	assert_int_equal(make(), -ENOSPC);
	assert_non_null(strstr(why.text, "memory-bytes"));
}

static void test_most_instances(void **state)
{
	static u8 many[MK_INSTANCES_MAX];
	struct mk_instance_config config = { .cpu_count = 1, .memory_bytes = MB };
	u32 i, cpu;

	(void)state;
	memset(many, MK_CPU_HELD, sizeof(many));
	machine = (struct mk_machine){
		.cpu = many, .cpu_count = MK_INSTANCES_MAX, .pool_bytes = MK_INSTANCES_MAX * MB,
		.windows = MK_INSTANCES_MAX,
	};
	for (i = 0; i < MK_INSTANCES_MAX; i++) {
		config.id = i + 1;
		snprintf(config.name, sizeof(config.name), "all-begin-alike-%u", i);
		assert_int_equal(mk_tree_add(&present_tree, &config, &i), 0);
	}
	for (i = MK_INSTANCES_MAX; i-- > 0; ) {
		config.id = i + 1;
		cpu = i ^ 1;
		if (cpu == MK_INSTANCES_MAX)	/* the last has no neighbour and stays as it is */
			cpu = i;
		snprintf(config.name, sizeof(config.name), "all-begin-alike-%u", i);
		assert_int_equal(mk_tree_add(&desired, &config, &cpu), 0);
	}
	assert_made();
	for (i = 0; i < MK_INSTANCES_MAX; i++)
		assert_action(i, i ? MK_REMAKE : MK_KEEP, MK_INSTANCES_MAX - 1 - i);
}

static void add_image(struct mk_tree *tree, const char *name, u64 bytes)
{
	struct mk_disk_image_config image = { .memory_bytes = bytes };

	snprintf(image.name, sizeof(image.name), "%s", name);
	assert_int_equal(mk_tree_add_image(tree, &image), 0);
}

/* The last instance of a tree names an image of it. */
static void name_image(struct mk_tree *tree, const char *name)
{
	struct mk_instance_config *config = &tree->instance[tree->count - 1];

	config->image[config->image_count] = mk_tree_find_image(tree, name);
	assert_int_not_equal(config->image[config->image_count++], tree->image_count);
}

/* One that is there and wanted, with an image that both trees have. */
static void want_same(enum mk_state its_state)
{
	have("web", 1, GB, 1, 1, its_state);
	want("web", 1, GB, 1, 1);
	add_image(&present_tree, "data", GB);
	add_image(&present_tree, "rootfs", GB);
	add_image(&desired, "rootfs", GB);
	name_image(&present_tree, "rootfs");
	name_image(&desired, "rootfs");
}

/* Where they stand in their trees does not matter, and what nobody names can always go. */
static void test_images_are_kept(void **state)
{
	(void)state;
	want_same(MK_ACTIVE);
	add_image(&desired, "new", 2 * MB);
	assert_made();
	assert_action(0, MK_KEEP, 0);
	assert_int_equal(plan.image_action[0], MK_KEEP);
	assert_int_equal(plan.image_action[1], MK_CREATE);
	assert_true(plan.image_destroy[0]);
	assert_false(plan.image_destroy[1]);
}

static void test_images_in_use(void **state)
{
	(void)state;
	want_same(MK_ACTIVE);
	desired.image[0].memory_bytes = GB / 2;
	assert_refused(-EBUSY, "instance \"web\": its image \"rootfs\" cannot change from 0x40000000 to 0x20000000 bytes while it is active; stop its kernel first");
	desired.instance[0].image_count = 0;
	assert_refused(-EBUSY, "instance \"web\": images cannot change while it is active; stop its kernel first");
	states[0] = MK_FAILED;
	lost[0] = 1;
	assert_refused(-EBUSY, "instance \"web\": images cannot change while a CPU of it does not answer; nothing it holds can be handed on");
}

/* Nothing else of the instance has changed, and yet it is made anew. */
static void test_images_change(void **state)
{
	(void)state;
	want_same(MK_READY);
	desired.image[0].memory_bytes = GB / 2;
	assert_made();
	assert_action(0, MK_REMAKE, 0);
	assert_true(plan.destroy[0]);
	assert_int_equal(plan.image_action[0], MK_REMAKE);
	assert_true(plan.image_destroy[1]);
}

static void test_order_of_images_counts(void **state)
{
	(void)state;
	want_same(MK_READY);
	add_image(&desired, "data", GB);
	name_image(&present_tree, "data");
	name_image(&desired, "data");
	assert_made();
	assert_action(0, MK_KEEP, 0);
	desired.instance[0].image[0] = 1;
	desired.instance[0].image[1] = 0;
	assert_made();
	assert_action(0, MK_REMAKE, 0);
	assert_int_equal(plan.image_action[0], MK_KEEP);
	assert_int_equal(plan.image_action[1], MK_KEEP);
}

static void test_images_take_memory(void **state)
{
	(void)state;
	want_same(MK_ACTIVE);
	add_image(&desired, "new", 2 * GB);	/* 1 GB for each of the kept, of 4 */
	assert_made();
	desired.image[1].memory_bytes += MB;
	assert_refused(-ENOSPC, "image \"new\": memory-bytes asks for 0x80100000 bytes; of the pool's 0x100000000 bytes only 0x80000000 are left for it; enlarge the pool");
	desired.image[1].memory_bytes -= MB;
	want("database", 2, MB, 2, 2);
	assert_refused(-ENOSPC, "instance \"database\": memory-bytes asks for 0x100000 bytes; of the pool's 0x100000000 bytes only 0x0 are left for it; enlarge the pool");
}

#define SMALL 4		/* instances, and names there are */

/* A tree of up to SMALL instances with distinct names and CPUs; memory 1 to 3 MB each. */
static void random_tree(struct mk_tree *tree)
{
	bool used[CPUS] = { false };
	u32 i, cpu, first = random_below(SMALL), count = random_below(SMALL + 1);

	for (i = 0; i < count; i++) {
		struct mk_instance_config config = {
			.id = 1 + (first + i) % SMALL, .memory_bytes = (1 + random_below(3)) * MB,
		};
		u32 cpus[CPUS];

		snprintf(config.name, sizeof(config.name), "%u", (first + i) % SMALL);
		for (cpu = random_below(CPUS); cpu < CPUS && config.cpu_count < 2; cpu++) {
			if (used[cpu])
				continue;
			used[cpu] = true;
			cpus[config.cpu_count++] = cpu;
		}
		if (config.cpu_count)
			assert_int_equal(mk_tree_add(tree, &config, cpus), 0);
	}
}

/* What is there, and often a desired tree that differs from it in little. */
static void random_case(void)
{
	u64 held = 0;
	u32 i, j;

	setup(NULL);
	cpu_status[0] = random_below(2) ? MK_CPU_BOOT : MK_CPU_ONLINE;
	for (i = 1; i < CPUS; i++) {
		if (!random_below(12))
			cpu_status[i] = MK_CPU_ABSENT + 2 * random_below(2);
	}
	random_tree(&present_tree);
	for (i = 0; i < present_tree.count; i++) {
		const struct mk_instance_config *config = &present_tree.instance[i];

		states[i] = 1 + random_below(MK_STATE_COUNT - 1);
		lost[i] = states[i] == MK_FAILED && random_below(2);
		held += lost[i] ? 0 : config->memory_bytes;
		for (j = 0; j < config->cpu_count; j++)
			cpu_status[mk_tree_cpus(&present_tree, config)[j]] =
				lost[i] && !j ? MK_CPU_LOST : MK_CPU_HELD;
	}
	machine.pool_bytes = held + random_below(4) * MB;

	if (random_below(2)) {
		random_tree(&desired);
		return;
	}
	desired = present_tree;
	if (desired.count && random_below(2))
		desired.instance[random_below(desired.count)].memory_bytes += MB;
	if (desired.count && random_below(2))
		desired.count--;
}

/* The instance of @tree that holds a CPU, or NULL. */
static const struct mk_instance_config *holder(const struct mk_tree *tree, u32 cpu)
{
	u32 i, j;

	for (i = 0; i < tree->count; i++) {
		for (j = 0; j < tree->instance[i].cpu_count; j++) {
			if (mk_tree_cpus(tree, &tree->instance[i])[j] == cpu)
				return &tree->instance[i];
		}
	}
	return NULL;
}

static const struct mk_instance_config *named(const struct mk_tree *tree, const char *name)
{
	u32 i;

	for (i = 0; i < tree->count; i++) {
		if (!strcmp(tree->instance[i].name, name))
			return &tree->instance[i];
	}
	return NULL;
}

/* Does this instance stand in both trees, just the same. */
static bool in_both(const char *name)
{
	const struct mk_instance_config *a = named(&desired, name), *b = named(&present_tree, name);
	u32 i;

	if (!a || !b || a->id != b->id || a->memory_bytes != b->memory_bytes ||
	    a->cpu_count != b->cpu_count)
		return false;
	for (i = 0; i < a->cpu_count; i++) {
		if (desired.cpu[a->first_cpu + i] != present_tree.cpu[b->first_cpu + i])
			return false;
	}
	return true;
}

/* A kernel runs there, and only its memory shall change. */
static bool changes_memory(const char *name)
{
	struct mk_instance_config *a = (void *)named(&desired, name);
	const struct mk_instance_config *b = named(&present_tree, name);
	bool same_otherwise;
	u64 bytes;

	if (!a || !b || a->memory_bytes == b->memory_bytes || lost[b - present_tree.instance] ||
	    states[b - present_tree.instance] != MK_ACTIVE)
		return false;
	bytes = a->memory_bytes;
	a->memory_bytes = b->memory_bytes;
	same_otherwise = in_both(name);
	a->memory_bytes = bytes;
	return same_otherwise;
}

static bool stays(const char *name)
{
	return in_both(name) || changes_memory(name);
}

/* The same question as mk_plan_make()'s, answered CPU by CPU instead of instance by instance. */
static int expected(void)
{
	const struct mk_instance_config *new, *old;
	bool busy = false;
	u64 sum = 0;
	u32 i;

	for (i = 0; i < CPUS; i++) {
		new = holder(&desired, i);
		old = holder(&present_tree, i);
		if (!new || stays(new->name))
			continue;
		if (cpu_status[i] == MK_CPU_ABSENT)
			return -ENXIO;
		if (cpu_status[i] != MK_CPU_ONLINE && !(cpu_status[i] == MK_CPU_HELD && old &&
							!stays(old->name)))
			busy = true;
	}
	for (i = 0; i < present_tree.count; i++) {
		if (!stays(present_tree.instance[i].name) &&
		    (lost[i] || states[i] == MK_LOADING || states[i] == MK_ACTIVE))
			busy = true;
	}
	if (busy)
		return -EBUSY;
	for (i = 0; i < desired.count; i++) {
		old = named(&present_tree, desired.instance[i].name);
		if (old && in_both(old->name) && lost[old - present_tree.instance])
			continue;
		/* What a kernel gives back is not there yet. */
		sum += old && changes_memory(old->name) && old->memory_bytes > desired.instance[i].memory_bytes ?
		       old->memory_bytes : desired.instance[i].memory_bytes;
	}
	return sum > machine.pool_bytes ? -ENOSPC : 0;
}

/* Destroy, then create, on paper: no CPU is taken that is not free, and nothing else survives. */
static void carry_out(void)
{
	u8 cpus[CPUS];
	u32 i, j, survivors = 0;

	memcpy(cpus, cpu_status, sizeof(cpus));
	for (i = 0; i < present_tree.count; i++) {
		const struct mk_instance_config *old = &present_tree.instance[i];

		survivors += !plan.destroy[i];
		for (j = 0; plan.destroy[i] && j < old->cpu_count; j++)
			cpus[mk_tree_cpus(&present_tree, old)[j]] = MK_CPU_ONLINE;
	}
	for (i = 0; i < desired.count; i++) {
		const struct mk_instance_config *new = &desired.instance[i];

		assert_int_equal(plan.action[i] == MK_KEEP, in_both(new->name));
		assert_int_equal(plan.action[i] == MK_CREATE, !named(&present_tree, new->name));
		assert_int_equal(plan.action[i] == MK_RESIZE, changes_memory(new->name));
		if (mk_action_keeps(plan.action[i])) {
			assert_false(plan.destroy[plan.present[i]]);
			survivors--;
			continue;
		}
		if (plan.action[i] == MK_REMAKE)
			assert_true(plan.destroy[plan.present[i]]);
		for (j = 0; j < new->cpu_count; j++) {
			assert_int_equal(cpus[mk_tree_cpus(&desired, new)[j]], MK_CPU_ONLINE);
			cpus[mk_tree_cpus(&desired, new)[j]] = MK_CPU_HELD;
		}
	}
	assert_int_equal(survivors, 0);
}

static void test_random(void **state)
{
	u32 made = 0, busy = 0, absent = 0, full = 0;
	int round, error;

	(void)state;
	for (round = 0; round < 2000; round++) {
		random_case();
		error = make();
		if (error != expected())
			fail_msg("round %d: %d instead of %d: %s", round, error, expected(),
				 why.text);
		if (error)
			assert_int_equal(strncmp(why.text, "instance \"", 10), 0);
		else
			carry_out();
		made += !error;
		busy += error == -EBUSY;
		absent += error == -ENXIO;
		full += error == -ENOSPC;
	}
	/* Every verdict must have been among them, or the cases are badly made. */
	assert_true(made > 20 && busy > 20 && absent > 20 && full > 20);
}

/* "database" has CPUs 1 and 2 of 1, 2 and 5; its kernel runs. */
static void add_with_max(struct mk_tree *tree, u32 first, u32 last)
{
	static const u32 max[] = { 1, 2, 5 };

	add(tree, "database", 2, GB, first, last);
	assert_int_equal(mk_tree_add_max(tree, max, ARRAY_SIZE(max)), 0);
}

static void set_up_running(void)
{
	setup(NULL);
	add_with_max(&present_tree, 1, 2);
	states[0] = MK_ACTIVE;
	cpu_status[1] = cpu_status[2] = MK_CPU_HELD;
}

static void test_running_ones_resize(void **state)
{
	static const u32 grown[] = { 1, 5, 2 };

	(void)state;
	set_up_running();
	add_with_max(&desired, 1, 1);
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_RESIZE);
	assert_false(plan.destroy[0]);

	/* Memory, with cpus-max and without; what it has more is the pool's to give. */
	set_up_running();
	add_with_max(&desired, 1, 2);
	desired.instance[0].memory_bytes = 2 * GB;
	machine.pool_bytes = 2 * GB - MK_PAGE_SIZE;
	assert_refused(-ENOSPC, "instance \"database\": memory-bytes asks for 0x40000000 bytes; of the pool's 0x7ffff000 bytes only 0x3ffff000 are left for it; enlarge the pool");
	machine.pool_bytes = 2 * GB;
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_RESIZE);
	desired.instance[0].max_count = present_tree.instance[0].max_count = 0;
	desired.instance[0].memory_bytes = GB / 2;
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_RESIZE);

	set_up_running();
	add_with_max(&desired, 1, 3);
	memcpy(desired.cpu, grown, sizeof(grown));
	machine.pool_bytes = GB;	/* it has that */
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_RESIZE);
	cpu_status[5] = MK_CPU_OFFLINE;
	assert_refused(-EBUSY, "instance \"database\": cpu 5 is offline in the host; bring it online first");
	add(&present_tree, "web", 1, GB, 5, 5);
	add(&desired, "web", 1, GB, 5, 5);
	desired.cpu_total = 4;
	cpu_status[5] = MK_CPU_HELD;
	assert_refused(-EBUSY, "instance \"database\": cpu 5 is held by instance \"web\"");
}

static void test_running_ones_keep_their_first_cpu(void **state)
{
	(void)state;
	set_up_running();
	add_with_max(&desired, 2, 2);
	assert_refused(-EBUSY, "instance \"database\": the first of cpus cannot change while it is active; stop its kernel first");
	states[0] = MK_LOADING;
	assert_refused(-EBUSY, "instance \"database\": cpus cannot change while it is loading; stop its kernel first");
	states[0] = MK_READY;
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_REMAKE);
	states[0] = MK_ACTIVE;
	lost[0] = 1;
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), -EBUSY);
}

/* After a shrink the instance has its CPUs in another order than the tree that it is held against. */
static void test_order_of_those_that_may_go(void **state)
{
	static const u32 left[] = { 1, 5, 2 }, asked[] = { 1, 2, 5 }, another_first[] = { 5, 2, 1 };
	static const u8 anywhere[] = { MK_READY, MK_LOADING, MK_ACTIVE, MK_FAILED };
	u32 i;

	(void)state;
	setup(NULL);
	add_with_max(&present_tree, 1, 3);
	memcpy(present_tree.cpu, left, sizeof(left));
	cpu_status[1] = cpu_status[2] = cpu_status[5] = MK_CPU_HELD;
	add_with_max(&desired, 1, 3);
	memcpy(desired.cpu, asked, sizeof(asked));
	for (i = 0; i < ARRAY_SIZE(anywhere); i++) {
		states[0] = anywhere[i];
		assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
		assert_int_equal(plan.action[0], MK_KEEP);
	}
	states[0] = MK_READY;
	memcpy(desired.cpu, another_first, sizeof(another_first));
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_REMAKE);
	present_tree.instance[0].max_count = desired.instance[0].max_count = 0;
	memcpy(desired.cpu, asked, sizeof(asked));
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_REMAKE);
}

static void test_cpus_that_may_come(void **state)
{
	(void)state;
	set_up_running();
	add_with_max(&desired, 1, 2);
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_KEEP);
	desired.max_cpu[2] = 6;
	assert_refused(-EBUSY, "instance \"database\": cpus-max cannot change while it is active; stop its kernel first");
	states[0] = MK_READY;
	assert_int_equal(mk_plan_make(&plan, &desired, &present, &machine, &why), 0);
	assert_int_equal(plan.action[0], MK_REMAKE);
	desired.max_cpu[2] = CPUS;
	assert_refused(-ENXIO, "instance \"database\": cpus-max has cpu 8, which this machine does not have");
	desired.max_cpu[2] = 0;
	assert_refused(-EBUSY, "instance \"database\": cpus-max has cpu 0, the host's boot CPU, which cannot come to a kernel that runs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing, setup),
		cmocka_unit_test_setup(test_create, setup),
		cmocka_unit_test_setup(test_keep_in_every_state, setup),
		cmocka_unit_test_setup(test_destroy, setup),
		cmocka_unit_test_setup(test_remake, setup),
		cmocka_unit_test_setup(test_order_of_cpus_counts, setup),
		cmocka_unit_test_setup(test_same_id_other_name, setup),
		cmocka_unit_test_setup(test_cpus_change_hands, setup),
		cmocka_unit_test_setup(test_running_ones_stay, setup),
		cmocka_unit_test(test_running_ones_resize),
		cmocka_unit_test(test_running_ones_keep_their_first_cpu),
		cmocka_unit_test(test_order_of_those_that_may_go),
		cmocka_unit_test(test_cpus_that_may_come),
		cmocka_unit_test_setup(test_lost_ones_stay, setup),
		cmocka_unit_test_setup(test_no_lost_array, setup),
		cmocka_unit_test_setup(test_no_such_cpu, setup),
		cmocka_unit_test_setup(test_one_wide_cell, setup),
		cmocka_unit_test_setup(test_cpus_that_cannot_be_had, setup),
		cmocka_unit_test_setup(test_boot_cpu_comes_first, setup),
		cmocka_unit_test_setup(test_cpu_of_a_kept_instance, setup),
		cmocka_unit_test_setup(test_kept_cpus_are_not_looked_at, setup),
		cmocka_unit_test_setup(test_pool, setup),
		cmocka_unit_test_setup(test_pool_of_kept_and_gone, setup),
		cmocka_unit_test_setup(test_pool_of_remade, setup),
		cmocka_unit_test_setup(test_pool_without_lost, setup),
		cmocka_unit_test_setup(test_pool_never_refuses_what_is_there, setup),
		cmocka_unit_test_setup(test_pool_overflow, setup),
		cmocka_unit_test_setup(test_order_of_checks, setup),
		cmocka_unit_test_setup(test_longest_names, setup),
		cmocka_unit_test_setup(test_windows, setup),
		cmocka_unit_test_setup(test_most_instances, setup),
		cmocka_unit_test_setup(test_images_are_kept, setup),
		cmocka_unit_test_setup(test_images_in_use, setup),
		cmocka_unit_test_setup(test_images_change, setup),
		cmocka_unit_test_setup(test_order_of_images_counts, setup),
		cmocka_unit_test_setup(test_images_take_memory, setup),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("plan", tests, random_seed, NULL);
}
