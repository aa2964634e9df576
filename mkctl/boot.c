// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl boot and mkctl stop: kexec_file_load with our flags. They are sent only to a kernel whose
 * livepatch is seen to be in full effect.
 */
#include <fcntl.h>
#include <getopt.h>
#include <linux/kexec.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "instances.h"
#include "mkctl.h"
#include "multikernel.h"
#include "sysfs.h"

#define LIVEPATCH_NAME "multikernel_kexec"
#define LIVEPATCH "kernel/livepatch/" LIVEPATCH_NAME
#define TRANSITION_POLL_MS 100
#define TRANSITION_POLLS 100	/* ten seconds; a transition takes one or two */

/* What the operator asked for. */
struct boot {
	const char *name;
	const char *kernel;
	const char *initrd;
	const char *append;
};

static int refuse_livepatch(const char *state)
{
	return mkctl_refuse("the livepatch %s is %s; without it this kernel does not know instances",
			    LIVEPATCH_NAME, state);
}

/* A livepatch directory that is not the running kernel's own says nothing about it. */
static int check_is_sysfs(void)
{
	char path[SYSFS_PATH_SIZE];
	struct statfs fs;

	if (sysfs_path(path, LIVEPATCH) || statfs(path, &fs))
		return refuse_livepatch("not loaded");
	if (fs.f_type != SYSFS_MAGIC)
		return mkctl_refuse("%s is not in sysfs, so it says nothing about the running kernel",
				    path);
	return MKCTL_OK;
}

static int wait_for_livepatch(void)
{
	const struct timespec pause = { .tv_nsec = TRANSITION_POLL_MS * 1000000L };
	u64 enabled, transition;
	int polls;

	for (polls = 0; polls < TRANSITION_POLLS; polls++) {
		if (sysfs_read_number(&enabled, LIVEPATCH "/enabled") ||
		    sysfs_read_number(&transition, LIVEPATCH "/transition"))
			return refuse_livepatch("not loaded");
		if (!enabled)
			return refuse_livepatch("disabled");
		if (!transition)
			return check_is_sysfs();
		nanosleep(&pause, NULL);
	}
	return mkctl_refuse("the livepatch %s is still not in full effect after %d seconds",
			    LIVEPATCH_NAME, TRANSITION_POLLS * TRANSITION_POLL_MS / 1000);
}

static int kexec(const struct instance *instance, unsigned long flags, int kernel, int initrd,
		 const char *append)
{
	size_t append_size = append ? strlen(append) + 1 : 0;

	flags |= KEXEC_MULTIKERNEL | KEXEC_MK_ID(instance->config.id);
	if (syscall(SYS_kexec_file_load, kernel, initrd, append_size, append, flags))
		return sysfs_refuse(instance->config.name, errno);
	return MKCTL_OK;
}

/* One line: what the instance is now. */
static void print_status(const struct instance *instance)
{
	char status[SYSFS_TEXT_SIZE];

	if (!sysfs_read_text(status, sizeof(status), "fs/multikernel/instances/%s/status",
			     instance->config.name))
		printf("%s: %s\n", instance->config.name, status);
}

static int open_file(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? mkctl_refuse("%s: %s", path, strerror(errno)) : MKCTL_OK;
}

static int load(const struct boot *boot, const struct instance *instance)
{
	unsigned long flags = boot->initrd ? 0 : KEXEC_FILE_NO_INITRAMFS;
	int kernel, initrd = -1;
	int code = open_file(boot->kernel, &kernel);

	if (code)
		return code;
	if (boot->initrd)
		code = open_file(boot->initrd, &initrd);
	if (!code)
		code = wait_for_livepatch();
	if (!code)
		code = kexec(instance, flags, kernel, initrd, boot->append);
	if (!code)
		print_status(instance);
	if (initrd >= 0)
		close(initrd);
	close(kernel);
	return code;
}

static int parse_boot(struct boot *boot, int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "append", required_argument, NULL, 'a' },
		{ 0 }
	};
	int letter;

	while ((letter = mkctl_next_option(argc, argv, ":", options)) != -1) {
		if (letter == '?')
			return MKCTL_USAGE;
		if (letter == 'k')
			boot->kernel = optarg;
		else if (letter == 'i')
			boot->initrd = optarg;
		else
			boot->append = optarg;
	}
	if (argc - optind != 1)
		return mkctl_usage("boot takes one NAME");
	boot->name = argv[optind];
	return boot->kernel ? MKCTL_OK : mkctl_usage("boot wants --kernel FILE");
}

int mkctl_boot(int argc, char **argv)
{
	struct boot boot = { .append = "" };
	struct instance instance;
	int code = parse_boot(&boot, argc, argv);

	if (code)
		return code;
	code = instance_find(&instance, boot.name);
	if (!code)
		code = load(&boot, &instance);
	instance_free(&instance);
	return code;
}

int mkctl_stop(int argc, char **argv)
{
	struct instance instance;
	int code;

	if (mkctl_next_option(argc, argv, ":", NULL) != -1)
		return MKCTL_USAGE;
	if (argc - optind != 1)
		return mkctl_usage("stop takes one NAME");
	code = instance_find(&instance, argv[optind]);
	if (!code)
		code = wait_for_livepatch();
	if (!code)
		code = kexec(&instance, KEXEC_FILE_UNLOAD, -1, -1, NULL);
	if (!code)
		print_status(&instance);
	instance_free(&instance);
	return code;
}
