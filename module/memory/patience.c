// SPDX-License-Identifier: GPL-2.0-only
/*
 * What takes too long is ended by the flag of a pending signal, as the freezer ends what sleeps:
 * there is no other way out of offline_pages() (mm/memory_hotplug.c, 6.1 to 7.3). No signal is
 * sent, so none is left when the flag is taken back.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "base.h"
#include "memory/patience.h"

#define LOOK_EVERY (HZ / 10)

static void look(struct work_struct *work);

static DECLARE_DELAYED_WORK(watch, look);
static struct task_struct *task;	/* whose patience it is; change_lock */
static unsigned long whole_end;		/* jiffies; change_lock */
static unsigned long step_end;		/* jiffies; the task's siglock */
static bool all_ended;

/* Again and again: signals that come meanwhile may have the flag worked out anew. */
static void look(struct work_struct *work)
{
	struct sighand_struct *signals = rcu_dereference_raw(task->sighand);

	spin_lock_irq(&signals->siglock);
	if (READ_ONCE(all_ended) || time_after_eq(jiffies, step_end))
		set_tsk_thread_flag(task, TIF_SIGPENDING);
	spin_unlock_irq(&signals->siglock);
	schedule_delayed_work(&watch, LOOK_EVERY);
}

/* Only real signals remain. */
static void begin_step(unsigned long end)
{
	struct sighand_struct *signals = rcu_dereference_raw(current->sighand);

	spin_lock_irq(&signals->siglock);
	step_end = end;
	recalc_sigpending();
	spin_unlock_irq(&signals->siglock);
}

void patience_begin(unsigned long whole)
{
	lockdep_assert_held(&change_lock);
	task = current;
	whole_end = jiffies + whole;
	begin_step(whole_end);
	schedule_delayed_work(&watch, LOOK_EVERY);
}

/* What cannot be had is passed over without any sleep, and there may be terabytes of it: others get on here. */
bool patience_step(unsigned long step)
{
	unsigned long end;

	cond_resched();
	end = jiffies + step;
	begin_step(time_before(end, whole_end) ? end : whole_end);
	return !READ_ONCE(all_ended) && time_before(jiffies, whole_end) && !signal_pending(current);
}

void patience_end(void)
{
	cancel_delayed_work_sync(&watch);
	begin_step(whole_end);
}

void patience_end_all(void)
{
	WRITE_ONCE(all_ended, true);
}
