// SPDX-License-Identifier: GPL-2.0-only
/* Calls by /dev/multikernel. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kexec.h"
#include "multikernel.h"
#include "say.h"
#include "sysfs.h"

#define DEVICE "multikernel"

static int open_device(struct kexec_call *call)
{
	char path[SYSFS_PATH_SIZE];
	int device;

	device_path(path, DEVICE);
	device = open(path, O_RDWR | O_CLOEXEC);
	if (device >= 0)
		return device;
	device = -errno;
	snprintf(call->sentence, sizeof(call->sentence), "%.200s cannot be opened", path);
	return device;
}

/* What the module itself would have had words for, had it seen the call. */
static void explain(struct kexec_call *call, int err)
{
	const char *text = "";

	if (err == -EPERM)
		text = "the caller lacks CAP_SYS_BOOT, or a filter of system calls forbids it";
	if (err == -ENOTTY || err == -E2BIG)
		text = "the module is not of this version, " MULTIKERNEL_VERSION;
	if (!*call->sentence)
		snprintf(call->sentence, sizeof(call->sentence), "%s", text);
}

int kexec_call(struct kexec_call *call)
{
	struct multikernel_call arguments = {
		.size = sizeof(arguments),
		.kernel_fd = call->kernel,
		.initrd_fd = call->initrd,
		.text_size = sizeof(call->sentence),
		.flags = call->flags | KEXEC_MULTIKERNEL | KEXEC_MK_ID(call->instance->config.id),
		.cmdline = (uintptr_t)call->append,
		.cmdline_len = call->append ? strlen(call->append) + 1 : 0,
		.serial = call->instance->serial,
		.generation = call->generation,
		.text = (uintptr_t)call->sentence,
	};
	int device, err;

	*call->sentence = '\0';
	device = open_device(call);
	if (device < 0)
		return device;
	err = ioctl(device, MULTIKERNEL_CALL, &arguments) < 0 ? -errno : 0;
	close(device);
	call->sentence[sizeof(call->sentence) - 1] = '\0';
	explain(call, err);
	return err;
}

int kexec_refuse(const struct kexec_call *call, int err)
{
	const char *name = call->instance->config.name;

	if (!*call->sentence)
		return cli_refuse("%s: %s", name, strerror(-err));
	return cli_refuse("%s: %s: %s", name, strerror(-err), call->sentence);
}
