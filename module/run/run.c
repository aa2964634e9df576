// SPDX-License-Identifier: GPL-2.0-only
/* When a kernel is started and stopped, and what becomes of its instance then. */
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "base.h"
#include "control_page.h"
#include "cpu/doorbell.h"
#include "cpu/launch.h"
#include "instance/bell.h"
#include "instance/disk_image.h"
#include "instance/instance.h"
#include "instance/instance_memory.h"
#include "memory/broken.h"
#include "memory/low_memory.h"
#include "run/load.h"
#include "run/parts.h"
#include "run/permit.h"
#include "run/pulse.h"
#include "run/run.h"
#include "run/spawn_log.h"
#include "run/watch.h"

#define GO_DOWN_TRIES 500	/* of 10 ms, for loads that are under way when the host goes down */
#define CUT_SHORT_SECONDS 30	/* a load looks between its steps whether it shall end: the longest reads one file */

static bool paused;		/* no kernel may be loaded; multikernel_lock */
static bool going_down;		/* the host is: nothing is started any more */
static DECLARE_WAIT_QUEUE_HEAD(ended);	/* a load, or the reading of a log */
static struct workqueue_struct *queue;	/* endings: they read logs and load files, each in its own time */

/* A kernel runs, or is about to: neither the instance nor the module may go. */
static void hold(struct instance *instance)
{
	kobject_get(&instance->kobject);
	__module_get(THIS_MODULE);
}

static void announce(const struct instance *instance, const char *what)
{
	pr_info("instance \"%s\": %s\n", instance->config.name, what);
}

/* What its kernel and the host share is no longer used by either. */
static void unmap_shared(struct instance *instance)
{
	if (!instance->control)
		return;
	parts_after_stop(instance);
	memunmap(instance->control);
	instance->control = NULL;
}

static void let_go(struct instance *instance)
{
	unmap_shared(instance);
	load_put_source(&instance->source);
	kobject_put(&instance->kobject);
	module_put(THIS_MODULE);
}

/* Its directory goes, or has gone: its state must not change any more. */
static int refuse_leaving(const struct instance *instance, struct mk_reason *why)
{
	if (list_empty(&instance->upload_list))
		return 0;
	return mk_refuse(why, -EBUSY, "instance \"%s\": an upload is about to take it away",
			 instance->config.name);
}

/* Context: under multikernel_lock. */
static struct instance *find(const struct mk_request *request, struct mk_reason *why, int *error)
{
	struct instance *instance = instance_find(request->id);

	lockdep_assert_held(&multikernel_lock);
	if (!instance) {
		*error = mk_refuse(why, -ENOENT, "no instance has id %u", request->id);
		return NULL;
	}
	*error = mk_request_check(request, instance->config.name, instance->serial,
				  instance->generation, why);
	if (!*error && instance->lost)
		*error = mk_refuse(why, -EBUSY, "instance \"%s\": a CPU of it does not stop",
				   instance->config.name);
	if (!*error)
		*error = refuse_leaving(instance, why);
	return instance;
}

/*
 * Every CPU of the instance, with proof; an instance of which one does not stop is never used
 * again.
 */
static int stop_cpus(struct instance *instance, struct mk_reason *why)
{
	u32 index;
	int error;

	parts_before_stop(instance);
	error = launch_stop(instance->apic_ids, instance->config.cpu_count, &index);
	if (!error) {
		low_memory_clear(instance->low_window);
		return 0;
	}
	mk_refuse(why, error,
		  "instance \"%s\": cpu %u (APIC id %u) does not stop; the instance and its memory stay out of use",
		  instance->config.name, instance->cpus[index], instance->apic_ids[index]);
	parts_give_up(instance);
	instance->lost = true;
	instance_decide(instance, MK_CPU_SILENT, why);
	pr_err("%s\n", why->text);
	return error;
}

/* How a load ended: with an error, of which a CPU that did not start may be the cause. */
struct outcome {
	int error;
	bool cpu_silent;
};

static int prepare_start(struct instance *instance, const struct mk_layout *layout,
			 struct mk_reason *why)
{
	instance->area = (struct mk_range){
		.start = layout->control,
		.size = layout->acpi + layout->acpi_size - layout->control,
	};
	instance->control = instance_map(instance, layout->control, instance->shared.size);
	if (!instance->control)
		return mk_refuse(why, -ENOMEM, "instance \"%s\": its shared area cannot be mapped",
				 instance->config.name);
	if (READ_ONCE(going_down))
		return mk_refuse(why, -EBUSY, "instance \"%s\": the host is going down",
				 instance->config.name);
	instance->asked = 0;	/* the control page is new */
	instance->asked_in_vain = false;
	doorbell_address(&instance->control->host_apic_id, &instance->control->host_vector);
	return parts_begin(instance, why);
}

static int start(struct instance *instance, const struct mk_layout *layout, struct mk_reason *why)
{
	int error;

	WRITE_ONCE(instance->started_at, ktime_get_seconds());
	error = launch_kernel(instance->apic_ids[0], layout->low_window, layout->boot.start,
			      layout->kernel_end, layout->kernel + MK_IMAGE_ENTRY_64,
			      layout->boot_params);
	if (!error)
		return 0;
	parts_before_stop(instance);
	return mk_refuse(why, error, "instance \"%s\": cpu %u (APIC id %u) did not start",
			 instance->config.name, instance->cpus[0], instance->apic_ids[0]);
}

static struct outcome load_and_start(struct instance *instance, struct mk_reason *why)
{
	struct mk_reason detail = {};
	struct outcome outcome = {};
	struct mk_layout layout;

	outcome.error = load_kernel(instance, &instance->source, &layout, &detail);
	if (outcome.error) {
		mk_refuse(why, 0, "instance \"%s\": %s", instance->config.name, detail.text);
		return outcome;
	}
	outcome.error = prepare_start(instance, &layout, why);
	if (outcome.error)
		return outcome;
	outcome.error = start(instance, &layout, why);
	outcome.cpu_silent = outcome.error == -ETIMEDOUT;	/* said of nothing else by launch_kernel() */
	return outcome;
}

/*
 * The same files, read again, may have another content by now: the host's rules hold for it, too.
 */
static int permit_reload(const struct instance *instance, struct mk_reason *why)
{
	struct mk_reason detail = {};
	int error = permit_load(&detail);

	return error ? mk_refuse(why, error, "instance \"%s\": its kernel is not loaded again: %s",
				 instance->config.name, detail.text) : 0;
}

/* Context: under multikernel_lock. */
static int stop(struct instance *instance, struct mk_reason *why)
{
	bool active = instance->state == MK_ACTIVE;
	int error;

	lockdep_assert_held(&multikernel_lock);
	error = mk_state_next(instance->state, MK_STOPPED);
	if (error < 0)
		return mk_refuse(why, error, "instance \"%s\": cannot be stopped while it is %s",
				 instance->config.name, mk_state_name(instance->state));
	WRITE_ONCE(instance->stop_asked, true);
	if (active) {
		error = stop_cpus(instance, why);
		if (error < 0)
			return error;
	}
	instance_decide(instance, MK_STOPPED, NULL);
	if (active)
		let_go(instance);
	return 0;
}

static bool is_busy(const struct instance *instance)
{
	return READ_ONCE(instance->state) == MK_LOADING || READ_ONCE(instance->log_is_read);
}

/*
 * Asks a load, or the reading of a log, to end, and waits. Context: under multikernel_lock, which
 * is let go meanwhile.
 */
static int cut_short(struct instance *instance, struct mk_reason *why)
{
	long left = CUT_SHORT_SECONDS * HZ;

	lockdep_assert_held(&multikernel_lock);
	WRITE_ONCE(instance->stop_asked, true);
	wake_up_all(&ended);	/* it may wait for its turn */
	/*
	 * Without the lock, a log that has been read and the load that follows can look like neither. A load
	 * that someone else has begun meanwhile is none of ours: nobody asked it to end.
	 */
	do {
		mutex_unlock(&multikernel_lock);
		left = wait_event_killable_timeout(ended, !is_busy(instance), left);
		mutex_lock(&multikernel_lock);
	} while (left > 0 && instance->stop_asked && is_busy(instance));
	if (left > 0)
		return 0;
	WRITE_ONCE(instance->stop_asked, false);
	if (left < 0)
		return mk_refuse(why, -EINTR, "instance \"%s\": the caller was killed while it was stopped",
				 instance->config.name);
	return mk_refuse(why, -EBUSY, "instance \"%s\": what is loaded there does not end within %u s",
			 instance->config.name, CUT_SHORT_SECONDS);
}

/*
 * A load has come to its end. @refused is the event for one that failed before a CPU was started;
 * when a CPU is to blame, the instance is failed. Context: under multikernel_lock.
 */
static void decide_load(struct instance *instance, struct outcome outcome, enum mk_event refused,
			const struct mk_reason *why)
{
	struct mk_reason lost;

	lockdep_assert_held(&multikernel_lock);
	if (!outcome.error) {
		instance_decide(instance, MK_LOAD_DONE, NULL);
		watch_kick();	/* it may have ended already */
		if (READ_ONCE(going_down))
			stop(instance, &lost);
		return;
	}
	if (outcome.cpu_silent) {
		if (stop_cpus(instance, &lost))
			return;
		instance_decide(instance, MK_START_FAILED, why);
	} else {
		instance_decide(instance, refused, why);
	}
	let_go(instance);
}

static void end_load(struct instance *instance, struct outcome outcome, enum mk_event refused,
		     const struct mk_reason *why)
{
	mutex_lock(&multikernel_lock);
	decide_load(instance, outcome, refused, why);
	mutex_unlock(&multikernel_lock);
	wake_up_all(&ended);
}

/*
 * While a kernel runs they stay ready: their content is then refused. Context: under
 * multikernel_lock.
 */
static int check_images(const struct instance *instance, struct mk_reason *why)
{
	u32 i;

	lockdep_assert_held(&multikernel_lock);
	for (i = 0; i < instance->config.image_count; i++) {
		const struct disk_image *image = instance->images[i];

		if (image->state != MK_IMAGE_READY)
			return mk_refuse(why, -ENODATA, "instance \"%s\": its image \"%s\" is %s; load it first",
					 instance->config.name, image->config.name,
					 mk_image_state_name(image->state));
		if (broken_bytes(image->range.start, image->range.size))
			return mk_refuse(why, -EIO, "instance \"%s\": memory of its image \"%s\" is broken; remove the image and make it anew",
					 instance->config.name, image->config.name);
	}
	return 0;
}

static int begin_load(const struct mk_request *request, struct kernel_source *source,
		      struct instance **found, enum mk_event *refused, struct mk_reason *why)
{
	struct instance *instance;
	int error;

	mutex_lock(&multikernel_lock);
	instance = find(request, why, &error);
	if (error)
		goto unlock;
	if (multikernel_host_sleeps) {
		error = mk_refuse(why, -EBUSY, "instance \"%s\": the host is about to sleep",
				  instance->config.name);
		goto unlock;
	}
	if (paused) {
		error = mk_refuse(why, -EBUSY, "instance \"%s\": an upload moves the host's doorbell",
				  instance->config.name);
		goto unlock;
	}
	error = check_images(instance, why);
	if (error)
		goto unlock;
	/* A failed instance to which a load is refused stays failed, for the old reason. */
	*refused = instance->state == MK_FAILED ? MK_RELOAD_REFUSED : MK_LOAD_REFUSED;
	error = instance->log_is_read ? -EBUSY : instance_decide(instance, MK_LOAD_BEGINS, NULL);
	if (error) {
		mk_refuse(why, error, "instance \"%s\": a kernel is %s there", instance->config.name,
			  mk_state_name(instance->state));
		goto unlock;
	}
	hold(instance);
	WRITE_ONCE(instance->generation, instance->generation + 1);
	instance->stop_asked = false;
	instance->pace = (struct mk_pace){};
	swap(instance->source, *source);
	*found = instance;
unlock:
	mutex_unlock(&multikernel_lock);
	return error;
}

int run_kernel(const struct mk_request *request, struct kernel_source *source,
	       struct mk_reason *why)
{
	struct instance *instance;
	struct outcome outcome;
	enum mk_event refused;
	int error;

	error = begin_load(request, source, &instance, &refused, why);
	if (error)
		return error;
	outcome = load_and_start(instance, why);
	end_load(instance, outcome, refused,
		 refused == MK_RELOAD_REFUSED && !outcome.cpu_silent ? NULL : why);
	return outcome.error;
}

int run_stop(const struct mk_request *request, struct mk_reason *why)
{
	struct instance *instance;
	int error;

	mutex_lock(&multikernel_lock);
	instance = find(request, why, &error);
	if (error)
		goto unlock;
	kobject_get(&instance->kobject);	/* it may go as soon as nothing runs there */
	if (is_busy(instance))
		error = cut_short(instance, why);
	if (!error)
		error = refuse_leaving(instance, why);
	if (!error)
		error = stop(instance, why);
	kobject_put(&instance->kobject);
unlock:
	mutex_unlock(&multikernel_lock);
	return error;
}

static bool any_runs(void)
{
	struct instance *instance;
	bool any = false;

	mutex_lock(&multikernel_lock);
	list_for_each_entry(instance, &instances, list)
		any = any || mk_state_runs(instance->state);
	mutex_unlock(&multikernel_lock);
	return any;
}

void run_stop_all(void)
{
	struct instance *instance;
	struct mk_reason why;
	int tries;

	WRITE_ONCE(going_down, true);
	mutex_lock(&multikernel_lock);
	/* All are told before one is waited for. */
	list_for_each_entry(instance, &instances, list)
		if (instance->state == MK_ACTIVE)
			parts_before_stop(instance);
	list_for_each_entry(instance, &instances, list) {
		WRITE_ONCE(instance->stop_asked, true);
		if (instance->state != MK_ACTIVE)
			continue;
		if (!stop(instance, &why))
			announce(instance, "stopped, since the host goes down");
	}
	mutex_unlock(&multikernel_lock);
	wake_up_all(&ended);

	/* A load that is under way ends soon, and starts nothing. */
	for (tries = 0; tries < GO_DOWN_TRIES && any_runs(); tries++)
		fsleep(10 * USEC_PER_MSEC);
}

int run_pause(struct mk_reason *why)
{
	struct instance *instance;
	int error = 0;

	lockdep_assert_held(&change_lock);
	mutex_lock(&multikernel_lock);
	list_for_each_entry(instance, &instances, list)
		if (!error && mk_state_runs(instance->state))
			error = mk_refuse(why, -EBUSY, "the kernel of instance \"%s\" rings the host there; stop it first",
					  instance->config.name);
	paused = !error;
	mutex_unlock(&multikernel_lock);
	return error;
}

void run_resume(void)
{
	mutex_lock(&multikernel_lock);
	paused = false;
	mutex_unlock(&multikernel_lock);
}

bool run_any_lost(void)
{
	struct instance *instance;
	bool any = false;

	mutex_lock(&multikernel_lock);
	list_for_each_entry(instance, &instances, list)
		any = any || instance->lost;
	mutex_unlock(&multikernel_lock);
	return any;
}

/* One after the other, whichever instance it goes to; what is in the page is not read back. */
static void write_request(struct mk_control *control, enum mk_host_request request)
{
	static u32 count = 1;	/* as in a page where nothing was asked for yet; multikernel_lock */

	lockdep_assert_held(&multikernel_lock);
	WRITE_ONCE(control->request, request);
	count = max(count + 1, 2U);
	smp_store_release(&control->request_count, count);
}

int run_ask(const struct mk_request *request, struct mk_reason *why)
{
	struct instance *instance;
	int error;

	mutex_lock(&multikernel_lock);
	instance = find(request, why, &error);
	if (error)
		goto unlock;
	if (instance->state != MK_ACTIVE) {
		error = mk_refuse(why, -ESRCH, "instance \"%s\": no kernel runs there",
				  instance->config.name);
	} else if (!READ_ONCE(instance->control->heartbeat)) {
		error = mk_refuse(why, -EOPNOTSUPP,
				  "instance \"%s\": its kernel does not have the multikernel module and cannot be asked",
				  instance->config.name);
	} else {
		instance->pace = (struct mk_pace){};	/* that is the user's wish */
		write_request(instance->control, request->ask == MK_ASK_FOR_POWEROFF ?
							 MK_ASK_POWEROFF : MK_ASK_REBOOT);
		instance_ring(instance);
	}
unlock:
	mutex_unlock(&multikernel_lock);
	return error;
}

/* What a spawn kernel said of its panic, if it could: its words, made fit to be shown. */
static bool last_text(const struct instance *instance, struct mk_reason *why)
{
	char text[MK_CONTROL_TEXT];
	size_t i;

	if (READ_ONCE(instance->control->last_word) != MK_WORD_PANIC)
		return false;
	memcpy(text, instance->control->last_text, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (i = 0; text[i]; i++)
		if (!isascii(text[i]) || !isprint(text[i]))
			text[i] = '?';
	mk_refuse(why, 0, "Kernel panic: %s", text);
	return true;
}

/*
 * Context: under multikernel_lock. The instance's CPUs are stopped and its state is still active.
 */
static void end_crashed(struct instance *instance, const struct mk_reason *why)
{
	lockdep_assert_held(&multikernel_lock);
	instance_decide(instance, MK_CRASHED, why);
	announce(instance, why->text);	/* a slow console comes after those who poll */
	let_go(instance);
}

/* Context: under multikernel_lock. Its CPUs are stopped; run_ending() does the rest. */
static void begin_reload(struct instance *instance)
{
	lockdep_assert_held(&multikernel_lock);
	instance_decide(instance, MK_REBOOTS, NULL);
	announce(instance, "reboots");
	WRITE_ONCE(instance->generation, instance->generation + 1);
	unmap_shared(instance);
}

/*
 * Did its kernel ever show that it lives? Its log, if any, is asked apart. Context: its control
 * page is there.
 */
static bool has_shown_life(const struct instance *instance)
{
	return instance->control->heartbeat || instance->control->last_word || pulse_seen(instance);
}

/*
 * A stock kernel resets when it reboots and when it has panicked: its log tells which. One that has
 * none yet, and has shown no other sign of life, has come to grief before it could write it. True
 * when it shall be loaded again.
 */
static bool reboots(struct instance *instance)
{
	u32 generation = READ_ONCE(instance->generation);
	struct mk_reason why = {};
	enum spawn_log log;
	bool reload = false;

	log = spawn_log_read(instance, &why);
	mutex_lock(&multikernel_lock);
	WRITE_ONCE(instance->log_is_read, false);
	/* Meanwhile it may have been stopped. */
	if (instance->state == MK_ACTIVE && instance->generation == generation) {
		if (log == SPAWN_LOG_NONE && !has_shown_life(instance))
			mk_refuse(&why, 0, "it asked for a reset and had shown no sign of life");
		reload = !why.text[0];
		if (reload)
			begin_reload(instance);
		else
			end_crashed(instance, &why);
	}
	mutex_unlock(&multikernel_lock);
	wake_up_all(&ended);
	return reload;
}

/* Waits as long as a kernel that reboots over and over has to. */
static int wait_for_turn(struct instance *instance, struct mk_reason *why)
{
	u64 ran = ktime_get_seconds() - instance->started_at;
	u32 pause = mk_pace_next(&instance->pace, ran);

	if (!pause)
		return 0;
	pr_info("instance \"%s\": ran for %llu s only and is loaded again in %u s\n",
		instance->config.name, ran, pause);
	wait_event_timeout(ended, READ_ONCE(instance->stop_asked) || READ_ONCE(going_down), pause * HZ);
	if (READ_ONCE(instance->stop_asked))
		return mk_refuse(why, -ECANCELED, "instance \"%s\": stopped before it was loaded again",
				 instance->config.name);
	return 0;
}

/* Finds out why a kernel wants a reset, and loads it again. */
static void run_ending(struct work_struct *work)
{
	struct instance *instance = container_of(work, struct instance, ending);
	struct outcome outcome = {};
	struct mk_reason why = {};

	if (!READ_ONCE(instance->log_is_read) || reboots(instance)) {
		outcome.error = wait_for_turn(instance, &why);
		if (!outcome.error)
			outcome.error = permit_reload(instance, &why);
		if (!outcome.error)
			outcome = load_and_start(instance, &why);
		end_load(instance, outcome, MK_RELOAD_REFUSED, &why);
	}
	kobject_put(&instance->kobject);
}

/*
 * The others of its kernel cannot do without that CPU: they might wait for it for ever, and it is
 * not known what it does.
 */
int run_stop_cpu(struct instance *instance, u32 cpu, u32 apic_id, struct mk_reason *why)
{
	u32 index;
	int error;

	lockdep_assert_held(&multikernel_lock);
	error = launch_stop(&apic_id, 1, &index);
	if (!error)
		return 0;
	if (stop_cpus(instance, why))
		return error;
	mk_refuse(why, error, "cpu %u (APIC id %u) did not stop at once when it was to be given back",
		  cpu, apic_id);
	end_crashed(instance, why);
	return error;
}

void run_add(struct instance *instance)
{
	INIT_WORK(&instance->ending, run_ending);
}

static void handle_event(struct instance *instance, int event)
{
	struct mk_reason why = {};

	if (stop_cpus(instance, &why))
		return;
	switch (event) {
	case MK_POWERED_OFF:
		instance_decide(instance, MK_POWERED_OFF, NULL);
		announce(instance, "powered off");
		let_go(instance);
		break;
	case MK_CRASHED:
		last_text(instance, &why);
		end_crashed(instance, &why);
		break;
	default:
		/* What our module in the spawn says needs no proof from the log. */
		if (READ_ONCE(instance->control->last_word) == MK_WORD_REBOOT)
			begin_reload(instance);
		else
			WRITE_ONCE(instance->log_is_read, true);
		kobject_get(&instance->kobject);
		if (!queue_work(queue, &instance->ending))
			kobject_put(&instance->kobject);
	}
}

static void handle_events(void)
{
	struct instance *instance, *next;
	int event;

	mutex_lock(&multikernel_lock);
	list_for_each_entry_safe(instance, next, &instances, list) {
		event = watch_event(instance);
		if (event && instance->state == MK_ACTIVE)
			handle_event(instance, event);
	}
	mutex_unlock(&multikernel_lock);
}

int run_init(void)
{
	int error;

	queue = alloc_workqueue("multikernel", WQ_UNBOUND, 0);
	if (!queue)
		return -ENOMEM;
	error = pulse_init();
	if (error) {
		destroy_workqueue(queue);
		return error;
	}
	watch_init(handle_events, parts_rung);
	return 0;
}

void run_exit(void)
{
	watch_exit();
	pulse_exit();
	destroy_workqueue(queue);
}
