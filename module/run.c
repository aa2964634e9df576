// SPDX-License-Identifier: GPL-2.0-only
/* When a kernel is started and stopped, and what becomes of its instance then. */
#include <linux/io.h>
#include <linux/module.h>

#include "control_page.h"
#include "instance.h"
#include "launch.h"
#include "multikernel.h"
#include "run.h"
#include "watch.h"

/* A kernel runs, or is about to: neither the instance nor the module may go. */
static void hold(struct instance *instance)
{
	kobject_get(&instance->kobject);
	__module_get(THIS_MODULE);
}

static void let_go(struct instance *instance)
{
	if (instance->control)
		memunmap(instance->control);
	instance->control = NULL;
	kobject_put(&instance->kobject);
	module_put(THIS_MODULE);
}

static struct instance *find(u32 id, struct mk_reason *why, int *error)
{
	struct instance *instance = instance_find(id);

	if (!instance)
		*error = mk_refuse(why, -ENOENT, "no instance has id %u", id);
	else if (instance->lost)
		*error = mk_refuse(why, -EBUSY, "instance \"%s\": a CPU of it does not stop",
				   instance->config.name);
	else
		*error = 0;
	return instance;
}

static int begin_load(u32 id, struct instance **found, bool *was_failed, struct mk_reason *why)
{
	struct instance *instance;
	int error;

	mutex_lock(&multikernel_lock);
	instance = find(id, why, &error);
	if (!error) {
		*was_failed = instance->state == MK_FAILED;
		error = instance_decide(instance, MK_LOAD_BEGINS, NULL);
		if (error)
			mk_refuse(why, error, "instance \"%s\": a kernel is %s there",
				  instance->config.name, mk_state_name(instance->state));
	}
	if (!error) {
		hold(instance);
		*found = instance;
	}
	mutex_unlock(&multikernel_lock);
	return error;
}

/* Every CPU of the instance, with proof; an instance of which one does not stop is never used again. */
static int stop_cpus(struct instance *instance, struct mk_reason *why)
{
	u32 index;
	int error;

	watch_end(instance);
	error = launch_stop(instance->apic_ids, instance->config.cpu_count, &index);
	if (!error)
		return 0;
	mk_refuse(why, error,
		  "instance \"%s\": cpu %u (APIC id %u) does not stop; the instance and its memory stay out of use",
		  instance->config.name, instance->cpus[index], instance->apic_ids[index]);
	instance->lost = true;
	instance_decide(instance, MK_CPU_SILENT, why);
	pr_err("%s\n", why->text);
	return error;
}

static int start(struct instance *instance, const struct mk_layout *layout, struct mk_reason *why)
{
	int error;

	instance->control = instance_map(instance, layout->control, MK_PAGE_SIZE);
	if (!instance->control)
		return mk_refuse(why, -ENOMEM, "instance \"%s\": its control page cannot be mapped",
				 instance->config.name);
	watch_begin(instance);
	error = launch_kernel(instance->apic_ids[0], layout->low_window, layout->boot.start,
			      layout->kernel_end, layout->kernel + MK_IMAGE_ENTRY_64,
			      layout->boot_params);
	if (!error)
		return 0;
	watch_end(instance);
	return mk_refuse(why, error, "instance \"%s\": cpu %u (APIC id %u) did not start",
			 instance->config.name, instance->cpus[0], instance->apic_ids[0]);
}

/* Nothing runs: the instance is what it was before, or failed when its CPU is to blame. */
static void end_load(struct instance *instance, int error, bool was_failed, struct mk_reason *why)
{
	struct mk_reason lost;

	if (error == -ETIMEDOUT) {
		if (stop_cpus(instance, &lost))
			return;
		instance_decide(instance, MK_START_FAILED, why);
	} else {
		instance_decide(instance, was_failed ? MK_RELOAD_REFUSED : MK_LOAD_REFUSED, NULL);
	}
	let_go(instance);
}

int run_kernel(u32 id, const struct kernel_source *source, struct mk_reason *why)
{
	struct mk_reason detail = {};
	struct instance *instance;
	struct mk_layout layout;
	bool was_failed;
	int error;

	error = begin_load(id, &instance, &was_failed, why);
	if (error)
		return error;
	error = load_kernel(instance, source, &layout, &detail);
	if (error)
		mk_refuse(why, error, "instance \"%s\": %s", instance->config.name, detail.text);
	else
		error = start(instance, &layout, why);

	mutex_lock(&multikernel_lock);
	if (error) {
		end_load(instance, error, was_failed, why);
	} else {
		instance_decide(instance, MK_LOAD_DONE, NULL);
		watch_kick();	/* it may have ended already */
	}
	mutex_unlock(&multikernel_lock);
	return error;
}

int run_stop(u32 id, struct mk_reason *why)
{
	struct instance *instance;
	bool active;
	int error;

	mutex_lock(&multikernel_lock);
	instance = find(id, why, &error);
	if (error)
		goto unlock;
	error = mk_state_next(instance->state, MK_STOPPED);
	if (error < 0) {
		mk_refuse(why, error, "instance \"%s\": cannot be stopped while it is %s",
			  instance->config.name, mk_state_name(instance->state));
		goto unlock;
	}
	error = 0;
	active = instance->state == MK_ACTIVE;
	if (active)
		error = stop_cpus(instance, why);
	if (error)
		goto unlock;
	instance_decide(instance, MK_STOPPED, NULL);
	if (active)
		let_go(instance);
unlock:
	mutex_unlock(&multikernel_lock);
	return error;
}

static void handle_event(struct instance *instance, int event)
{
	struct mk_reason why;

	if (stop_cpus(instance, &why))
		return;
	if (event == MK_REBOOTS) {
		event = MK_CRASHED;
		mk_refuse(&why, 0, "the spawn kernel reset itself");
	}
	pr_info("instance \"%s\": %s\n", instance->config.name,
		event == MK_POWERED_OFF ? "powered off" : why.text);
	instance_decide(instance, event, &why);
	let_go(instance);
}

void run_handle_events(void)
{
	struct instance *instance;
	int event;

	mutex_lock(&multikernel_lock);
	list_for_each_entry(instance, &instances, list) {
		event = watch_event(instance);
		if (event && instance->state == MK_ACTIVE)
			handle_event(instance, event);
	}
	mutex_unlock(&multikernel_lock);
}
