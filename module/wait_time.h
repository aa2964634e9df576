/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time that counts for a wait. Where the whole machine was held up, by its firmware or because
 * it is a virtual one, its clock went on, and nobody could do what is waited for: so from one look at
 * the clock to the next no more counts than usually passes between them.
 */
#ifndef MK_MODULE_WAIT_TIME_H
#define MK_MODULE_WAIT_TIME_H

#include <linux/jiffies.h>
#include <linux/minmax.h>

/**
 * struct wait_time - of one wait; all in jiffies
 * @left: how long it may take yet
 * @most: what counts from one look to the next
 * @seen: when the clock was looked at
 */
struct wait_time {
	unsigned long left, most, seen;
};

/* Begins a wait of so many jiffies. Context: any. */
static inline void wait_time_begin(struct wait_time *time, unsigned long left, unsigned long most)
{
	*time = (struct wait_time){ .left = left, .most = most, .seen = jiffies };
}

/* Looks at the clock. Context: any, one at a time. Return: whether the wait has had its time. */
static inline bool wait_time_is_over(struct wait_time *time)
{
	unsigned long now = jiffies;

	time->left -= min3(now - time->seen, time->most, time->left);
	time->seen = now;
	return !time->left;
}

#endif
