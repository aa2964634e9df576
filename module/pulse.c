// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a kernel lives. One with our module has a heartbeat. Of any other, and of one whose
 * heartbeat stands still, two things are looked at in its memory, from outside: its newest log
 * message, and its clock tick, for which its own table of symbols is asked. A kernel of which none
 * of the three moves is reported as hung; what to do about it is the operator's.
 *
 * An idle kernel stops its tick as well, but not for long: its own watchdog wakes every CPU each
 * four seconds (kernel/watchdog.c, 2/5 of watchdog_thresh).
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "control_page.h"
#include "instance.h"
#include "logring.h"
#include "pulse.h"
#include "spawn_memory.h"
#include "symbols.h"
#include "watch.h"

#define PERIOD HZ
#define FIRST_SIGN_SECONDS 60	/* a kernel says nothing until it is unpacked and halfway through its boot */
#define SEARCH_PAUSE_MAX 16	/* periods from one search for a log to the next, of which each takes twice as many */
#define TICK_SYMBOL "jiffies_64"

static unsigned int hung_after = 10;
module_param(hung_after, uint, 0644);
MODULE_PARM_DESC(hung_after, "seconds without a sign of life after which a spawn kernel counts as hung; 0 for never");

/**
 * struct pulse - one kernel's
 * @work:         the next look
 * @queue:        where it is done
 * @instance:     where the kernel runs
 * @memory:       how its memory is read
 * @heartbeat:    as last seen, like the next two
 * @newest:       the newest message
 * @tick:         its clock
 * @sign_at:      when one of them moved last, or when we began; jiffies
 * @lives:        one of them has moved
 * @has_log:      @log is open
 * @tick_address: where its clock is; 0: not known
 * @search_pause: periods between two searches for a log
 * @search_in:    periods until the next one
 * @log:          its log
 * @symbols:      room to look for its clock
 */
struct pulse {
	struct delayed_work work;
	struct workqueue_struct *queue;
	struct instance *instance;
	struct spawn_memory memory;
	u64 heartbeat, newest, tick;
	unsigned long sign_at;
	bool lives;
	bool has_log;
	u64 tick_address;
	u32 search_pause, search_in;
	struct mk_log log;
	struct mk_symbols symbols;
};

static bool moves(u64 *last, u64 now)
{
	bool moved = *last != now;

	*last = now;
	return moved;
}

/*
 * A search goes through all of the memory of a kernel that has no log yet, so it is made more and
 * more seldom; and once more before that kernel is said to hang.
 */
static bool find_log(struct pulse *pulse, bool last_chance)
{
	if (pulse->search_in && !last_chance) {
		pulse->search_in--;
		return false;
	}
	pulse->search_pause = min_t(u32, 2 * pulse->search_pause + 1, SEARCH_PAUSE_MAX);
	pulse->search_in = pulse->search_pause;
	pulse->has_log = !mk_log_open(&pulse->log, spawn_memory_read, &pulse->memory,
				      &pulse->instance->memory);
	if (!pulse->has_log || mk_symbol_find(&pulse->symbols, &pulse->log, TICK_SYMBOL, &pulse->tick_address))
		pulse->tick_address = 0;
	return pulse->has_log;
}

static bool memory_moves(struct pulse *pulse, bool last_chance)
{
	bool moved = false;
	u8 raw[sizeof(u64)];
	u64 newest;

	if (!pulse->has_log && !find_log(pulse, last_chance))
		return false;
	if (!mk_log_newest(&pulse->log, &newest))
		moved = moves(&pulse->newest, newest);
	if (pulse->tick_address && !mk_log_read(&pulse->log, pulse->tick_address, raw, sizeof(raw)))
		moved |= moves(&pulse->tick, mk_get_le64(raw));
	spawn_memory_close(&pulse->memory);
	return moved;
}

static void report(struct pulse *pulse, u32 seconds)
{
	struct instance *instance = pulse->instance;
	bool was_hung = instance->hung_seconds;

	WRITE_ONCE(instance->hung_seconds, seconds);
	if (was_hung == !!seconds)
		return;
	if (seconds)
		pr_warn("instance \"%s\": no sign of life for %u s\n", instance->config.name, seconds);
	else
		pr_info("instance \"%s\": lives again\n", instance->config.name);
	sysfs_notify(&instance->kobject, NULL, "failure");
}

/* Seconds without a sign after which a kernel counts as hung; 0: never. */
static u32 patience(const struct pulse *pulse)
{
	u32 limit = READ_ONCE(hung_after);

	return limit && !pulse->lives ? max_t(u32, limit, FIRST_SIGN_SECONDS) : limit;
}

static u32 silent_seconds(const struct pulse *pulse)
{
	u32 seconds = (jiffies - pulse->sign_at) / HZ, limit = patience(pulse);

	return limit && seconds >= limit ? seconds : 0;
}

static void look(struct work_struct *work)
{
	struct pulse *pulse = container_of(to_delayed_work(work), struct pulse, work);
	struct instance *instance = pulse->instance;
	bool hangs = silent_seconds(pulse) && !instance->hung_seconds;

	/* It has ended, and what becomes of it is decided as soon as no upload is in the way. */
	if (watch_event(instance))
		return;
	if (moves(&pulse->heartbeat, READ_ONCE(instance->control->heartbeat)) || memory_moves(pulse, hangs)) {
		pulse->sign_at = jiffies;
		pulse->lives = true;
	}
	report(pulse, silent_seconds(pulse));
	if (!READ_ONCE(pulse->memory.end))
		queue_delayed_work(pulse->queue, &pulse->work, round_jiffies_relative(PERIOD));
}

int pulse_begin(struct instance *instance, struct workqueue_struct *queue)
{
	struct pulse *pulse = kvzalloc(sizeof(*pulse), GFP_KERNEL);

	if (!pulse)
		return -ENOMEM;
	instance->pulse = pulse;
	pulse->queue = queue;
	pulse->instance = instance;
	pulse->memory.instance = instance;
	pulse->sign_at = jiffies;
	INIT_DELAYED_WORK(&pulse->work, look);
	queue_delayed_work(queue, &pulse->work, round_jiffies_relative(PERIOD));
	return 0;
}

void pulse_end(struct instance *instance)
{
	struct pulse *pulse = instance->pulse;

	if (!pulse)
		return;
	WRITE_ONCE(pulse->memory.end, true);
	cancel_delayed_work_sync(&pulse->work);
	spawn_memory_close(&pulse->memory);
	kvfree(pulse);
	instance->pulse = NULL;
	instance->hung_seconds = 0;
}
