// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call, by whichever door it came: who may make it, what its arguments mean, and what it leads
 * to.
 */
#include <linux/capability.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "base.h"
#include "command_line.h"
#include "compat.h"
#include "instance/instance.h"
#include "request.h"
#include "run/kexec_call.h"
#include "run/load.h"
#include "run/permit.h"
#include "run/run.h"

bool multikernel_is_kexec_call(unsigned long flags)
{
	return mk_request_is_ours(flags, MK_SERIES_FLAGS);
}
EXPORT_SYMBOL_GPL(multikernel_is_kexec_call);

static int open_file(int fd, const char *what, struct file **file, struct mk_reason *why)
{
	*file = fget(fd);
	if (*file && ((*file)->f_mode & FMODE_READ))
		return 0;
	if (*file)
		fput(*file);
	*file = NULL;
	return mk_refuse(why, -EBADF, "%s: file descriptor %d is not open for reading", what, fd);
}

/*
 * As in the stock call: the length counts the NUL, which must be there; no length, no command line.
 */
static int copy_command_line(const char __user *user, unsigned long length, char **command_line,
			    struct mk_reason *why)
{
	if (length > MK_COMMAND_LINE_MAX)
		return mk_refuse(why, -E2BIG, "command line: %lu bytes, at most %u are taken", length,
				 MK_COMMAND_LINE_MAX);
	*command_line = length ? memdup_user(user, length) : kzalloc(1, GFP_KERNEL);
	if (!*command_line || IS_ERR(*command_line)) {
		int error = *command_line ? PTR_ERR(*command_line) : -ENOMEM;

		*command_line = NULL;
		return mk_refuse(why, error, "command line: cannot be read (error %d)", error);
	}
	if (length && (*command_line)[length - 1])
		return mk_refuse(why, -EINVAL, "command line: its last byte is not NUL");
	return 0;
}

static int load(const struct mk_request *request, const struct kexec_call *call,
		struct mk_reason *why)
{
	struct kernel_source source = { .unsafe = request->unsafe };
	int error;

	error = open_file(call->kernel_fd, "kernel image", &source.kernel, why);
	if (!error && !request->no_initramfs)
		error = open_file(call->initrd_fd, "initrd", &source.initrd, why);
	if (!error)
		error = copy_command_line(call->command_line, call->command_line_length,
					  &source.command_line, why);
	if (!error)
		error = run_kernel(request, &source, why);
	load_put_source(&source);
	return error;
}

static int decode(struct mk_request *request, const struct kexec_call *call, struct mk_reason *why)
{
	int error;

	if (multikernel_in_spawn)
		return mk_refuse(why, -EPERM, "this is a spawn kernel, which starts no others");
	error = mk_request_decode(request, call->flags, MK_SERIES_FLAGS, why);
	request->serial = call->serial;
	request->generation = call->generation;
	return error;
}

int kexec_call(const struct kexec_call *call, struct mk_reason *why)
{
	struct mk_request request = {};
	int error;

	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	error = decode(&request, call, why);
	if (!error && request.ask)
		return report(run_ask(&request, why), "request", why);
	if (!error && request.unload)
		return report(run_stop(&request, why), "stop", why);
	if (!error)
		error = permit_load(why);
	if (!error)
		error = load(&request, call, why);
	return report(error, "load", why);
}

long multikernel_kexec_file_load(int kernel_fd, int initrd_fd, unsigned long cmdline_len,
				 const char __user *cmdline, unsigned long flags)
{
	const struct kexec_call call = {
		.kernel_fd = kernel_fd,
		.initrd_fd = initrd_fd,
		.command_line = cmdline,
		.command_line_length = cmdline_len,
		.flags = flags,
	};
	struct mk_reason why = {};

	return kexec_call(&call, &why);
}
EXPORT_SYMBOL_GPL(multikernel_kexec_file_load);
