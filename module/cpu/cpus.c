// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the host gives up a CPU so that it can neither reach it nor start it by accident: offline,
 * out of the mask of present CPUs, and stopped, so that it does not even sleep in the host's text.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>

#include <asm/smp.h>

#include "base.h"
#include "boot_cpu_way.h"
#include "compat.h"
#include "cpu/apic.h"
#include "cpu/boot_cpu.h"
#include "cpu/cpus.h"
#include "cpu/launch.h"
#include "plan.h"

static struct cpumask taken;	/* changed under change_lock, read by the hotplug callbacks */
static int hotplug_state;

u32 cpus_apic_id(u32 cpu)
{
	return cpu_physical_id(cpu);
}

/*
 * A hypervisor that takes a CPU back asks the host to take it offline first. It is offline already;
 * only this keeps it from being ejected while another kernel runs there (drivers/acpi/scan.c,
 * acpi_bus_offline(); the host's log then has "Offline failed").
 */
static void set_ejectable(unsigned int cpu, bool ejectable)
{
	struct device *device = get_cpu_device(cpu);

	if (device)
		mk_set_offline_disabled(device, !ejectable);
}

/*
 * The mask of present CPUs is changed in the midst of the hotplug operation, because at its end the
 * kernel compares the mask with that of all CPUs ever booted (arch/x86/kernel/apic/ipi.c,
 * apic_smt_update()): from then on it sends no broadcast IPI, which would reach the CPU whatever
 * kernel it runs.
 */
static int leave_present_mask(unsigned int cpu)
{
	if (cpumask_test_cpu(cpu, &taken)) {
		set_cpu_present(cpu, false);
		set_ejectable(cpu, false);
	}
	return 0;
}

/* The way back of an offline operation that failed half-way, and of any CPU that comes online. */
static int join_present_mask(unsigned int cpu)
{
	set_cpu_present(cpu, true);
	if (cpumask_test_cpu(cpu, &taken))
		set_ejectable(cpu, true);
	return 0;
}

int cpus_init(void)
{
	int state;

	mutex_lock(&multikernel_lock);
	launch_init();
	mutex_unlock(&multikernel_lock);
	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "multikernel:present",
					  join_present_mask, leave_present_mask);
	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void cpus_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
}

static enum mk_cpu_status describe(u32 cpu)
{
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return MK_CPU_ABSENT;
	if (cpumask_test_cpu(cpu, &taken))
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
	set_ejectable(MK_BOOT_CPU, false);
	boot_cpu_restore();
}

/* What must be so before a CPU goes. */
static int prepare(u32 cpu, struct mk_reason *why)
{
	int error;

	if (cpu == MK_BOOT_CPU) {
		error = boot_cpu_prepare(why);
		if (!error)
			set_ejectable(cpu, true);
		return error;
	}
	if (apic_is_boot_cpu(cpu))
		return mk_refuse(why, -EBUSY, "cpu %u is the machine's boot CPU or went offline", cpu);
	return 0;
}

/* Present again, then online: the host's own INIT takes the CPU, whatever it runs. */
static int bring_back(u32 cpu)
{
	int error;

	cpumask_clear_cpu(cpu, &taken);
	set_cpu_present(cpu, true);
	set_ejectable(cpu, true);
	error = add_cpu(cpu);
	if (!error && cpu == MK_BOOT_CPU)
		keep_boot_cpu();
	if (error) {
		boot_cpu_send_init(cpus_apic_id(cpu));	/* it may still rest in our page below 1 MB */
		pr_err("cpu %u did not come back into the host: error %d\n", cpu, error);
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
	cpumask_set_cpu(cpu, &taken);
	error = remove_cpu(cpu);
	if (error) {
		cpumask_clear_cpu(cpu, &taken);
		if (cpu == MK_BOOT_CPU)
			keep_boot_cpu();
		return mk_refuse(why, -EBUSY, "cpu %u: the host cannot take it offline (error %d)",
				 cpu, error);
	}
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
	for_each_cpu(cpu, &taken) {
		apic_id = cpus_apic_id(cpu);
		if (launch_stop(&apic_id, 1, &lost))
			pr_warn("cpu %u (APIC id %u) does not stop after the host's sleep\n", cpu, apic_id);
	}
}

void cpus_leave_park(void)
{
	unsigned int cpu;

	for_each_cpu(cpu, &taken)
		boot_cpu_send_init(cpus_apic_id(cpu));
}

/* A lock that someone holds is not waited for: the host goes down. */
bool cpus_return_boot_cpu(void)
{
	bool returned = true;

	if (!mutex_trylock(&change_lock))
		return !cpumask_test_cpu(MK_BOOT_CPU, &taken);
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
