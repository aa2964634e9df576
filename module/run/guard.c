// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host must not do while spawn kernels run.
 *
 * It does not sleep then: nothing would save or bring back what is not its own. Nor does it hibernate
 * while it has a pool or instances: memory that was removed from it is not in the image, and after
 * the resume CPUs that it has given up would rest in the memory of the kernel that read the image.
 * From its first step towards sleep until it is awake nothing changes here and nothing is started.
 *
 * Before the host reboots, powers off or starts another kernel by kexec, spawn kernels are stopped,
 * so that none runs on in memory that the next kernel takes for its own.
 */
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/suspend.h>

#include "base.h"
#include "cpu/boot_cpu.h"
#include "cpu/cpus.h"
#include "instance/instance.h"
#include "memory/patience.h"
#include "memory/pool.h"
#include "run/guard.h"
#include "run/run.h"

#define KEXEC_COMMAND "kexec reboot"	/* kernel/kexec_core.c, kernel_kexec() */

/* Context: under both locks. */
static int may_sleep(bool hibernation, struct mk_reason *why)
{
	const struct instance *instance;

	lockdep_assert_held(&multikernel_lock);
	list_for_each_entry(instance, &instances, list) {
		if (instance->lost)
			return mk_refuse(why, -EBUSY, "instance \"%s\": a CPU of it does not stop, so the host cannot sleep",
					 instance->config.name);
		if (mk_state_runs(instance->state))
			return mk_refuse(why, -EBUSY, "instance \"%s\": a kernel is %s there, so the host cannot sleep",
					 instance->config.name, mk_state_name(instance->state));
	}
	/* Firmware wakes the machine on CPU 0, and the kernel expects to go on there. */
	if (boot_cpu_is_away())
		return mk_refuse(why, -EBUSY, "cpu 0 is an instance's, so the host cannot sleep");
	if (hibernation && (pool_bytes() || !list_empty(&instances)))
		return mk_refuse(why, -EBUSY, "the pool and the instances would be lost: the host can only hibernate without them");
	return 0;
}

static int begin_sleep(bool hibernation)
{
	struct mk_reason why = {};
	int error;

	if (mutex_trylock(&change_lock)) {
		mutex_lock(&multikernel_lock);
		error = may_sleep(hibernation, &why);
		multikernel_host_sleeps = !error;
		mutex_unlock(&multikernel_lock);
		mutex_unlock(&change_lock);
	} else {
		error = mk_refuse(&why, -EBUSY, "the pool or the instances are changing, so the host cannot sleep");
	}
	if (error)
		report(error, hibernation ? "hibernation" : "suspend", &why);
	return notifier_from_errno(error);
}

/* Firmware may have started the CPUs that rest in our page: they are called there again. */
static void end_sleep(void)
{
	mutex_lock(&change_lock);
	mutex_lock(&multikernel_lock);
	multikernel_host_sleeps = false;
	cpus_park();
	mutex_unlock(&multikernel_lock);
	mutex_unlock(&change_lock);
}

static int before_sleep(struct notifier_block *block, unsigned long action, void *data)
{
	switch (action) {
	case PM_SUSPEND_PREPARE:
		return begin_sleep(false);
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		return begin_sleep(true);
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		end_sleep();
	}
	return NOTIFY_DONE;
}

/*
 * A reset by hardware ends a kernel that could not be stopped, but kexec leaves it running beside
 * the next kernel, in memory that this one takes for its own. The notifier cannot refuse a kexec, so
 * it makes a reset of it.
 */
static int before_reboot(struct notifier_block *block, unsigned long action, void *command)
{
	bool whole;

	/* The host goes on to wait for the devices of memory that is on its way out. */
	patience_end_all();
	run_stop_all();
	whole = !run_any_lost() && cpus_return_boot_cpu();
	cpus_leave_park();
	if (action == SYS_RESTART && command && !strcmp(command, KEXEC_COMMAND) && !whole) {
		pr_emerg("a CPU of a spawn kernel does not stop, or CPU 0 does not come back: the machine is reset, instead of starting the next kernel beside it\n");
		emergency_restart();
	}
	return NOTIFY_DONE;
}

static struct notifier_block sleep_block = { .notifier_call = before_sleep };
static struct notifier_block reboot_block = { .notifier_call = before_reboot };

int guard_init(void)
{
	int error;

	error = register_pm_notifier(&sleep_block);
	if (error)
		return error;
	error = register_reboot_notifier(&reboot_block);
	if (error)
		unregister_pm_notifier(&sleep_block);
	return error;
}

void guard_exit(void)
{
	unregister_reboot_notifier(&reboot_block);
	unregister_pm_notifier(&sleep_block);
}
