// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a CPU leaves this kernel's mask of present CPUs, and comes back. The host has it so for the
 * CPUs that it gives to instances, a spawn for those that it gives back to the host.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/device.h>

#include "compat.h"
#include "cpu/presence.h"

#define BUSY_TRIES 50
#define BUSY_PAUSE_MS 100

static struct cpumask left;	/* changed by presence_*(), read by the hotplug callbacks */
static int hotplug_state;

/*
 * A hypervisor that takes a CPU back asks the host to take it offline first. It is offline already;
 * only this keeps it from being ejected while another kernel runs there (drivers/acpi/scan.c,
 * acpi_bus_offline(); the host's log then has "Offline failed").
 */
void presence_set_ejectable(unsigned int cpu, bool ejectable)
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
	if (cpumask_test_cpu(cpu, &left)) {
		set_cpu_present(cpu, false);
		presence_set_ejectable(cpu, false);
	}
	return 0;
}

/* The way back of an offline operation that failed half-way, and of any CPU that comes online. */
static int join_present_mask(unsigned int cpu)
{
	set_cpu_present(cpu, true);
	if (cpumask_test_cpu(cpu, &left))
		presence_set_ejectable(cpu, true);
	return 0;
}

int presence_init(void)
{
	int state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "multikernel:present",
					      join_present_mask, leave_present_mask);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void presence_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
}

const struct cpumask *presence_left(void)
{
	return &left;
}

/*
 * No CPU may come or go while a driver takes up a PCI device (drivers/pci/pci-driver.c, pci_call_probe()):
 * that passes.
 */
static int when_allowed(int (*change)(unsigned int cpu), u32 cpu)
{
	int tries = BUSY_TRIES, error;

	do {
		error = change(cpu);
	} while (error == -EBUSY && --tries && !msleep_interruptible(BUSY_PAUSE_MS));
	return error;
}

/* Someone else may be taking it offline at that moment, and then our callback lets it leave in the midst of that. */
int presence_leave(u32 cpu)
{
	int error;

	cpumask_set_cpu(cpu, &left);
	error = when_allowed(remove_cpu, cpu);
	if (error && !cpu_present(cpu))
		error = 0;
	if (error)
		cpumask_clear_cpu(cpu, &left);
	return error;
}

/* Once it is present, whoever brings CPUs online in user space may be faster: that is told by a 1. */
int presence_join(u32 cpu)
{
	int error;

	cpumask_clear_cpu(cpu, &left);
	set_cpu_present(cpu, true);
	presence_set_ejectable(cpu, true);
	error = when_allowed(add_cpu, cpu);
	return error > 0 ? 0 : error;
}

void presence_forget(u32 cpu)
{
	cpumask_set_cpu(cpu, &left);
	set_cpu_present(cpu, false);
	presence_set_ejectable(cpu, false);
}
