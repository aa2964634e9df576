// SPDX-License-Identifier: GPL-2.0-only
/* The facts for a plan: CPUs, pool, present instances; and what they say to one that is refused. */
#include <stdlib.h>

#include "boot_cpu_way.h"
#include "cpu_list.h"
#include "machine.h"
#include "say.h"
#include "size.h"
#include "sysfs.h"

#define HOST_DEVICE "class/misc/multikernel"	/* /dev/multikernel, which a spawn does not have */

/* Give all CPUs of a list file the same status. */
static int mark_cpus(struct machine *machine, const char *file, enum mk_cpu_status status)
{
	char text[SYSFS_TEXT_SIZE];
	const char *list = text;
	u32 cpu, last;
	int err = sysfs_read_text(text, sizeof(text), "devices/system/cpu/%s", file);

	if (err)
		return err;
	while (cpu_list_next(&list, MK_CPUS_MAX, &cpu, &last))
		for (; cpu <= last; cpu++)
			machine->cpu[cpu] = status;
	return *list ? -EINVAL : 0;
}

/*
 * A present CPU without a file to switch it off is one that the kernel cannot give up. With CPU 0 it is another matter:
 * some kernels can switch it off, and the module leaves it here all the same; one that was loaded with cpu0=1 takes it,
 * if it can, where there is no such file.
 */
static bool may_go(u32 cpu)
{
	char text[SYSFS_TEXT_SIZE];

	if (cpu != MK_BOOT_CPU)
		return sysfs_exists("devices/system/cpu/cpu%u/online", cpu);
	return !sysfs_read_text(text, sizeof(text), "module/multikernel/parameters/cpu0") && *text == 'Y';
}

static int read_cpus(struct machine *machine)
{
	u32 cpu;
	int err;

	err = mark_cpus(machine, "present", MK_CPU_OFFLINE);
	if (!err)
		err = mark_cpus(machine, "online", MK_CPU_ONLINE);
	if (err)
		return cli_refuse("cannot read the CPUs of this machine: %s", strerror(-err));
	for (cpu = 0; cpu < MK_CPUS_MAX; cpu++)
		if (machine->cpu[cpu] == MK_CPU_ONLINE && !may_go(cpu))
			machine->cpu[cpu] = MK_CPU_BOOT;
	return CLI_OK;
}

/* The pool that counts for a plan is what is free and what instances and images hold. */
static int read_pool(struct machine *machine)
{
	const struct mk_tree *tree = &machine->present.tree;
	int err = sysfs_read_number(&machine->pool_bytes, "fs/multikernel/pool/memory_free_bytes");
	u32 i;

	if (err)
		return cli_refuse("cannot read what is free in the pool: %s", strerror(-err));
	for (i = 0; i < tree->image_count; i++)
		machine->pool_bytes += tree->image[i].memory_bytes;
	for (i = 0; i < tree->count; i++)
		machine->pool_bytes += tree->instance[i].memory_bytes;
	for (i = 0; i < tree->cpu_total; i++)
		if (tree->cpu[i] < MK_CPUS_MAX)
			machine->cpu[tree->cpu[i]] = MK_CPU_HELD;
	return CLI_OK;
}

/* An older module does not tell: then the attempt does. */
static int read_windows(struct machine *machine)
{
	int err = sysfs_read_number(&machine->windows, "fs/multikernel/pool/windows_free");

	if (err == -ENOENT)
		machine->windows = MK_INSTANCES_MAX;
	else if (err)
		return cli_refuse("cannot read how many windows are free below 1 MB: %s", strerror(-err));
	return CLI_OK;
}

struct machine *machine_read(void)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	int code;

	if (!machine) {
		cli_refuse("out of memory");
		return NULL;
	}
	machine->spawn = !sysfs_exists(HOST_DEVICE);
	code = read_cpus(machine);
	if (!code)
		code = present_read(&machine->present);
	if (!code)
		code = read_pool(machine);
	if (!code)
		code = read_windows(machine);
	if (!code)
		return machine;
	free(machine);
	return NULL;
}

int machine_plan(struct machine *machine, const struct mk_tree *desired)
{
	const struct mk_present present = {
		.tree = &machine->present.tree,
		.state = machine->present.state,
	};
	const struct mk_machine facts = {
		.cpu = machine->cpu,
		.cpu_count = MK_CPUS_MAX,
		.pool_bytes = machine->pool_bytes,
		.windows = machine->windows,
	};

	if (machine->spawn)
		return mk_refuse(&machine->why, -EPERM, "this is a spawn kernel, which makes no instances");
	return mk_plan_make(&machine->plan, desired, &present, &facts, &machine->why);
}

char *machine_free_cpus(const struct machine *machine)
{
	u32 *cpus = calloc(MK_CPUS_MAX, sizeof(*cpus));
	char *text = NULL;
	u32 cpu, count = 0;

	for (cpu = 0; cpus && cpu < MK_CPUS_MAX; cpu++)
		if (machine->cpu[cpu] == MK_CPU_ONLINE)
			cpus[count++] = cpu;
	if (cpus)
		text = cpu_list_text(cpus, count);
	free(cpus);
	return text;
}

/* One that nobody can have, or that two want. */
static bool wants_other_cpus(const struct machine *machine, const struct mk_tree *desired)
{
	static bool wanted[MK_CPUS_MAX];
	u32 i, j;

	memset(wanted, 0, sizeof(wanted));	/* the service asks for several trees */
	for (i = 0; i < desired->count; i++) {
		const u32 *cpus = mk_tree_cpus(desired, &desired->instance[i]);

		for (j = 0; j < desired->instance[i].cpu_count; j++) {
			if (cpus[j] >= MK_CPUS_MAX || wanted[cpus[j]] ||
			    (machine->cpu[cpus[j]] != MK_CPU_ONLINE && machine->cpu[cpus[j]] != MK_CPU_HELD))
				return true;
			wanted[cpus[j]] = true;
		}
	}
	return false;
}

static u64 wanted_bytes(const struct mk_tree *desired)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < desired->image_count; i++)
		bytes = desired->image[i].memory_bytes > ~bytes ? ~0ULL :
			bytes + desired->image[i].memory_bytes;
	for (i = 0; i < desired->count; i++)
		bytes = desired->instance[i].memory_bytes > ~bytes ? ~0ULL :
			bytes + desired->instance[i].memory_bytes;
	return bytes;
}

/* What the pool lacks is added to what it has; where CPUs are lost that is too little. */
static void advise_pool(const struct machine *machine, u64 wanted)
{
	char size[SIZE_TEXT], word[SIZE_TEXT];
	u64 pool;

	if (sysfs_read_number(&pool, "fs/multikernel/pool/memory_bytes") ||
	    wanted > ~0ULL - pool - MK_LARGE_PAGE_SIZE)
		return;
	pool = mk_align_up(pool + wanted - machine->pool_bytes, MK_LARGE_PAGE_SIZE);
	cli_warn("a pool of %s would do: mkctl pool %s", size_text(size, pool), size_word(word, pool));
}

void machine_advise(struct machine *machine, const struct mk_tree *desired)
{
	u64 wanted = wanted_bytes(desired);
	char *cpus;

	if (machine->spawn)
		return;
	if (wants_other_cpus(machine, desired)) {
		cpus = machine_free_cpus(machine);
		cli_warn("CPUs that an instance can have: %s", cpus && *cpus ? cpus : "none");
		free(cpus);
	} else if (wanted > machine->pool_bytes) {
		advise_pool(machine, wanted);
	}
}

void machine_advise_now(const struct mk_tree *desired)
{
	struct machine *machine = machine_read();

	if (machine)
		machine_advise(machine, desired);
	free(machine);
}
