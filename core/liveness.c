// SPDX-License-Identifier: GPL-2.0-only
/* What is known of a kernel's life. */
#include "liveness.h"

#define SOFT_WATCHDOG_ENABLED 0x2	/* include/linux/nmi.h */
#define WATCHDOG_THRESH_MAX 60		/* what its sysctl takes */

void mk_life_begin(struct mk_life *life, u64 now)
{
	memset(life, 0, sizeof(*life));
	life->sign_at = now;
	life->passed = now;
}

void mk_life_pass(struct mk_life *life, u64 now)
{
	u64 gap = now - life->passed;

	if (gap > MK_LIFE_GAP)
		life->sign_at += gap - MK_LIFE_GAP;
	life->passed = now;
}

/* Has a sign moved from what was seen last? One that is not found has not, and is kept in mind. */
static bool moves(u64 *last, u64 seen)
{
	bool moved = seen && seen != *last;

	if (seen)
		*last = seen;
	return moved;
}

bool mk_life_note(struct mk_life *life, const struct mk_signs *signs, u64 now)
{
	bool moved = moves(&life->heartbeat, signs->heartbeat);

	moved |= moves(&life->message, signs->message);
	moved |= moves(&life->tick, signs->tick);
	life->beats = signs->heartbeat;
	life->tick_rest = signs->tick ? signs->tick_rest : 0;
	mk_life_pass(life, now);
	if (moved) {
		life->sign_at = now;
		life->seen = true;
	}
	return moved;
}

/* Seconds within which a sign must move; 0: none has to. */
static u64 must_move_within(const struct mk_life *life, u32 limit)
{
	u64 rests = 2ULL * life->tick_rest;

	if (life->beats)
		return limit;
	return rests && rests < limit ? limit : rests;
}

enum mk_liveness mk_life_judge(const struct mk_life *life, u32 limit, u64 *silence)
{
	u32 patience = limit ? limit : MK_LIFE_LIMIT;
	u64 bound = must_move_within(life, patience);

	*silence = life->passed - life->sign_at;
	if (life->seen && *silence < (bound ? bound : patience))
		return MK_LIFE_ALIVE;
	return life->seen && limit && bound ? MK_LIFE_HUNG : MK_LIFE_UNKNOWN;
}

bool mk_life_was_seen(const struct mk_life *life)
{
	return life->seen;
}

const char *mk_liveness_name(enum mk_liveness liveness)
{
	switch (liveness) {
	case MK_LIFE_ALIVE:
		return "alive";
	case MK_LIFE_HUNG:
		return "hung";
	default:
		return "unknown";
	}
}

u32 mk_tick_rest(u64 watchdog_enabled, u32 watchdog_thresh)
{
	if (!(watchdog_enabled & SOFT_WATCHDOG_ENABLED) || watchdog_thresh > WATCHDOG_THRESH_MAX)
		return 0;
	return (2 * watchdog_thresh + 4) / 5;
}
