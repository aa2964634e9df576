// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and hibernation are refused while a spawn kernel runs: nothing would save or bring back
 * what is not the host's. Before the host reboots, powers off or starts another kernel by kexec,
 * spawn kernels are stopped, so that none runs on in memory that the next kernel takes for its own.
 */
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "guard.h"
#include "patience.h"
#include "run.h"

static int before_sleep(struct notifier_block *block, unsigned long action, void *data)
{
	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		if (!run_any())
			return NOTIFY_DONE;
		pr_warn("spawn kernels run: the host cannot sleep\n");
		return notifier_from_errno(-EBUSY);
	}
	return NOTIFY_DONE;
}

static int before_reboot(struct notifier_block *block, unsigned long action, void *data)
{
	/* The host goes on to wait for the devices of memory that is on its way out. */
	patience_end_all();
	run_stop_all();
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
