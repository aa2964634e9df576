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
 * @name:    the instance
 * @fd:      the file, or -1
 * @end:     when to give up, on the clock of clock_ms()
 * @state:   what it said last
 * @changes: how often it has changed since the kernel was asked
 */
struct watch {
	const char *name;
	int fd;
	u64 end;
	enum mk_state state;
	u32 changes;
};

/* What is read here is what the next poll(2) tells a change of. */
static int read_state(struct watch *watch)
{
	char text[SYSFS_TEXT_SIZE];
	ssize_t length = pread(watch->fd, text, sizeof(text) - 1, 0);

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
	watch->changes++;
	return read_state(watch);
}

/*
 * Ask the kernel that runs there. The file is opened before that and read after it, so that no
 * change is missed, and every wakeup is one that came after the request.
 */
static int ask(struct watch *watch, const struct instance *instance, unsigned long what, u64 seconds)
{
	int err;

	watch->name = instance->config.name;
	watch->fd = sysfs_open(O_RDONLY, "fs/multikernel/instances/%s/status", watch->name);
	if (watch->fd < 0)
		return watch->fd;
	watch->end = clock_ms() + seconds * 1000;
	err = kexec_call(instance, KEXEC_FILE_UNLOAD | what, -1, -1, NULL);
	return err ? err : read_state(watch);
}

static int refuse_failed(const char *name, const char *when)
{
	char failure[SYSFS_TEXT_SIZE];

	if (sysfs_read_text(failure, sizeof(failure), "fs/multikernel/instances/%s/failure", name))
		*failure = '\0';
	return mkctl_refuse("%s: it failed %s: %s", name, when, failure);
}

static int force(const struct instance *instance)
{
	int err = kexec_call(instance, KEXEC_FILE_UNLOAD, -1, -1, NULL);

	if (err)
		return sysfs_refuse(instance->config.name, -err);
	instance_print_status(instance);
	return MKCTL_OK;
}

static int stop(const struct instance *instance, u64 seconds)
{
	const char *name = instance->config.name;
	struct watch watch = { 0 };
	int err = ask(&watch, instance, KEXEC_MK_ASK_POWEROFF, seconds);

	while (!err && mk_state_runs(watch.state))
		err = watch_next(&watch);
	watch_close(&watch);
	switch (err) {
	case 0:
		if (watch.state == MK_FAILED)
			return refuse_failed(name, "while it shut down");
		instance_print_status(instance);
		return MKCTL_OK;
	case -ESRCH:		/* nothing runs; what has failed becomes ready */
		return force(instance);
	case -EOPNOTSUPP:
		mkctl_refuse("%s: its kernel does not have the multikernel module and cannot be asked; stopped by force",
			     name);
		return force(instance);
	case -ETIMEDOUT:
		mkctl_refuse("%s: it did not shut down within %llu seconds; stopped by force", name,
			     (unsigned long long)seconds);
		return force(instance);
	default:
		return sysfs_refuse(name, -err);
	}
}

static int reboot(const struct instance *instance, u64 seconds)
{
	const char *name = instance->config.name;
	struct watch watch = { 0 };
	int err = ask(&watch, instance, KEXEC_MK_ASK_REBOOT, seconds);

	while (!err && mk_state_runs(watch.state) && !(watch.state == MK_ACTIVE && watch.changes))
		err = watch_next(&watch);
	watch_close(&watch);
	if (err == -ETIMEDOUT)
		return mkctl_refuse("%s: it did not reboot within %llu seconds", name,
				    (unsigned long long)seconds);
	if (err)
		return sysfs_refuse(name, -err);
	if (watch.state == MK_FAILED)
		return refuse_failed(name, "while it rebooted");
	if (watch.state != MK_ACTIVE)
		return mkctl_refuse("%s: it did not reboot, it is %s now", name,
				    mk_state_name(watch.state));
	instance_print_status(instance);
	return MKCTL_OK;
}

static int kill_now(const struct instance *instance, u64 seconds)
{
	(void)seconds;
	return force(instance);
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
		code = kexec_wait();
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
