// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watch looks at every running instance's control page every two milliseconds. It runs in a
 * timer's interrupt, so that no load on the host can delay it: a stock kernel that has asked for a
 * reset waits 15 ms and then resets the machine through the keyboard controller
 * (arch/x86/kernel/reboot.c, native_machine_emergency_restart()).
 */
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "acpi.h"
#include "compat.h"
#include "control_page.h"
#include "cpu/launch.h"
#include "instance/instance.h"
#include "run/watch.h"

#define WATCH_PERIOD_NS (2 * NSEC_PER_MSEC)

static LIST_HEAD(watched);
static struct hrtimer timer;
static bool ticks;			/* the timer will look again */
static DEFINE_RAW_SPINLOCK(watch_lock);	/* what is above, and each instance's event */
static void (*handle_events)(void);
static void (*tell_rung)(struct instance *instance);

static void do_work(struct work_struct *work)
{
	handle_events();
}

static DECLARE_WORK(work, do_work);

/* Ahead of the host's ordinary work, of which some can take long: someone waits for the news. */
void watch_kick(void)
{
	queue_work(system_highpri_wq, &work);
}

/*
 * The page is the spawn's to write, so each field is read once. What our module in the spawn says
 * counts before what a stock kernel does later; a power-off counts before a reset, since a kernel
 * may panic on its way down, but never powers off on its way to a reset.
 */
static int read_event(const struct mk_control *control)
{
	u32 word = READ_ONCE(control->last_word);
	u8 sleep = READ_ONCE(control->acpi_sleep);
	u8 reset = READ_ONCE(control->acpi_reset);

	if (word == MK_WORD_PANIC)
		return MK_CRASHED;
	if (word == MK_WORD_POWEROFF || word == MK_WORD_HALT || sleep == MK_ACPI_SLEEP_VALUE)
		return MK_POWERED_OFF;
	if (word == MK_WORD_REBOOT || reset == MK_ACPI_RESET_VALUE)
		return MK_REBOOTS;
	return 0;
}

/* Context: hard interrupt, under watch_lock. */
static void look_at(struct instance *instance)
{
	lockdep_assert_held(&watch_lock);
	instance->event = read_event(instance->control);
	if (!instance->event)
		return;
	launch_halt(instance->apic_ids, instance_cpu_count(instance));
	list_del_init(&instance->watch_list);
	watch_kick();
}

static enum hrtimer_restart look(struct hrtimer *timer)
{
	struct instance *instance, *next;
	bool again;

	raw_spin_lock(&watch_lock);
	list_for_each_entry_safe(instance, next, &watched, watch_list)
		look_at(instance);
	ticks = again = !list_empty(&watched);
	if (again)
		hrtimer_forward_now(timer, ns_to_ktime(WATCH_PERIOD_NS));
	raw_spin_unlock(&watch_lock);
	return again ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

void watch_rung(void)
{
	struct instance *instance, *next;
	unsigned long flags;

	raw_spin_lock_irqsave(&watch_lock, flags);
	list_for_each_entry_safe(instance, next, &watched, watch_list) {
		tell_rung(instance);
		look_at(instance);
	}
	raw_spin_unlock_irqrestore(&watch_lock, flags);
}

void watch_init(void (*handle)(void), void (*rung)(struct instance *))
{
	handle_events = handle;
	tell_rung = rung;
	hrtimer_setup(&timer, look, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
}

void watch_exit(void)
{
	hrtimer_cancel(&timer);
	cancel_work_sync(&work);
}

int watch_begin(struct instance *instance)
{
	raw_spin_lock_irq(&watch_lock);
	instance->event = 0;
	list_add_tail(&instance->watch_list, &watched);
	/*
	 * Never while it is about to be set again: its time may not be changed in two places at
	 * once.
	 */
	if (!ticks)
		hrtimer_start(&timer, ns_to_ktime(WATCH_PERIOD_NS), HRTIMER_MODE_REL_HARD);
	ticks = true;
	raw_spin_unlock_irq(&watch_lock);
	return 0;
}

void watch_end(struct instance *instance)
{
	raw_spin_lock_irq(&watch_lock);
	list_del_init(&instance->watch_list);
	instance->event = 0;
	raw_spin_unlock_irq(&watch_lock);
}

int watch_event(struct instance *instance)
{
	int event;

	raw_spin_lock_irq(&watch_lock);
	event = instance->event;
	raw_spin_unlock_irq(&watch_lock);
	return event;
}
