// SPDX-License-Identifier: GPL-2.0-only
/* The facts for a plan: CPUs, pool, present instances. */
#include <stdlib.h>

#include "instances.h"
#include "machine.h"
#include "sysfs.h"

/* struct facts - what mk_plan_make() is handed; too large for a stack */
struct facts {
	u8 cpu[MK_CPUS_MAX];
	struct mk_tree tree;
	u8 state[MK_INSTANCES_MAX];
	u64 pool_bytes;
	struct mk_plan plan;
};

/* One entry of a list like "0-3,8,10-11"; moves on behind it; false at the end or at nonsense. */
static bool next_span(const char **list, u32 *first, u32 *last)
{
	unsigned long from, to;
	char *end;

	if (**list < '0' || **list > '9')
		return false;
	from = to = strtoul(*list, &end, 10);
	if (*end == '-')
		to = strtoul(end + 1, &end, 10);
	if (from > to || to >= MK_CPUS_MAX)
		return false;
	*list = *end == ',' ? end + 1 : end;
	*first = from;
	*last = to;
	return true;
}

/* Give all CPUs of a list file the same status. */
static int mark_cpus(struct facts *facts, const char *file, enum mk_cpu_status status)
{
	char text[SYSFS_TEXT_SIZE];
	const char *list = text;
	u32 cpu, last;
	int err = sysfs_read_text(text, sizeof(text), "devices/system/cpu/%s", file);

	if (err)
		return err;
	while (next_span(&list, &cpu, &last))
		for (; cpu <= last; cpu++)
			facts->cpu[cpu] = status;
	return *list ? -EINVAL : 0;
}

/* A present CPU without a file to switch it off is one that the kernel cannot give up. */
static int read_cpus(struct facts *facts)
{
	u32 cpu;
	int err;

	err = mark_cpus(facts, "present", MK_CPU_OFFLINE);
	if (!err)
		err = mark_cpus(facts, "online", MK_CPU_ONLINE);
	if (err)
		return err;
	for (cpu = 0; cpu < MK_CPUS_MAX; cpu++)
		if (facts->cpu[cpu] == MK_CPU_ONLINE &&
		    !sysfs_exists("devices/system/cpu/cpu%u/online", cpu))
			facts->cpu[cpu] = MK_CPU_BOOT;
	return 0;
}

/* The pool that counts for a plan is what is free and what the instances hold. */
static int read_instances(struct facts *facts)
{
	struct instances list;
	int err = instances_read(&list);
	size_t i;
	u32 j;

	for (i = 0; !err && i < list.count; i++) {
		struct instance *instance = &list.instance[i];

		err = mk_tree_add(&facts->tree, &instance->config, instance->cpus);
		if (err)
			break;
		facts->state[i] = instance->state;
		facts->pool_bytes += instance->config.memory_bytes;
		for (j = 0; j < instance->config.cpu_count; j++)
			if (instance->cpus[j] < MK_CPUS_MAX)
				facts->cpu[instance->cpus[j]] = MK_CPU_HELD;
	}
	instances_free(&list);
	return err;
}

static int read_facts(struct facts *facts, struct mk_reason *why)
{
	int err = read_cpus(facts);

	if (err)
		return mk_refuse(why, err, "cannot read the CPUs of this machine: %s",
				 strerror(-err));
	err = sysfs_read_number(&facts->pool_bytes, "fs/multikernel/pool/memory_free_bytes");
	if (err)
		return mk_refuse(why, err, "cannot read what is free in the pool: %s",
				 strerror(-err));
	err = read_instances(facts);
	if (err)
		return mk_refuse(why, err, "cannot read the present instances: %s", strerror(-err));
	return 0;
}

int machine_check(const struct mk_tree *desired, struct mk_reason *why)
{
	struct facts *facts = calloc(1, sizeof(*facts));
	int err;

	if (!facts)
		return mk_refuse(why, -ENOMEM, "out of memory");
	err = read_facts(facts, why);
	if (!err) {
		struct mk_present present = { .tree = &facts->tree, .state = facts->state };
		struct mk_machine machine = {
			.cpu = facts->cpu,
			.cpu_count = MK_CPUS_MAX,
			.pool_bytes = facts->pool_bytes,
		};

		err = mk_plan_make(&facts->plan, desired, &present, &machine, why);
	}
	free(facts);
	return err;
}
