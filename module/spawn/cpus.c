// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a spawn kernel brings a CPU that the host has given to it, and gives one back. A CPU that this
 * kernel has not had is added by its own ACPI code, since a device of it is in the tables that the
 * host wrote (core/acpi.h): acpi_map_cpu() alone would do half of it, and what registers the CPU
 * afterwards, arch_register_cpu(), is not exported everywhere (Seen in 6.1: it is; 6.12: it is not).
 * One that was here before only left the mask of present CPUs, and joins it again.
 */
#include <linux/acpi.h>
#include <linux/cpu.h>

#include <acpi/processor.h>
#include <asm/smp.h>

#include "acpi.h"
#include "control_page.h"
#include "cpu/presence.h"
#include "spawn/area.h"
#include "spawn/cpus.h"
#include "spawn/identity.h"

#define NO_CPU (~0U)
#define TABLE_DEPTH 3	/* the devices are below \_SB */

/* As this kernel numbers it: one that has a device, present or not. */
static u32 find_cpu(u32 apic_id)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
		if (get_cpu_device(cpu) && cpu_physical_id(cpu) == apic_id)
			return cpu;
	return NO_CPU;
}

/**
 * struct search - the device of a CPU that may come
 * @apic_id: of the CPU
 * @index:   how many such devices were seen before it
 * @handle:  NULL as long as it is not found
 */
struct search {
	u32 apic_id;
	u32 index;
	acpi_handle handle;
};

static acpi_status look_at_device(acpi_handle handle, u32 level, void *context, void **value)
{
	struct search *search = context;
	unsigned long long uid;

	if (!acpi_has_method(handle, "_MAT") ||
	    ACPI_FAILURE(acpi_evaluate_integer(handle, "_UID", NULL, &uid)))
		return AE_OK;
	if (acpi_get_phys_id(handle, 1, uid) == search->apic_id) {
		search->handle = handle;
		return AE_CTRL_TERMINATE;
	}
	search->index++;
	return AE_OK;
}

/* Has the kernel look at the CPU's device, which says from now on that it is there. */
static int add_by_acpi(u32 apic_id)
{
	u8 *status = (u8 *)spawn_control() + MK_CONTROL_CPU_STATUS;
	struct search search = { .apic_id = apic_id };

	acpi_walk_namespace(ACPI_TYPE_DEVICE, ACPI_ROOT_OBJECT, TABLE_DEPTH, look_at_device, NULL,
			    &search, NULL);
	if (!search.handle || search.index >= MK_CONTROL_CPUS)
		return -ENXIO;
	WRITE_ONCE(status[search.index], MK_ACPI_CPU_THERE);
	acpi_scan_lock_acquire();
	acpi_bus_scan(search.handle);
	acpi_scan_lock_release();
	if (find_cpu(apic_id) != NO_CPU)
		return 0;
	WRITE_ONCE(status[search.index], 0);
	return -ENODEV;
}

/* Whoever brings CPUs online in user space may have been faster. */
static int bring(u32 apic_id)
{
	u32 cpu = find_cpu(apic_id);
	int error = 0;

	if (cpu == NO_CPU) {
		error = add_by_acpi(apic_id);
		cpu = find_cpu(apic_id);
	}
	if (error)
		return error;
	error = presence_join(cpu);
	if (cpu_online(cpu))
		return 0;
	presence_forget(cpu);
	return error < 0 ? error : -EIO;
}

/*
 * A CPU that is present, but offline, would stay present: it is brought online first, and then goes
 * as any other.
 */
static int give_back(u32 apic_id)
{
	u32 cpu = find_cpu(apic_id);
	int error;

	if (cpu == NO_CPU || !cpu_present(cpu))
		return 0;
	if (!cpu_online(cpu))
		add_cpu(cpu);
	error = presence_leave(cpu);
	if (!cpu_present(cpu))
		return 0;
	return error < 0 ? error : -EIO;
}

static int tell(u32 cpu, u32 apic_id, int error, bool has)
{
	if (error)
		pr_warn("cpu with APIC id %u: what the host asked for failed, error %d\n", apic_id, error);
	else
		spawn_has_cpu(cpu, apic_id, has);
	return error;
}

int spawn_cpu_bring(u32 cpu, u32 apic_id)
{
	return tell(cpu, apic_id, bring(apic_id), true);
}

int spawn_cpu_give_back(u32 cpu, u32 apic_id)
{
	return tell(cpu, apic_id, give_back(apic_id), false);
}

int spawn_cpus_init(void)
{
	return presence_init();
}

void spawn_cpus_exit(void)
{
	presence_exit();
}
