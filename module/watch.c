// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watch looks at every running instance's control page once a millisecond. It runs in a timer's interrupt, so that
 * no load on the host can delay it: a stock kernel that has asked for a reset waits 15 ms and then resets the machine
 * through the keyboard controller (arch/x86/kernel/reboot.c, native_machine_emergency_restart()).
 */
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "acpi.h"
#include "compat.h"
#include "control_page.h"
#include "instance.h"
#include "launch.h"
#include "watch.h"

#define WATCH_PERIOD_NS NSEC_PER_MSEC

static LIST_HEAD(watched);
static DEFINE_SPINLOCK(watch_lock);	/* the list above, and each instance's event */
static struct hrtimer timer;
static void (*handle_events)(void);

static void do_work(struct work_struct *work)
{
	handle_events();
}

static DECLARE_WORK(work, do_work);

/*
 * The page is the spawn's to write, so each byte is read once. A power-off counts before a reset: a kernel may panic on
 * its way down, but never powers off on its way to a reset.
 */
static int read_event(const u8 *control)
{
	u8 sleep = READ_ONCE(control[MK_CONTROL_AT_SLEEP]);
	u8 reset = READ_ONCE(control[MK_CONTROL_AT_RESET]);

	if (sleep == MK_ACPI_SLEEP_VALUE)
		return MK_POWERED_OFF;
	if (reset == MK_ACPI_RESET_VALUE)
		return MK_REBOOTS;
	return 0;
}

static enum hrtimer_restart look(struct hrtimer *timer)
{
	struct instance *instance, *next;
	bool any;

	spin_lock(&watch_lock);
	list_for_each_entry_safe(instance, next, &watched, watch_list) {
		instance->event = read_event(instance->control);
		if (!instance->event)
			continue;
		launch_halt(instance->apic_ids, instance->config.cpu_count);
		list_del_init(&instance->watch_list);
		schedule_work(&work);
	}
	any = !list_empty(&watched);
	spin_unlock(&watch_lock);
	if (!any)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(WATCH_PERIOD_NS));
	return HRTIMER_RESTART;
}

int watch_init(void (*handle)(void))
{
	handle_events = handle;
	hrtimer_setup(&timer, look, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	return 0;
}

void watch_exit(void)
{
	hrtimer_cancel(&timer);
	cancel_work_sync(&work);
}

void watch_begin(struct instance *instance)
{
	spin_lock_irq(&watch_lock);
	instance->event = 0;
	list_add_tail(&instance->watch_list, &watched);
	spin_unlock_irq(&watch_lock);
	hrtimer_start(&timer, ns_to_ktime(WATCH_PERIOD_NS), HRTIMER_MODE_REL_HARD);
}

void watch_end(struct instance *instance)
{
	spin_lock_irq(&watch_lock);
	list_del_init(&instance->watch_list);
	instance->event = 0;
	spin_unlock_irq(&watch_lock);
}

int watch_event(struct instance *instance)
{
	int event;

	spin_lock_irq(&watch_lock);
	event = instance->event;
	spin_unlock_irq(&watch_lock);
	return event;
}

void watch_kick(void)
{
	schedule_work(&work);
}
