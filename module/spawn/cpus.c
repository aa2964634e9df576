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
#include <linux/workqueue.h>

#include <acpi/processor.h>
#include <asm/smp.h>

#include "acpi.h"
#include "control_page.h"
#include "cpu/presence.h"
#include "cpu_request.h"
#include "spawn/area.h"
#include "spawn/cpus.h"
#include "spawn/identity.h"

#define NO_CPU (~0U)
#define TABLE_DEPTH 3	/* the devices are below \_SB */

static struct workqueue_struct *queue;	/* bound to no CPU: the one it ran on could be the one that goes */
static u32 last;			/* the request that has been dealt with; the work's */

static void spawn_cpus_work(struct work_struct *work);
static DECLARE_WORK(work, spawn_cpus_work);

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

static int obey(const struct mk_cpu_request *request)
{
	int error;

	switch (request->wish) {
	case MK_CPU_BRING:
		error = bring(request->apic_id);
		break;
	case MK_CPU_REMOVE:
		error = give_back(request->apic_id);
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (!error)
		spawn_has_cpu(request->cpu, request->apic_id, request->wish == MK_CPU_BRING);
	return error;
}

static void spawn_cpus_work(struct work_struct *work)
{
	struct mk_control *control = spawn_control();
	struct mk_cpu_request request;
	int error;

	if (mk_cpu_claim(control, last, &request)) {
		error = obey(&request);
		if (error)
			pr_warn("cpu with APIC id %u: what the host asked for failed, error %d\n",
				request.apic_id, error);
		mk_cpu_answer(control, request.sequence, error);
	}
	last = request.sequence;
}

void spawn_cpus_rung(void)
{
	if (READ_ONCE(spawn_control()->cpu_asked) != READ_ONCE(last))
		queue_work(queue, &work);
}

int spawn_cpus_init(void)
{
	int error;

	last = READ_ONCE(spawn_control()->cpu_answered);
	queue = alloc_workqueue("multikernel_cpus", WQ_UNBOUND, 1);
	if (!queue)
		return -ENOMEM;
	error = presence_init();
	if (error)
		destroy_workqueue(queue);
	return error;
}

void spawn_cpus_exit(void)
{
	cancel_work_sync(&work);
	presence_exit();
	destroy_workqueue(queue);
}
