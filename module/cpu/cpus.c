// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the host gives up a CPU so that it can neither reach it nor start it by accident: offline,
 * out of the mask of present CPUs (presence.c), and stopped, so that it does not even sleep in the
 * host's text.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/smp.h>

#include "base.h"
#include "boot_cpu_way.h"
#include "compat.h"
#include "cpu/apic.h"
#include "cpu/boot_cpu.h"
#include "cpu/cpus.h"
#include "cpu/launch.h"
#include "cpu/presence.h"
#include "plan.h"

/*
 * They did not come back, and may rest in our page below 1 MB, as where the host's siblings were turned off
 * meanwhile (smt/control). They stay there: INIT would clear CR4.MCE, and the next machine check that is
 * broadcast would shut the machine down. Set under change_lock.
 */
static struct cpumask resting;

u32 cpus_apic_id(u32 cpu)
{
	return cpu_physical_id(cpu);
}

int cpus_init(void)
{
	mutex_lock(&multikernel_lock);
	launch_init();
	mutex_unlock(&multikernel_lock);
	return presence_init();
}

/* Others can bring them online at any time, and INIT would end one in the midst of the host's work. */
static void send_away_resting(void)
{
	unsigned int cpu;

	for_each_cpu(cpu, &resting)
		if (!cpu_online(cpu))
			boot_cpu_send_init(cpus_apic_id(cpu));
}

/* Our page is about to go. */
void cpus_exit(void)
{
	cpus_read_lock();
	send_away_resting();
	cpus_read_unlock();
	presence_exit();
}

bool cpus_is_taken(u32 cpu)
{
	lockdep_assert_held(&change_lock);
	return cpumask_test_cpu(cpu, presence_left());
}

static enum mk_cpu_status describe(u32 cpu)
{
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return MK_CPU_ABSENT;
	if (cpus_is_taken(cpu))
		return MK_CPU_HELD;
	if (!cpu_present(cpu))
		return MK_CPU_ABSENT;
	if (cpu == MK_BOOT_CPU && !boot_cpu_may_go())
		return MK_CPU_BOOT;
	return cpu_online(cpu) ? MK_CPU_ONLINE : MK_CPU_OFFLINE;
}

void cpus_describe(u8 *status, u32 count)
{
	u32 cpu;

	lockdep_assert_held(&change_lock);
	for (cpu = 0; cpu < count; cpu++)
		status[cpu] = describe(cpu);
}

/* CPU 0 is the host's: the kernel itself lets no one take it offline. */
static void keep_boot_cpu(void)
{
	presence_set_ejectable(MK_BOOT_CPU, false);
	boot_cpu_restore();
}

/* What must be so before a CPU goes. */
static int prepare(u32 cpu, struct mk_reason *why)
{
	int error;

	if (cpu == MK_BOOT_CPU) {
		error = boot_cpu_prepare(why);
		if (!error)
			presence_set_ejectable(cpu, true);
		return error;
	}
	if (apic_is_boot_cpu(cpu))
		return mk_refuse(why, -EBUSY, "cpu %u is the machine's boot CPU or went offline", cpu);
	return 0;
}

/* It is present, so that others can have brought it online by now. */
static bool came_otherwise(u32 cpu)
{
	bool online;

	cpus_read_lock();
	online = cpu_online(cpu);
	cpus_read_unlock();
	return online;
}

/* Present again, then online: the host's own INIT takes the CPU, whatever it runs. */
static int bring_back(u32 cpu)
{
	int error = presence_join(cpu);

	/* The kernel waits ten seconds for a CPU, in which the machine may have been held up. */
	if (error)
		error = presence_join(cpu);
	if (error && came_otherwise(cpu))
		error = 0;
	if (error) {
		cpumask_set_cpu(cpu, &resting);
		pr_err("cpu %u did not come back into the host: error %d\n", cpu, error);
	} else if (cpu == MK_BOOT_CPU) {
		keep_boot_cpu();
	}
	return error;
}

int cpus_take(u32 cpu, struct mk_reason *why)
{
	u32 apic_id = cpus_apic_id(cpu), lost;
	int error;

	lockdep_assert_held(&change_lock);
	error = prepare(cpu, why);
	if (error)
		return error;
	error = presence_leave(cpu);
	if (error) {
		if (cpu == MK_BOOT_CPU)
			keep_boot_cpu();
		return mk_refuse(why, -EBUSY, "cpu %u: the host cannot take it offline (error %d)",
				 cpu, error);
	}
	cpumask_clear_cpu(cpu, &resting);
	mutex_lock(&multikernel_lock);
	error = launch_stop(&apic_id, 1, &lost);
	mutex_unlock(&multikernel_lock);
	if (error) {
		bring_back(cpu);
		return mk_refuse(why, error, "cpu %u (APIC id %u) does not stop on INIT", cpu, apic_id);
	}
	return 0;
}

void cpus_park(void)
{
	unsigned int cpu;
	u32 apic_id, lost;

	lockdep_assert_held(&change_lock);
	lockdep_assert_held(&multikernel_lock);
	for_each_cpu(cpu, presence_left()) {
		apic_id = cpus_apic_id(cpu);
		if (launch_stop(&apic_id, 1, &lost))
			pr_warn("cpu %u (APIC id %u) does not stop after the host's sleep\n", cpu, apic_id);
	}
}

void cpus_leave_park(void)
{
	unsigned int cpu;

	/* One that is on its way out is among them already, and works for the host until it is not present. */
	for_each_cpu(cpu, presence_left())
		if (!cpu_present(cpu))
			boot_cpu_send_init(cpus_apic_id(cpu));
	send_away_resting();
}

void cpus_recall_boot_cpu(void)
{
	lockdep_assert_held(&change_lock);
	if (boot_cpu_is_away() && !cpus_is_taken(MK_BOOT_CPU))
		bring_back(MK_BOOT_CPU);
}

/* A lock that someone holds is not waited for: the host goes down. */
bool cpus_return_boot_cpu(void)
{
	bool returned = true;

	if (!mutex_trylock(&change_lock))
		return !cpumask_test_cpu(MK_BOOT_CPU, presence_left());
	if (boot_cpu_is_away())
		returned = !bring_back(MK_BOOT_CPU);
	mutex_unlock(&change_lock);
	return returned;
}

int cpus_give_back(u32 cpu)
{
	lockdep_assert_held(&change_lock);
	return bring_back(cpu);
}
