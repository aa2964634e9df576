// SPDX-License-Identifier: GPL-2.0-only
/* mkctl stop, kill and reboot: how a kernel in an instance is ended, asked first or not. */
#include <getopt.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "instances.h"
#include "kexec.h"
#include "mkctl.h"
#include "multikernel.h"
#include "sysfs.h"

#define TIMEOUT_DEFAULT 30	/* seconds */
#define TIMEOUT_MAX 86400	/* seconds in a day */

/**
 * struct watch - an instance's status file, waited on
 * @name:       the instance
 * @fd:         the file, or -1
 * @end:        when to give up, on the clock of clock_ms()
 * @state:      what it said last
 * @generation: which kernel is there, as it was last seen; read before @state, so that of one that
 *              is loaded again the next state is still to come
 */
struct watch {
	const char *name;
	int fd;
	u64 end;
	enum mk_state state;
	u64 generation;
};

/* What is read here is what the next poll(2) tells a change of. */
static int read_state(struct watch *watch)
{
	char text[SYSFS_TEXT_SIZE];
	ssize_t length;
	int err;

	err = sysfs_read_number(&watch->generation, "fs/multikernel/instances/%s/generation",
				watch->name);
	if (err)
		return err;
	length = pread(watch->fd, text, sizeof(text) - 1, 0);
	if (length < 0)
		return -errno;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return instance_parse_state(text, &watch->state);
}

static void watch_close(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
}

/* The next state, whatever it is: 0, -ETIMEDOUT, or another negative errno. */
static int watch_next(struct watch *watch)
{
	struct pollfd poll_fd = { .fd = watch->fd, .events = POLLPRI | POLLERR };
	u64 time = clock_ms();
	int ready = poll(&poll_fd, 1, time < watch->end ? watch->end - time : 0);

	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	if (!ready)
		return -ETIMEDOUT;
	return read_state(watch);
}

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
static int ask(struct watch *watch, struct kexec_call *call, u64 seconds)
{
	int err;

	watch->name = call->instance->config.name;
	watch->fd = sysfs_open(O_RDONLY, "fs/multikernel/instances/%s/status", watch->name);
	if (watch->fd < 0)
		return watch->fd;
	watch->end = clock_ms() + seconds * 1000;
	err = kexec_call(call);
	return err ? err : read_state(watch);
}

static int force(struct kexec_call call)
{
	int err = kexec_call(&call);

	return err ? kexec_refuse(&call, err) : instance_report(call.instance);
}

static int stop(const struct instance *instance, u64 seconds)
{
	struct kexec_call call = about(instance, KEXEC_MK_ASK_POWEROFF);
	const char *name = instance->config.name;
	struct watch watch = { 0 };
	int err = ask(&watch, &call, seconds);

	while (!err && mk_state_runs(watch.state)) {
		if (watch.generation != instance->generation) {
			watch_close(&watch);
			return mkctl_refuse("%s: the kernel that was asked has ended, but it or another one has been loaded there since",
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
		mkctl_refuse("%s: its kernel does not have the multikernel module and cannot be asked; stopped by force",
			     name);
		return force(about(instance, 0));
	case -ETIMEDOUT:
		mkctl_refuse("%s: it did not shut down within %llu seconds; stopped by force", name,
			     (unsigned long long)seconds);
		return force(about(instance, 0));
	default:
		return kexec_refuse(&call, err);
	}
}

static int reboot(const struct instance *instance, u64 seconds)
{
	struct kexec_call call = about(instance, KEXEC_MK_ASK_REBOOT);
	const char *name = instance->config.name;
	struct watch watch = { 0 };
	int err = ask(&watch, &call, seconds);

	while (!err && mk_state_runs(watch.state) &&
	       !(watch.state == MK_ACTIVE && watch.generation != instance->generation))
		err = watch_next(&watch);
	watch_close(&watch);
	if (err == -ETIMEDOUT)
		return mkctl_refuse("%s: it did not reboot within %llu seconds", name,
				    (unsigned long long)seconds);
	if (err)
		return kexec_refuse(&call, err);
	if (watch.state == MK_FAILED)
		return instance_refuse_failed(name, "while it rebooted");
	if (watch.state != MK_ACTIVE)
		return mkctl_refuse("%s: it did not reboot, it is %s now", name,
				    mk_state_name(watch.state));
	return instance_report(instance);
}

/* Whichever kernel runs there. */
static int kill_now(const struct instance *instance, u64 seconds)
{
	struct kexec_call call = about(instance, 0);

	(void)seconds;
	call.generation = 0;
	return force(call);
}

/* The three commands differ in what they do and in whether there is anything to wait for. */
static int run(int argc, char **argv, bool waits,
	       int (*end)(const struct instance *instance, u64 seconds))
{
	static const struct option options[] = {
		{ "timeout", required_argument, NULL, 't' },
		{ 0 }
	};
	u64 seconds = TIMEOUT_DEFAULT;
	struct instance instance;
	int letter, code;

	while ((letter = mkctl_next_option(argc, argv, ":", waits ? options : NULL)) != -1) {
		if (letter == '?')
			return MKCTL_USAGE;
		if (!clock_parse_seconds(optarg, TIMEOUT_MAX, &seconds))
			return mkctl_usage("%s: --timeout takes seconds, at most %d", argv[0],
					   TIMEOUT_MAX);
	}
	if (argc - optind != 1)
		return mkctl_usage("%s takes one NAME", argv[0]);
	code = instance_find(&instance, argv[optind]);
	if (!code)
		code = end(&instance, seconds);
	instance_free(&instance);
	return code;
}

int mkctl_stop(int argc, char **argv)
{
	return run(argc, argv, true, stop);
}

int mkctl_kill(int argc, char **argv)
{
	return run(argc, argv, false, kill_now);
}

int mkctl_reboot(int argc, char **argv)
{
	return run(argc, argv, true, reboot);
}
