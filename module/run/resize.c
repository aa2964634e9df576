// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a CPU changes hands while a kernel runs. Its kernel is asked, by our module there
 * (core/cpu_request.h), and its answer is worth no more than good manners: a CPU comes back to the
 * host only when it has been stopped with proof, as after any end.
 *
 * A CPU that comes is the instance's before its kernel is told, and one that leaves is the
 * instance's until it has stopped. So whatever end the kernel takes in between, its CPUs are stopped
 * with the others, and none is lost. One that a kernel has begun to bring, without ever answering,
 * stays the instance's: the kernel could start it at any time.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "base.h"
#include "control_page.h"
#include "cpu/cpus.h"
#include "cpu_request.h"
#include "handover.h"
#include "instance/bell.h"
#include "instance/instance.h"
#include "run/resize.h"
#include "run/run.h"
#include "run/watch.h"

#define ANSWER_MS 20000		/* it takes 100 ms or so; an emulated kernel under load has taken 3 s */
#define ANSWER_CHECK_US 2000

/**
 * struct resize - one CPU on its way
 * @instance:   to which it goes, or which it leaves
 * @generation: of the kernel that was asked
 * @request:    what it was asked
 * @error:      its answer
 */
struct resize {
	struct instance *instance;
	u32 generation;
	struct mk_cpu_request request;
	int error;
};

enum outcome {
	WAITING,
	ANSWERED,	/* see struct resize */
	ENDED,		/* the kernel that was asked is no more */
	WITHDRAWN,	/* it did not answer, and will not act any more */
	STUCK,		/* it has begun, and does not come to an end */
};

/* Does a kernel run there that was not seen to end? */
static bool runs(struct instance *instance)
{
	return instance->state == MK_ACTIVE && !instance->log_is_read &&
	       !watch_event(instance);
}

static bool same_kernel_runs(const struct resize *resize)
{
	return runs(resize->instance) && resize->instance->generation == resize->generation;
}

/* Nothing runs there, and all its CPUs have stopped, with proof: nobody needs to be asked. */
static bool rests(const struct instance *instance)
{
	return mk_state_next(instance->state, MK_DESTROY) >= 0 && !instance->lost &&
	       !instance->log_is_read;
}

int resize_check(struct instance *instance, struct mk_reason *why)
{
	lockdep_assert_held(&change_lock);
	lockdep_assert_held(&multikernel_lock);
	if (!runs(instance))
		return mk_refuse(why, -EBUSY, "instance \"%s\": cpus cannot change while its kernel ends",
				 instance->config.name);
	if (!READ_ONCE(instance->control->heartbeat))
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": cpus cannot change while it is active: its kernel does not have the multikernel module and cannot be asked",
				 instance->config.name);
	if (!mk_cpu_is_idle(instance->control, instance->cpu_sequence, instance->cpu_gave_up))
		return mk_refuse(why, -EBUSY,
				 "instance \"%s\": cpus cannot change: its kernel has not answered the last request for a CPU",
				 instance->config.name);
	return 0;
}

/* Context: under multikernel_lock; resize_check() said 0. */
static void ask(struct resize *resize, enum mk_cpu_wish wish, u32 cpu)
{
	struct instance *instance = resize->instance;

	lockdep_assert_held(&multikernel_lock);
	resize->generation = instance->generation;
	resize->request = (struct mk_cpu_request){
		.sequence = ++instance->cpu_sequence,
		.wish = wish,
		.cpu = cpu,
		.apic_id = cpus_apic_id(cpu),
	};
	instance->cpu_gave_up = false;
	mk_cpu_ask(instance->control, &resize->request);
	instance_ring(instance);
}

static enum outcome look(struct resize *resize)
{
	enum outcome outcome = WAITING;

	mutex_lock(&multikernel_lock);
	if (!same_kernel_runs(resize))
		outcome = ENDED;
	else if (mk_cpu_answered(resize->instance->control, resize->request.sequence, &resize->error))
		outcome = ANSWERED;
	mutex_unlock(&multikernel_lock);
	return outcome;
}

static enum outcome withdraw(struct resize *resize)
{
	enum outcome outcome = STUCK;

	mutex_lock(&multikernel_lock);
	if (!same_kernel_runs(resize)) {
		outcome = ENDED;
	} else {
		resize->instance->cpu_gave_up = true;
		if (mk_cpu_withdraw(resize->instance->control, resize->request.sequence))
			outcome = WITHDRAWN;
	}
	mutex_unlock(&multikernel_lock);
	return outcome;
}

static enum outcome wait_for_answer(struct resize *resize)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(ANSWER_MS);
	enum outcome outcome;

	do {
		outcome = look(resize);
		if (outcome != WAITING)
			return outcome;
		fsleep(ANSWER_CHECK_US);
	} while (time_before(jiffies, deadline));
	return withdraw(resize);
}

static int refuse(const struct resize *resize, enum outcome outcome, struct mk_reason *why)
{
	bool brings = resize->request.wish == MK_CPU_BRING;
	const char *name = resize->instance->config.name;
	u32 cpu = resize->request.cpu;

	switch (outcome) {
	case ANSWERED:
		return mk_refuse(why, -EBUSY, "instance \"%s\": its kernel cannot %s cpu %u (error %d)",
				 name, brings ? "bring" : "give back", cpu, resize->error);
	case WITHDRAWN:
		return mk_refuse(why, -ETIMEDOUT,
				 "instance \"%s\": its kernel did not answer within %u s when asked to %s cpu %u",
				 name, ANSWER_MS / 1000, brings ? "bring" : "give back", cpu);
	case STUCK:
		return mk_refuse(why, -ETIMEDOUT,
				 "instance \"%s\": its kernel began to %s cpu %u, and has not come to an end within %u s; the CPU stays there until the kernel is stopped",
				 name, brings ? "bring" : "give back", cpu, ANSWER_MS / 1000);
	default:
		return mk_refuse(why, -EBUSY, "instance \"%s\": its kernel ended while it gave back cpu %u",
				 name, cpu);
	}
}

/* For a module that is loaded there anew. What is there is not read: it may have been written over. */
static void write_handover(struct instance *instance)
{
	struct mk_image_place places[MK_INSTANCE_IMAGES_MAX];
	u32 size = instance->shared.handover_size;
	struct mk_description description;
	void *copy = kvzalloc(size, GFP_KERNEL);

	if (!copy) {
		pr_warn("instance \"%s\": no memory to tell its kernel of its CPUs anew\n",
			instance->config.name);
		return;
	}
	instance_describe(instance, &description, places);
	if (mk_handover_write(&description, copy, size) >= 0)
		memcpy((u8 *)instance->control + instance->shared.handover, copy, size);
	kvfree(copy);
}

/* An instance that goes with this upload may have it still: nothing runs there. */
static bool someone_else_has(const struct instance *instance, u32 cpu)
{
	const struct instance *other;

	list_for_each_entry(other, &instances, list)
		if (other != instance && mk_has_cpu(other->cpus, other->config.cpu_count, cpu))
			return true;
	return false;
}

/* It has stopped, with proof, and has left the instance. */
static void return_to_host(const struct resize *resize)
{
	u32 cpu = resize->request.cpu;

	synchronize_rcu();	/* whoever sent it something on behalf of the instance has done so */
	if (!someone_else_has(resize->instance, cpu))
		cpus_give_back(cpu);
}

/* Context: under multikernel_lock. */
static int remove_stopped(struct resize *resize, struct mk_reason *why)
{
	struct instance *instance = resize->instance;
	int error;

	lockdep_assert_held(&multikernel_lock);
	error = run_stop_cpu(instance, resize->request.cpu, resize->request.apic_id, why);
	if (error)
		return error;
	instance_remove_cpu(instance, resize->request.cpu);
	write_handover(instance);
	return 0;
}

/*
 * Its kernel does not bring the CPU. If that kernel has ended since, the next one there has it.
 * Return: why not, or 0 then.
 */
static int undo_growth(struct resize *resize, enum outcome outcome, struct mk_reason *why)
{
	int refused = refuse(resize, outcome, why), error = 0;
	bool runs;

	mutex_lock(&multikernel_lock);
	runs = same_kernel_runs(resize);
	if (runs)
		error = remove_stopped(resize, why);
	mutex_unlock(&multikernel_lock);
	if (error || !runs)
		return error;
	return_to_host(resize);
	return refused;
}

/* Where the kernel has ended meanwhile, @resize has no request. */
static int hand_over(struct resize *resize, u32 cpu, struct mk_reason *why)
{
	struct instance *instance = resize->instance;
	int error = 0;

	mutex_lock(&multikernel_lock);
	if (rests(instance)) {
		instance_add_cpu(instance, cpu, cpus_apic_id(cpu));
	} else {
		error = resize_check(instance, why);
		if (!error) {
			instance_add_cpu(instance, cpu, cpus_apic_id(cpu));
			ask(resize, MK_CPU_BRING, cpu);
		}
	}
	mutex_unlock(&multikernel_lock);
	return error;
}

static void note_growth(struct resize *resize)
{
	mutex_lock(&multikernel_lock);
	if (same_kernel_runs(resize))
		write_handover(resize->instance);
	mutex_unlock(&multikernel_lock);
	pr_info("instance \"%s\": has cpu %u, too, now\n", resize->instance->config.name,
		resize->request.cpu);
}

static int grow(struct instance *instance, u32 cpu, struct mk_reason *why)
{
	struct resize resize = { .instance = instance };
	bool was_taken = cpus_is_taken(cpu);
	struct mk_reason detail = {};
	enum outcome outcome;
	int error;

	error = was_taken ? 0 : cpus_take(cpu, &detail);
	if (error)
		return mk_refuse(why, error, "instance \"%s\": %s", instance->config.name, detail.text);
	error = hand_over(&resize, cpu, why);
	if (error) {
		if (!was_taken)
			cpus_give_back(cpu);
		return error;
	}
	if (!resize.request.sequence)
		return 0;
	outcome = wait_for_answer(&resize);
	if (outcome == ENDED || (outcome == ANSWERED && !resize.error)) {
		note_growth(&resize);
		return 0;
	}
	return outcome == STUCK ? refuse(&resize, outcome, why) : undo_growth(&resize, outcome, why);
}

/*
 * The kernel says that it does not use the CPU any more, or has ended. In an instance where nothing
 * runs all CPUs have stopped, with proof.
 */
static int take_back(struct resize *resize, enum outcome outcome, struct mk_reason *why)
{
	struct instance *instance = resize->instance;
	int error;

	mutex_lock(&multikernel_lock);
	if (outcome == ANSWERED && same_kernel_runs(resize)) {
		error = remove_stopped(resize, why);
	} else if (rests(instance)) {
		instance_remove_cpu(instance, resize->request.cpu);
		error = 0;
	} else {
		error = refuse(resize, ENDED, why);
	}
	mutex_unlock(&multikernel_lock);
	return error;
}

static int shrink(struct instance *instance, u32 cpu, struct mk_reason *why)
{
	struct resize resize = { .instance = instance, .request.cpu = cpu };
	enum outcome outcome = ENDED;
	int error = 0;

	mutex_lock(&multikernel_lock);
	if (!rests(instance)) {
		error = resize_check(instance, why);
		if (!error)
			ask(&resize, MK_CPU_REMOVE, cpu);
	}
	mutex_unlock(&multikernel_lock);
	if (error)
		return error;
	if (resize.request.sequence)
		outcome = wait_for_answer(&resize);
	if (outcome == WITHDRAWN || outcome == STUCK || (outcome == ANSWERED && resize.error))
		return refuse(&resize, outcome, why);
	error = take_back(&resize, outcome, why);
	if (error)
		return error;
	pr_info("instance \"%s\": has given back cpu %u\n", instance->config.name, cpu);
	return_to_host(&resize);
	return 0;
}

/* Those that came last leave first: so the others keep their places. */
static int shrink_to(struct instance *instance, const u32 *cpus, u32 count, struct mk_reason *why)
{
	u32 i = instance->config.cpu_count;
	int error;

	while (--i) {
		if (mk_has_cpu(cpus, count, instance->cpus[i]))
			continue;
		error = shrink(instance, instance->cpus[i], why);
		if (error)
			return error;
	}
	return 0;
}

int resize_to(struct instance *instance, const u32 *cpus, u32 count, struct mk_reason *why)
{
	int error = 0;
	u32 i;

	lockdep_assert_held(&change_lock);
	for (i = 0; i < count && !error; i++)
		if (!mk_has_cpu(instance->cpus, instance->config.cpu_count, cpus[i]))
			error = grow(instance, cpus[i], why);
	return error ? error : shrink_to(instance, cpus, count, why);
}
