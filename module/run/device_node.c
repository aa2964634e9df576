// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/multikernel: the same calls as by kexec_file_load, through a door of our own, which is there
 * as long as the module is. A livepatch can be had on some kernels only, and another one that
 * replaces all others can end it at any time; what runs must be stoppable even then.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "multikernel.h"
#include "run/device_node.h"
#include "run/kexec_call.h"

static int copy_call(struct multikernel_call *call, const void __user *user)
{
	u32 size;

	BUILD_BUG_ON(sizeof(*call) < MULTIKERNEL_CALL_SIZE_MIN);
	if (get_user(size, &((const struct multikernel_call __user *)user)->size))
		return -EFAULT;
	if (size < MULTIKERNEL_CALL_SIZE_MIN)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(call, sizeof(*call), user, size);
}

/* A sentence as the caller's buffer takes it, which may be none. */
static int give_text(const struct multikernel_call *call, const char *text)
{
	char __user *user = u64_to_user_ptr(call->text);
	size_t length = min_t(size_t, strlen(text) + 1, call->text_size);

	if (!call->text || !length)
		return 0;
	if (copy_to_user(user, text, length) || put_user('\0', user + length - 1))
		return -EFAULT;
	return 0;
}

static long make_call(const struct multikernel_call *arguments)
{
	const struct kexec_call call = {
		.kernel_fd = arguments->kernel_fd,
		.initrd_fd = arguments->initrd_fd,
		.command_line = u64_to_user_ptr(arguments->cmdline),
		.command_line_length = arguments->cmdline_len,
		.flags = arguments->flags,
		.serial = arguments->serial,
		.generation = arguments->generation,
	};
	struct mk_reason why = {};
	int error;

	error = give_text(arguments, "");	/* no place for a reason: nothing is begun */
	if (error)
		return error;
	error = kexec_call(&call, &why);
	if (error)
		give_text(arguments, why.text);	/* the error itself is more than its sentence */
	return error;
}

static long device_node_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct multikernel_call call;
	int error;

	if (command != MULTIKERNEL_CALL)
		return -ENOTTY;
	error = copy_call(&call, (const void __user *)argument);
	return error ? error : make_call(&call);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.unlocked_ioctl = device_node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "multikernel",
	.fops = &operations,
	.mode = 0600,
};

int device_node_init(void)
{
	return misc_register(&device);
}

void device_node_exit(void)
{
	misc_deregister(&device);
}
