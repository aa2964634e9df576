// SPDX-License-Identifier: GPL-2.0-only
/* mkctl stop, kill and reboot: how a kernel in an instance is ended, asked first or not. */
#include <linux/kexec.h>

#include "instances.h"
#include "interrupt.h"
#include "kexec.h"
#include "mkctl.h"
#include "watch.h"

#define TIMEOUT_DEFAULT 30	/* seconds */
#define TIMEOUT_MAX 86400	/* seconds in a day */

static u64 seconds = TIMEOUT_DEFAULT;

/* A call about the kernel that ran when the instance was found, and about no later one. */
static struct kexec_call about(const struct instance *instance, unsigned long flags)
{
	return (struct kexec_call){
		.instance = instance,
		.generation = instance->generation,
		.flags = KEXEC_FILE_UNLOAD | flags,
		.kernel = -1,
		.initrd = -1,
	};
}

/*
 * Ask the kernel that runs there. The file is opened before that and read after it, so that no
 * change is missed.
 */
static int ask(struct watch *watch, struct kexec_call *call)
{
	int err = watch_open(watch, call->instance->config.name);

	if (err)
		return err;
	interrupt_catch();
	watch_end_after(watch, seconds);
	err = kexec_call(call);
	return err ? err : watch_read(watch);
}

static int force(struct kexec_call call)
{
	int err = kexec_call(&call);

	return err ? kexec_refuse(&call, err) : instance_report(call.instance);
}

/* What was asked for may still come, only nobody waits for it. */
static int leave(const char *name)
{
	cli_warn("%s: it was asked, and is not waited for any more", name);
	return CLI_INTERRUPTED;
}

static int ask_to_stop(const struct instance *instance)
{
	struct kexec_call call = about(instance, KEXEC_MK_ASK_POWEROFF);
	const char *name = instance->config.name;
	struct watch watch = { .fd = -1 };
	int err = ask(&watch, &call);

	while (!err && mk_state_runs(watch.state)) {
		if (watch.generation != instance->generation) {
			watch_close(&watch);
			return cli_refuse("%s: the kernel that was asked has ended, but it or another one has been loaded there since",
					    name);
		}
		err = watch_next(&watch);
	}
	watch_close(&watch);
	switch (err) {
	case 0:
		if (watch.state == MK_FAILED)
			return instance_refuse_failed(name, "while it shut down");
		return instance_report(instance);
	case -ESRCH:		/* nothing runs; what has failed becomes ready */
		return force(about(instance, 0));
	case -EOPNOTSUPP:
		cli_warn("%s: its kernel does not have the multikernel module and cannot be asked; stopped by force",
			     name);
		return force(about(instance, 0));
	case -EINTR:
		return leave(name);
	case -ETIMEDOUT:
		cli_warn("%s: it did not shut down within %llu seconds; stopped by force", name,
			     (unsigned long long)seconds);
		return force(about(instance, 0));
	default:
		return kexec_refuse(&call, err);
	}
}

static int ask_to_reboot(const struct instance *instance)
{
	struct kexec_call call = about(instance, KEXEC_MK_ASK_REBOOT);
	const char *name = instance->config.name;
	struct watch watch = { .fd = -1 };
	int err = ask(&watch, &call);

	while (!err && mk_state_runs(watch.state) &&
	       !(watch.state == MK_ACTIVE && watch.generation != instance->generation))
		err = watch_next(&watch);
	watch_close(&watch);
	if (err == -EINTR)
		return leave(name);
	if (err == -ETIMEDOUT) {
		cli_warn("%s: it did not reboot within %llu seconds", name,
			 (unsigned long long)seconds);
		return CLI_TIMED_OUT;
	}
	if (err)
		return kexec_refuse(&call, err);
	if (watch.state == MK_FAILED)
		return instance_refuse_failed(name, "while it rebooted");
	if (watch.state != MK_ACTIVE)
		return cli_refuse("%s: it did not reboot, it is %s now", name,
				    mk_state_name(watch.state));
	return instance_report(instance);
}

/* Whichever kernel runs there. */
static int kill_now(const struct instance *instance)
{
	struct kexec_call call = about(instance, 0);

	call.generation = 0;
	return force(call);
}

static int with_instance(const char *word, int (*end)(const struct instance *instance))
{
	struct instance instance;
	int code = instance_find(&instance, word);

	if (!code)
		code = end(&instance);
	instance_free(&instance);
	return code;
}

static int run_stop(int count, char **operand)
{
	(void)count;
	return with_instance(operand[0], ask_to_stop);
}

static int run_kill(int count, char **operand)
{
	(void)count;
	return with_instance(operand[0], kill_now);
}

static int run_reboot(int count, char **operand)
{
	(void)count;
	return with_instance(operand[0], ask_to_reboot);
}

static const struct cli_option options[] = {
	{ "timeout", 0, CLI_NUMBER, "SECONDS", "how long to wait for it; 30 if not given", &seconds, TIMEOUT_MAX },
	{ 0 }
};

const struct cli_command mkctl_stop = {
	.name = "stop",
	.operands = "NAME",
	.summary = "have the kernel of an instance shut down",
	.help =
"Asks the kernel in instance NAME to shut down in good order and stops it by force if it has not\n"
"done so in time. One without the multikernel module cannot be asked and is stopped at once. The\n"
"instance stays, ready for the next kernel.\n",
	.options = options,
	.run = run_stop,
};

const struct cli_command mkctl_kill = {
	.name = "kill",
	.operands = "NAME",
	.summary = "stop the kernel of an instance at once",
	.help =
"Stops what runs in instance NAME without asking it. The instance stays, ready for the next one.\n",
	.run = run_kill,
};

const struct cli_command mkctl_reboot = {
	.name = "reboot",
	.operands = "NAME",
	.summary = "have the kernel of an instance reboot",
	.help =
"Asks the kernel in instance NAME to reboot in good order, and waits until it is started again, from\n"
"the same files. One without the multikernel module cannot be asked.\n",
	.options = options,
	.run = run_reboot,
};
