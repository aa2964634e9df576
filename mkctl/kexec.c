// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_file_load with our flags, which are sent only to a kernel whose livepatch is seen to be in
 * full effect.
 */
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "kexec.h"
#include "mkctl.h"
#include "multikernel.h"
#include "sysfs.h"

#define LIVEPATCH_NAME "multikernel_kexec"
#define LIVEPATCH "kernel/livepatch/" LIVEPATCH_NAME
#define TRANSITION_POLL_MS 100
#define TRANSITION_POLLS 100	/* ten seconds; a transition takes one or two */

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

int kexec_wait(void)
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

int kexec_call(const struct instance *instance, unsigned long flags, int kernel, int initrd,
	       const char *append)
{
	size_t append_size = append ? strlen(append) + 1 : 0;

	flags |= KEXEC_MULTIKERNEL | KEXEC_MK_ID(instance->config.id);
	return syscall(SYS_kexec_file_load, kernel, initrd, append_size, append, flags) ? -errno : 0;
}
