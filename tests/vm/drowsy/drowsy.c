// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that keeps the host between its first step towards sleep, of which all others have heard by then, and the
 * freezing of processes; and in the end it refuses. The parameter "waits" is N until then and Y from then on; who writes
 * N to it lets the host go.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/suspend.h>
#include <linux/wait.h>

#define BOUND (300 * HZ)	/* that the host waits at most, jiffies */

static DECLARE_WAIT_QUEUE_HEAD(let_go);
static bool waits;

static int set_waits(const char *text, const struct kernel_param *parameter)
{
	int error = param_set_bool(text, parameter);

	wake_up(&let_go);
	return error;
}

static const struct kernel_param_ops operations = {
	.set = set_waits,
	.get = param_get_bool,
};
module_param_cb(waits, &operations, &waits, 0600);
MODULE_PARM_DESC(waits, "the host is on its way to sleep, and held there");

static int before_sleep(struct notifier_block *block, unsigned long action, void *data)
{
	if (action != PM_SUSPEND_PREPARE)
		return NOTIFY_DONE;
	WRITE_ONCE(waits, true);
	wait_event_timeout(let_go, !READ_ONCE(waits), BOUND);
	return notifier_from_errno(-ECANCELED);
}

/* Behind those of the usual priority. */
static struct notifier_block sleep_block = { .notifier_call = before_sleep, .priority = -1 };

static int __init drowsy_init(void)
{
	return register_pm_notifier(&sleep_block);
}
module_init(drowsy_init);

static void __exit drowsy_exit(void)
{
	unregister_pm_notifier(&sleep_block);
}
module_exit(drowsy_exit);

MODULE_DESCRIPTION("Keeps the host from its sleep, for tests");
MODULE_LICENSE("GPL");
