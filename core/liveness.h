/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a kernel lives, judged by what moves in it. A sign that moves proves life. A sign that
 * stands still proves a hang only if it must move: that is so of our module's heartbeat, and of a
 * clock whose kernel is known to be woken by its own watchdog. Of every other kernel nothing is
 * known when nothing moves, and unknown is not hung.
 */
#ifndef MK_CORE_LIVENESS_H
#define MK_CORE_LIVENESS_H

#include "port.h"

enum mk_liveness {
	MK_LIFE_UNKNOWN,	/* nothing moves, and nothing has to */
	MK_LIFE_ALIVE,		/* a sign has moved not long ago */
	MK_LIFE_HUNG,		/* a sign that must move stands still */
};

/**
 * struct mk_signs - what is seen at one look
 * @heartbeat: of our module in it; 0 where there is none
 * @message:   a number that grows with every message of its log; 0 where none is found
 * @tick:      its clock; 0 where it is not found
 * @tick_rest: seconds after which that clock has moved in any case, if the kernel lives; 0: not known
 */
struct mk_signs {
	u64 heartbeat;
	u64 message;
	u64 tick;
	u32 tick_rest;
};

/**
 * struct mk_life - what is known of one kernel's life; all private
 * @heartbeat: as last found, like the next two
 * @message:   of struct mk_signs
 * @tick:      of struct mk_signs
 * @beats:     the last look found a heartbeat
 * @tick_rest: as the last look found it
 * @sign_at:   when a sign moved last, or when the kernel was started; seconds. The later for all time that does not count
 * @passed:    until when time has passed; never before @sign_at
 * @seen:      one has moved
 */
struct mk_life {
	u64 heartbeat;
	u64 message;
	u64 tick;
	bool beats;
	u32 tick_rest;
	u64 sign_at;
	u64 passed;
	bool seen;
};

/*
 * Seconds. A look is a second after the one before, or two. Where more time has passed, the host did not get to look: its
 * own clock went on while it stood still, as in a virtual machine that is held up, or in a long system management
 * interrupt, and the other kernel may have stood still as well. So no more than this counts as that one's silence.
 */
#define MK_LIFE_GAP 2

/* A kernel is started. @now: seconds on any clock that goes on. Context: any; pure. */
void mk_life_begin(struct mk_life *life, u64 now);

/* Time has passed, and a look begins. @now: seconds. Context: any; pure. */
void mk_life_pass(struct mk_life *life, u64 now);

/* Takes note of a look, and of the time until its end. Context: any; pure. Return: whether a sign has moved. */
bool mk_life_note(struct mk_life *life, const struct mk_signs *signs, u64 now);

/**
 * mk_life_judge - what is known of it, at the time that has passed
 * @life:    noted until now
 * @limit:   seconds without a sign after which a kernel is no longer said to be alive; 0: it is
 *           never said to hang, and MK_LIFE_LIMIT counts for the rest
 * @silence: receives the seconds since the last sign, or since the start
 *
 * A kernel known by its clock alone is given two of its rests at least: its watchdog's timer may
 * come late.
 *
 * Context: any; pure.
 */
enum mk_liveness mk_life_judge(const struct mk_life *life, u32 limit, u64 *silence);

#define MK_LIFE_LIMIT 10

/* Has it ever shown a sign? Context: any; pure. */
bool mk_life_was_seen(const struct mk_life *life);

/* "unknown", "alive" or "hung". Context: any; pure. */
const char *mk_liveness_name(enum mk_liveness liveness);

/**
 * mk_tick_rest - how long the clock of an idle kernel may rest
 * @watchdog_enabled: its variable of that name
 * @watchdog_thresh:  its variable of that name, seconds
 *
 * A CPU that idles stops its tick, and jiffies stand still when all do (kernel/time/tick-sched.c).
 * The soft lockup detector wakes each CPU by a timer of its own every 2/5 of watchdog_thresh, unless
 * it is switched off by nowatchdog, nosoftlockup or a sysctl (kernel/watchdog.c,
 * lockup_detector_update_enable() and set_sample_period(); read in 6.1 and 6.12).
 *
 * Context: any; pure.
 * Return: seconds, rounded up; 0: it may rest for any time.
 */
u32 mk_tick_rest(u64 watchdog_enabled, u32 watchdog_thresh);

#endif
