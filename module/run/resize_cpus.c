// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a CPU changes hands while a kernel runs. Its kernel is asked, by our module there
 * (core/resize_request.h), and its answer is worth no more than good manners: a CPU comes back to the
 * host only when it has been stopped with proof, as after any end.
 *
 * A CPU that comes is the instance's before its kernel is told, and one that leaves is the
 * instance's until it has stopped. So whatever end the kernel takes in between, its CPUs are stopped
 * with the others, and none is lost. One that a kernel has begun to bring, without ever answering,
 * stays the instance's: the kernel could start it at any time.
 */
#include <linux/rcupdate.h>

#include "base.h"
#include "cpu/cpus.h"
#include "cpu/vector.h"
#include "instance/instance.h"
#include "run/ask.h"
#include "run/resize.h"
#include "run/run.h"

#define ANSWER_SECONDS 20	/* it takes 100 ms or so; an emulated kernel under load has taken 3 s */

static struct ask ask_of(struct instance *instance, enum mk_resize_wish wish, u32 cpu)
{
	return (struct ask){
		.instance = instance,
		.request = { .wish = wish, .cpu = cpu, .apic_id = cpus_apic_id(cpu) },
	};
}

static int refuse(const struct ask *ask, enum ask_outcome outcome, struct mk_reason *why)
{
	bool brings = ask->request.wish == MK_BRING_CPU;
	char what[32];

	snprintf(what, sizeof(what), "%s cpu %u", brings ? "bring" : "give back", ask->request.cpu);
	return ask_refuse(ask, outcome, what, ANSWER_SECONDS, why);
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
static void return_to_host(const struct ask *ask)
{
	u32 cpu = ask->request.cpu;

	synchronize_rcu();	/* whoever sent it something on behalf of the instance has done so */
	if (!someone_else_has(ask->instance, cpu))
		cpus_give_back(cpu);
}

/* Context: under multikernel_lock. */
static int remove_stopped(struct ask *ask, struct mk_reason *why)
{
	struct instance *instance = ask->instance;
	int error;

	lockdep_assert_held(&multikernel_lock);
	error = run_stop_cpu(instance, ask->request.cpu, ask->request.apic_id, why);
	if (error)
		return error;
	instance_remove_cpu(instance, ask->request.cpu);
	ask_write_handover(instance);
	return 0;
}

/*
 * Its kernel does not bring the CPU. If that kernel has ended since, the next one there has it.
 * Return: why not, or 0 then.
 */
static int undo_growth(struct ask *ask, enum ask_outcome outcome, struct mk_reason *why)
{
	int refused = refuse(ask, outcome, why), error = 0;
	bool runs;

	mutex_lock(&multikernel_lock);
	runs = ask_same_kernel_runs(ask);
	if (runs)
		error = remove_stopped(ask, why);
	mutex_unlock(&multikernel_lock);
	if (error || !runs)
		return error;
	return_to_host(ask);
	return refused;
}

/* Where the kernel has ended meanwhile, nothing is asked. */
static int hand_over(struct ask *ask, u32 cpu, struct mk_reason *why)
{
	struct instance *instance = ask->instance;
	int error = 0;

	mutex_lock(&multikernel_lock);
	if (ask_needs_nobody(instance)) {
		instance_add_cpu(instance, cpu, cpus_apic_id(cpu));
	} else {
		error = ask_check(instance, "cpus", why);
		if (!error) {
			instance_add_cpu(instance, cpu, cpus_apic_id(cpu));
			ask_begin(ask);
		}
	}
	mutex_unlock(&multikernel_lock);
	return error;
}

static void note_growth(struct ask *ask)
{
	mutex_lock(&multikernel_lock);
	if (ask_same_kernel_runs(ask))
		ask_write_handover(ask->instance);
	mutex_unlock(&multikernel_lock);
	pr_info("instance \"%s\": has cpu %u, too, now\n", ask->instance->config.name,
		ask->request.cpu);
}

/*
 * A vector of ours would move elsewhere, and the kernel that shall get the CPU, and all others that run,
 * would go on to ring where they were told: there, in a kernel that knows nothing of that vector.
 */
static int take(u32 cpu, struct mk_reason *why)
{
	if (vector_any_on(cpu))
		return mk_refuse(why, -EBUSY,
				 "kernels that run ring the host on cpu %u, so it cannot come to one of them",
				 cpu);
	return cpus_take(cpu, why);
}

static int grow(struct instance *instance, u32 cpu, struct mk_reason *why)
{
	struct ask ask = ask_of(instance, MK_BRING_CPU, cpu);
	bool was_taken = cpus_is_taken(cpu);
	struct mk_reason detail = {};
	enum ask_outcome outcome;
	int error;

	error = was_taken ? 0 : take(cpu, &detail);
	if (error)
		return mk_refuse(why, error, "instance \"%s\": %s", instance->config.name, detail.text);
	error = hand_over(&ask, cpu, why);
	if (error) {
		if (!was_taken)
			cpus_give_back(cpu);
		return error;
	}
	if (!ask.request.sequence)
		return 0;
	outcome = ask_wait(&ask, ANSWER_SECONDS);
	if (outcome == ASK_ENDED || (outcome == ASK_ANSWERED && !ask.error)) {
		note_growth(&ask);
		return 0;
	}
	return outcome == ASK_STUCK ? refuse(&ask, outcome, why) : undo_growth(&ask, outcome, why);
}

/*
 * The kernel says that it does not use the CPU any more, or has ended. In an instance where nothing
 * runs all CPUs have stopped, with proof.
 */
static int take_back(struct ask *ask, enum ask_outcome outcome, struct mk_reason *why)
{
	struct instance *instance = ask->instance;
	int error;

	mutex_lock(&multikernel_lock);
	if (outcome == ASK_ANSWERED && ask_same_kernel_runs(ask)) {
		error = remove_stopped(ask, why);
	} else if (ask_needs_nobody(instance)) {
		instance_remove_cpu(instance, ask->request.cpu);
		error = 0;
	} else {
		error = refuse(ask, ASK_ENDED, why);
	}
	mutex_unlock(&multikernel_lock);
	return error;
}

static int shrink(struct instance *instance, u32 cpu, struct mk_reason *why)
{
	struct ask ask = ask_of(instance, MK_REMOVE_CPU, cpu);
	enum ask_outcome outcome;
	int error;

	error = ask_to_give_back(&ask, "cpus", ANSWER_SECONDS, &outcome, why);
	if (error)
		return error;
	if (outcome == ASK_WITHDRAWN || outcome == ASK_STUCK || (outcome == ASK_ANSWERED && ask.error))
		return refuse(&ask, outcome, why);
	error = take_back(&ask, outcome, why);
	if (error)
		return error;
	pr_info("instance \"%s\": has given back cpu %u\n", instance->config.name, cpu);
	return_to_host(&ask);
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

int resize_cpus(struct instance *instance, const u32 *cpus, u32 count, struct mk_reason *why)
{
	int error = 0;
	u32 i;

	lockdep_assert_held(&change_lock);
	for (i = 0; i < count && !error; i++)
		if (!mk_has_cpu(instance->cpus, instance->config.cpu_count, cpus[i]))
			error = grow(instance, cpus[i], why);
	return error ? error : shrink_to(instance, cpus, count, why);
}
