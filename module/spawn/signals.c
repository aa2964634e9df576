// SPDX-License-Identifier: GPL-2.0-only
/*
 * A spawn kernel's side of the control page. A heartbeat shows that its timers run; requests of the
 * host are looked for at the same time; and before it ends, for whatever reason, it says so and
 * waits to be stopped, instead of touching a platform that is not its own.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kernel_stat.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include <asm/msr.h>
#include <asm/tsc.h>

#include "compat.h"
#include "control_page.h"
#include "cpu/doorbell.h"
#include "spawn/area.h"
#include "spawn/resize.h"
#include "spawn/signals.h"

#define BEAT_PERIOD (HZ / 4)
#define STOP_WAIT_MS 500	/* the host stops this kernel within milliseconds of its last word */

static struct timer_list beat_timer;
static u32 wanted;		/* the newest request */
static u32 answered;		/* number of the last one that was dealt with */

static void obey(struct work_struct *work);
static DECLARE_WORK(obey_work, obey);

static void obey(struct work_struct *work)
{
	if (READ_ONCE(wanted) == MK_ASK_REBOOT)
		orderly_reboot();
	else
		orderly_poweroff(true);
}

/* Of a request; an older host does not count them, and there the next is another one, or none. */
static u32 request_number(void)
{
	u32 count = smp_load_acquire(&spawn_control()->request_count);

	return count ?: READ_ONCE(spawn_control()->request);
}

/*
 * Looks for a request that is new; two who look at once may both see it, and it is obeyed once. The
 * same can be asked for again: the program that shuts down may have done nothing the first time.
 */
static void look_for_request(void)
{
	u32 number = request_number(), request;

	if (number == READ_ONCE(answered))
		return;
	request = READ_ONCE(spawn_control()->request);
	WRITE_ONCE(wanted, request);
	WRITE_ONCE(answered, number);
	if (request == MK_ASK_POWEROFF || request == MK_ASK_REBOOT)
		schedule_work(&obey_work);
}

/*
 * Nanoseconds; what /proc/stat has for each CPU but idle and iowait. A guest's time is in the user's
 * (kernel/sched/cputime.c, account_guest_time()). CPUs that went keep theirs, so the sum never falls.
 */
static u64 busy_ns(void)
{
	struct kernel_cpustat stat;
	const u64 *time = stat.cpustat;
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		kcpustat_cpu_fetch(&stat, cpu);
		sum += time[CPUTIME_USER] + time[CPUTIME_NICE] + time[CPUTIME_SYSTEM] +
		       time[CPUTIME_IRQ] + time[CPUTIME_SOFTIRQ] + time[CPUTIME_STEAL];
	}
	return sum;
}

/*
 * The host may read between the two: then the first is a beat younger than the second, which does
 * no harm to who looks again.
 */
static void tell_busy(struct mk_control *control)
{
	WRITE_ONCE(control->busy_ms, div_u64(busy_ns(), NSEC_PER_MSEC));
	smp_store_release(&control->busy_at_ms, ktime_to_ms(ktime_get()));
}

/* What /proc/meminfo has as MemTotal, but for what it has as MemAvailable: caches can make room. */
static void tell_memory(struct mk_control *control)
{
	u64 total = totalram_pages(), available = max(si_mem_available(), 0L);

	WRITE_ONCE(control->memory_used, (total - min(available, total)) << PAGE_SHIFT);
}

static void beat(struct timer_list *timer)
{
	struct mk_control *control = spawn_control();

	tell_busy(control);
	tell_memory(control);
	WRITE_ONCE(control->heartbeat, control->heartbeat + 1);
	look_for_request();
	spawn_resize_rung();
	mod_timer(timer, jiffies + BEAT_PERIOD);
}

void spawn_signals_rung(void)
{
	look_for_request();
}

void spawn_signals_publish_bell(void)
{
	struct mk_control *control = spawn_control();
	u32 apic_id, vector;

	doorbell_address(&apic_id, &vector);
	WRITE_ONCE(control->spawn_apic_id, apic_id);
	smp_store_release(&control->spawn_vector, vector);
}

void spawn_signals_hide_bell(void)
{
	WRITE_ONCE(spawn_control()->spawn_vector, 0);
}

/* The word comes after the text: the host may read both as soon as it sees the word. */
static void say(enum mk_last_word word, const char *text)
{
	struct mk_control *control = spawn_control();
	int waited;

	strscpy(control->last_text, text, sizeof(control->last_text));
	control->last_word_tsc = rdtsc_ordered();
	smp_store_release(&control->last_word, word);
	spawn_ring();
	for (waited = 0; waited < STOP_WAIT_MS; waited++)
		mdelay(1);
	/* Nobody has stopped us: go on as a stock kernel does. */
}

static int on_panic(struct notifier_block *block, unsigned long action, void *text)
{
	say(MK_WORD_PANIC, text ?: "");
	return NOTIFY_DONE;
}

static int on_reboot(struct notifier_block *block, unsigned long action, void *command)
{
	switch (action) {
	case SYS_RESTART:
		say(MK_WORD_REBOOT, "");
		break;
	case SYS_POWER_OFF:
		say(MK_WORD_POWEROFF, "");
		break;
	case SYS_HALT:
		say(MK_WORD_HALT, "");
		break;
	}
	return NOTIFY_DONE;
}

/*
 * Nothing would wake this kernel: it has no device that could, and its doorbell is off while it sleeps.
 * After a hibernation the host would serve queues where the kernel that read the image had them, in the
 * memory of the one that comes back.
 */
static int before_sleep(struct notifier_block *block, unsigned long action, void *data)
{
	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		pr_warn_ratelimited("a spawn kernel cannot sleep: nothing would wake it\n");
		return notifier_from_errno(-EBUSY);
	}
	return NOTIFY_DONE;
}

/* First of all at a panic; last of all at a shutdown, when the others have had their say. */
static struct notifier_block panic_block = { .notifier_call = on_panic, .priority = INT_MAX };
static struct notifier_block reboot_block = { .notifier_call = on_reboot, .priority = INT_MIN };
static struct notifier_block sleep_block = { .notifier_call = before_sleep };

int spawn_signals_init(void)
{
	int error;

	error = register_reboot_notifier(&reboot_block);
	if (error)
		return error;
	error = register_pm_notifier(&sleep_block);
	if (error) {
		unregister_reboot_notifier(&reboot_block);
		return error;
	}
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	answered = request_number();
	timer_setup(&beat_timer, beat, 0);
	mod_timer(&beat_timer, jiffies + 1);
	return 0;
}

void spawn_signals_exit(void)
{
	timer_shutdown_sync(&beat_timer);
	cancel_work_sync(&obey_work);
	/* No module any more, no signs of life: the host must not take that for a hang. */
	WRITE_ONCE(spawn_control()->heartbeat, 0);
	WRITE_ONCE(spawn_control()->busy_at_ms, 0);
	WRITE_ONCE(spawn_control()->memory_used, 0);
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	unregister_pm_notifier(&sleep_block);
	unregister_reboot_notifier(&reboot_block);
}
