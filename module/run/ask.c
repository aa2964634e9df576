// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's side of requests to a kernel that runs: whether it can be asked, and how long its
 * answer is waited for.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "base.h"
#include "control_page.h"
#include "handover.h"
#include "instance/bell.h"
#include "instance/instance.h"
#include "run/ask.h"
#include "run/watch.h"
#include "wait_time.h"

#define ANSWER_CHECK_US 2000
#define COUNTED (HZ / 10)	/* of a wait for an answer, from one look at the clock to the next */

/* Does a kernel run there that was not seen to end? */
static bool runs(struct instance *instance)
{
	return instance->state == MK_ACTIVE && !instance->log_is_read &&
	       !watch_event(instance);
}

bool ask_same_kernel_runs(const struct ask *ask)
{
	lockdep_assert_held(&multikernel_lock);
	return runs(ask->instance) && ask->instance->generation == ask->generation;
}

bool ask_needs_nobody(const struct instance *instance)
{
	lockdep_assert_held(&multikernel_lock);
	return mk_state_next(instance->state, MK_DESTROY) >= 0 && !instance->lost &&
	       !instance->log_is_read;
}

int ask_check(struct instance *instance, const char *what, struct mk_reason *why)
{
	lockdep_assert_held(&change_lock);
	lockdep_assert_held(&multikernel_lock);
	if (!runs(instance))
		return mk_refuse(why, -EBUSY, "instance \"%s\": %s cannot change while its kernel ends",
				 instance->config.name, what);
	if (!READ_ONCE(instance->control->heartbeat))
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": %s cannot change while it is active: its kernel does not have the multikernel module and cannot be asked",
				 instance->config.name, what);
	if (!mk_resize_is_idle(instance->control, instance->asked, instance->asked_in_vain))
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": %s cannot change: its kernel has not answered the last request",
				 instance->config.name, what);
	return 0;
}

void ask_begin(struct ask *ask)
{
	struct instance *instance = ask->instance;

	lockdep_assert_held(&multikernel_lock);
	ask->generation = instance->generation;
	ask->request.sequence = ++instance->asked;
	instance->asked_in_vain = false;
	mk_resize_ask(instance->control, &ask->request);
	instance_ring(instance);
}

static enum ask_outcome look(struct ask *ask)
{
	enum ask_outcome outcome = ASK_WAITING;

	mutex_lock(&multikernel_lock);
	if (!ask_same_kernel_runs(ask))
		outcome = ASK_ENDED;
	else if (mk_resize_answered(ask->instance->control, ask->request.sequence, &ask->error))
		outcome = ASK_ANSWERED;
	mutex_unlock(&multikernel_lock);
	return outcome;
}

static enum ask_outcome withdraw(struct ask *ask)
{
	enum ask_outcome outcome = ASK_STUCK;

	mutex_lock(&multikernel_lock);
	if (!ask_same_kernel_runs(ask)) {
		outcome = ASK_ENDED;
	} else {
		ask->instance->asked_in_vain = true;
		if (mk_resize_withdraw(ask->instance->control, ask->request.sequence))
			outcome = ASK_WITHDRAWN;
	}
	mutex_unlock(&multikernel_lock);
	return outcome;
}

enum ask_outcome ask_wait(struct ask *ask, u32 seconds)
{
	enum ask_outcome outcome;
	struct wait_time time;

	lockdep_assert_held(&change_lock);
	wait_time_begin(&time, seconds * HZ, COUNTED);
	do {
		outcome = look(ask);
		if (outcome != ASK_WAITING)
			return outcome;
		fsleep(ANSWER_CHECK_US);
	} while (!wait_time_is_over(&time));
	return withdraw(ask);
}

int ask_to_give_back(struct ask *ask, const char *what, u32 seconds, enum ask_outcome *outcome,
		     struct mk_reason *why)
{
	int error = 0;

	lockdep_assert_held(&change_lock);
	mutex_lock(&multikernel_lock);
	if (!ask_needs_nobody(ask->instance)) {
		error = ask_check(ask->instance, what, why);
		if (!error)
			ask_begin(ask);
	}
	mutex_unlock(&multikernel_lock);
	if (error)
		return error;
	*outcome = ask->request.sequence ? ask_wait(ask, seconds) : ASK_ENDED;
	return 0;
}

int ask_refuse(const struct ask *ask, enum ask_outcome outcome, const char *what, u32 seconds,
	       struct mk_reason *why)
{
	const char *name = ask->instance->config.name;

	switch (outcome) {
	case ASK_ANSWERED:
		return mk_refuse(why, -EBUSY, "instance \"%s\": its kernel cannot %s (error %d)", name,
				 what, ask->error);
	case ASK_WITHDRAWN:
		return mk_refuse(why, -ETIMEDOUT,
				 "instance \"%s\": its kernel did not answer within %u s when asked to %s",
				 name, seconds, what);
	case ASK_STUCK:
		return mk_refuse(why, -ETIMEDOUT,
				 "instance \"%s\": its kernel began to %s, and has not come to an end within %u s; it stays there until the kernel is stopped",
				 name, what, seconds);
	default:
		return mk_refuse(why, -EBUSY, "instance \"%s\": its kernel ended when it was asked to %s",
				 name, what);
	}
}

/* What is there is not read: it may have been written over. */
void ask_write_handover(struct instance *instance)
{
	struct mk_image_place places[MK_INSTANCE_IMAGES_MAX];
	u32 size = instance->shared.handover_size;
	struct mk_description description;
	void *copy = kvzalloc(size, GFP_KERNEL);

	lockdep_assert_held(&multikernel_lock);
	if (!copy) {
		pr_warn("instance \"%s\": no memory to tell its kernel anew of what it has\n",
			instance->config.name);
		return;
	}
	instance_describe(instance, &description, places);
	if (mk_handover_write(&description, copy, size) >= 0)
		memcpy((u8 *)instance->control + instance->shared.handover, copy, size);
	kvfree(copy);
}
