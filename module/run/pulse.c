// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is seen of a kernel's life, once a second: the heartbeat of our module in it; and, where that
 * stands still or is none, two things in its memory, from outside: its newest log message, and its
 * clock tick, for which its own table of symbols is asked. core/liveness.c concludes from that. What
 * to do about a kernel that hangs is decided by the operator. What the kernel says of its CPUs and
 * its memory is noted at the same time, to be shown.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "base.h"
#include "control_page.h"
#include "instance/instance.h"
#include "instance/spawn_memory.h"
#include "liveness.h"
#include "logring.h"
#include "run/pulse.h"
#include "run/watch.h"
#include "symbols.h"

#define PERIOD HZ
#define SEARCH_PAUSE_MAX 16	/* periods from one search for a log to the next, each twice as many */
#define SEARCH_REST 4		/* a search rests so many times as long as it kept a CPU busy */

/*
 * Where a kernel counts its ticks, and what tells how often its watchdog wakes an idle CPU. A kernel
 * without the last one has no such watchdog, whatever the other two say.
 */
enum { TICK, WATCHDOG_ENABLED, WATCHDOG_THRESH, SOFTLOCKUP, SYMBOLS };
static const char *const symbol_name[SYMBOLS] = {
	[TICK] = "jiffies_64",
	[WATCHDOG_ENABLED] = "watchdog_enabled",
	[WATCHDOG_THRESH] = "watchdog_thresh",
	[SOFTLOCKUP] = "softlockup_panic",
};

static unsigned int hung_after = 10;
module_param(hung_after, uint, 0644);
MODULE_PARM_DESC(hung_after, "seconds without a sign of life after which a spawn kernel counts as hung; 0 for never");

static struct workqueue_struct *queue;	/* looks: one into a large memory may take a second */

/**
 * struct pulse - one kernel's
 * @work:         the next look
 * @instance:     where the kernel runs
 * @memory:       how its memory is read
 * @life:         what is known of it
 * @has_log:      @log is open
 * @search_pause: periods between two searches for a log
 * @search_in:    periods until the next one
 * @log:          its log
 * @symbol:       where its clock is, and what else is of interest
 * @symbols:      room to look for them
 */
struct pulse {
	struct delayed_work work;
	struct instance *instance;
	struct spawn_memory memory;
	struct mk_life life;
	bool has_log;
	u32 search_pause, search_in;
	struct mk_log log;
	struct mk_symbol symbol[SYMBOLS];
	struct mk_symbols symbols;
};

static void find_symbols(struct pulse *pulse)
{
	int i;

	for (i = 0; i < SYMBOLS; i++)
		pulse->symbol[i].name = symbol_name[i];
	/* What is not found has no address; so is all of it in a kernel without such a table. */
	mk_symbols_find(&pulse->symbols, &pulse->log, pulse->symbol, SYMBOLS);
}

/*
 * A search goes through all of the memory of a kernel that has no log yet, so it is made more and
 * more seldom; and once more before that kernel is said to hang.
 */
static bool find_log(struct pulse *pulse, bool last_chance)
{
	u64 begin = current->se.sum_exec_runtime, busy;

	if (pulse->search_in && !last_chance) {
		pulse->search_in--;
		return false;
	}
	pulse->has_log = !mk_log_open(&pulse->log, spawn_memory_read, &pulse->memory,
				      &pulse->instance->memory);
	if (pulse->has_log)
		find_symbols(pulse);
	pulse->search_pause = min_t(u32, 2 * pulse->search_pause + 1, SEARCH_PAUSE_MAX);
	busy = (current->se.sum_exec_runtime - begin) / NSEC_PER_SEC;
	pulse->search_in = max_t(u32, pulse->search_pause, SEARCH_REST * busy);
	return pulse->has_log;
}

/* A variable of the kernel, or 0. @size: 4 or 8. */
static u64 read_variable(struct pulse *pulse, int which, size_t size)
{
	u64 address = pulse->symbol[which].address;
	u8 raw[sizeof(u64)] = {};

	if (!address || mk_log_read(&pulse->log, address, raw, size))
		return 0;
	return mk_get_le64(raw);
}

/*
 * What is mapped stays so for the next look, which reads in the same places: when as much goes, all
 * of the host's CPUs are interrupted to forget it. It goes when the kernel ends, or memory leaves.
 */
static void read_memory(struct pulse *pulse, struct mk_signs *signs, bool last_chance)
{
	spawn_memory_begin(&pulse->memory);
	if (pulse->has_log || find_log(pulse, last_chance)) {
		if (mk_log_newest(&pulse->log, &signs->message))
			signs->message = 0;
		signs->tick = read_variable(pulse, TICK, sizeof(u64));
		if (pulse->symbol[SOFTLOCKUP].address)
			signs->tick_rest = mk_tick_rest(read_variable(pulse, WATCHDOG_ENABLED, sizeof(u64)),
							read_variable(pulse, WATCHDOG_THRESH, sizeof(u32)));
	}
}

static enum mk_liveness judge(const struct pulse *pulse, u64 *silence)
{
	return mk_life_judge(&pulse->life, READ_ONCE(hung_after), silence);
}

static void report_life(struct pulse *pulse)
{
	struct instance *instance = pulse->instance;
	enum mk_liveness was = instance->liveness, is;
	u64 silence;

	is = judge(pulse, &silence);
	WRITE_ONCE(instance->silence, silence);
	WRITE_ONCE(instance->liveness, is);
	if (was == is)
		return;
	if (is == MK_LIFE_HUNG)
		pr_warn("instance \"%s\": no sign of life for %llu s\n", instance->config.name, silence);
	else if (was == MK_LIFE_HUNG)
		pr_info("instance \"%s\": no longer said to be hung: %s\n", instance->config.name,
			mk_liveness_name(is));
	sysfs_notify(&instance->kobject, NULL, "liveness");
	if (is == MK_LIFE_HUNG || was == MK_LIFE_HUNG)
		sysfs_notify(&instance->kobject, NULL, "failure");
}

static void note_use(struct instance *instance, const struct cpu_time *told, u64 memory_used)
{
	WRITE_ONCE(instance->memory_used, memory_used);
	spin_lock(&instance->failure_lock);
	instance->cpu_time = *told;
	spin_unlock(&instance->failure_lock);
}

/* Only shown: whatever it says, nothing depends on it. */
static void read_use(struct instance *instance)
{
	const struct mk_control *control = instance->control;
	struct cpu_time told = { .at_ms = smp_load_acquire(&control->busy_at_ms) };

	told.busy_ms = READ_ONCE(control->busy_ms);
	note_use(instance, &told, READ_ONCE(control->memory_used));
}

static void pulse_look(struct work_struct *work)
{
	struct pulse *pulse = container_of(to_delayed_work(work), struct pulse, work);
	struct instance *instance = pulse->instance;
	struct mk_signs signs = { .heartbeat = READ_ONCE(instance->control->heartbeat) };
	bool hangs;
	u64 silence;

	/* It has ended, and what becomes of it is decided as soon as no upload is in the way. */
	if (watch_event(instance))
		return;
	read_use(instance);
	mk_life_pass(&pulse->life, ktime_get_seconds());
	hangs = judge(pulse, &silence) == MK_LIFE_HUNG && instance->liveness != MK_LIFE_HUNG;
	if (!signs.heartbeat || signs.heartbeat == pulse->life.heartbeat)
		read_memory(pulse, &signs, hangs);
	mk_life_note(&pulse->life, &signs, ktime_get_seconds());
	report_life(pulse);
	if (!READ_ONCE(pulse->memory.end))
		queue_delayed_work(queue, &pulse->work, round_jiffies_relative(PERIOD));
}

int pulse_begin(struct instance *instance)
{
	struct pulse *pulse = kvzalloc(sizeof(*pulse), GFP_KERNEL);

	if (!pulse)
		return -ENOMEM;
	instance->pulse = pulse;
	pulse->instance = instance;
	pulse->memory.instance = instance;
	mk_life_begin(&pulse->life, ktime_get_seconds());
	INIT_DELAYED_WORK(&pulse->work, pulse_look);
	queue_delayed_work(queue, &pulse->work, round_jiffies_relative(PERIOD));
	return 0;
}

bool pulse_seen(const struct instance *instance)
{
	return mk_life_was_seen(&instance->pulse->life);
}

static void stop_looking(struct pulse *pulse)
{
	WRITE_ONCE(pulse->memory.end, true);
	cancel_delayed_work_sync(&pulse->work);
	spawn_memory_close(&pulse->memory);
}

void pulse_rest(struct instance *instance)
{
	if (instance->pulse)
		stop_looking(instance->pulse);
}

void pulse_renew(struct instance *instance)
{
	struct pulse *pulse = instance->pulse;

	lockdep_assert_held(&multikernel_lock);
	if (!pulse || pulse->memory.end)	/* it rests */
		return;
	stop_looking(pulse);
	WRITE_ONCE(pulse->memory.end, false);
	queue_delayed_work(queue, &pulse->work, round_jiffies_relative(PERIOD));
}

void pulse_end(struct instance *instance)
{
	struct pulse *pulse = instance->pulse;

	if (!pulse)
		return;
	stop_looking(pulse);
	kvfree(pulse);
	instance->pulse = NULL;
	WRITE_ONCE(instance->liveness, MK_LIFE_UNKNOWN);
	note_use(instance, &(struct cpu_time){}, 0);
}

int pulse_init(void)
{
	queue = alloc_workqueue("multikernel_pulse", WQ_UNBOUND, 0);
	return queue ? 0 : -ENOMEM;
}

void pulse_exit(void)
{
	destroy_workqueue(queue);
}
