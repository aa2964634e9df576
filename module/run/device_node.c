// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/multikernel: the same calls as by kexec_file_load, and those of the front ends that serve
 * devices, through a door of our own, which is there as long as the module is. A livepatch can be had on some kernels only, and another one that
 * replaces all others can end it at any time; what runs must be stoppable even then.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "base.h"
#include "device/front_end.h"
#include "multikernel.h"
#include "multikernel_io.h"
#include "run/device_node.h"
#include "run/kexec_call.h"

/* Room for a copy of any of the structures. */
union device_argument {
	u32 size;
	struct multikernel_call call;
	struct multikernel_attach attach;
	struct multikernel_memory memory;
	struct multikernel_queue queue;
	struct multikernel_queue_fd queue_fd;
	struct multikernel_config config;
	struct multikernel_answer answer;
};

static long make_call(struct front_end *front_end, void *argument, void __user *user, u32 size)
{
	const struct multikernel_call *arguments = argument;
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

	error = give_text(arguments->text, arguments->text_size, "");	/* no place for a reason: nothing is begun */
	if (error)
		return error;
	error = kexec_call(&call, &why);
	if (error)
		give_text(arguments->text, arguments->text_size, why.text);	/* the error itself is more than its sentence */
	return error;
}

/**
 * struct device_ioctl - one of them; a later version's structure may be longer
 * @command: its number
 * @size:    bytes of the structure as it is here; 0: there is none
 * @least:   bytes that its first version had
 * @make:    does it
 */
struct device_ioctl {
	unsigned int command;
	u32 size;
	u32 least;
	long (*make)(struct front_end *front_end, void *argument, void __user *user, u32 size);
};

static const struct device_ioctl ioctls[] = {
	{ MULTIKERNEL_CALL, sizeof(struct multikernel_call), MULTIKERNEL_CALL_SIZE_MIN, make_call },
	{ MULTIKERNEL_ATTACH, sizeof(struct multikernel_attach), MULTIKERNEL_ATTACH_SIZE_MIN,
	  front_end_attach },
	{ MULTIKERNEL_DETACH, 0, 0, front_end_detach },
	{ MULTIKERNEL_UNPLUG, 0, 0, front_end_unplug },
	{ MULTIKERNEL_MEMORY, sizeof(struct multikernel_memory), MULTIKERNEL_MEMORY_SIZE_MIN,
	  front_end_memory },
	{ MULTIKERNEL_QUEUE, sizeof(struct multikernel_queue), MULTIKERNEL_QUEUE_SIZE_MIN,
	  front_end_queue },
	{ MULTIKERNEL_QUEUE_KICK, sizeof(struct multikernel_queue_fd), MULTIKERNEL_QUEUE_FD_SIZE_MIN,
	  front_end_kick },
	{ MULTIKERNEL_QUEUE_CALL, sizeof(struct multikernel_queue_fd), MULTIKERNEL_QUEUE_FD_SIZE_MIN,
	  front_end_call },
	{ MULTIKERNEL_CONFIG, sizeof(struct multikernel_config), MULTIKERNEL_CONFIG_SIZE_MIN,
	  front_end_config },
	{ MULTIKERNEL_ANSWER, sizeof(struct multikernel_answer), MULTIKERNEL_ANSWER_SIZE_MIN,
	  front_end_answer },
};

/* Every structure begins with the size that its caller knows it to have. */
static int copy_argument(union device_argument *argument, const struct device_ioctl *ioctl,
			 const void __user *user, u32 *size)
{
	*size = 0;
	if (!ioctl->size)
		return 0;
	if (get_user(*size, (const u32 __user *)user))
		return -EFAULT;
	if (*size < ioctl->least)
		return -EINVAL;
	if (*size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(argument, ioctl->size, user, *size);
}

static long device_node_ioctl(struct file *file, unsigned int command, unsigned long address)
{
	void __user *user = (void __user *)address;
	union device_argument argument;
	size_t i;
	u32 size;
	int error;

	for (i = 0; i < ARRAY_SIZE(ioctls); i++) {
		if (ioctls[i].command != command)
			continue;
		error = copy_argument(&argument, &ioctls[i], user, &size);
		return error ? error : ioctls[i].make(file->private_data, &argument, user,
						      min(size, ioctls[i].size));
	}
	return -ENOTTY;
}

static int device_node_open(struct inode *inode, struct file *file)
{
	file->private_data = front_end_new();
	return file->private_data ? nonseekable_open(inode, file) : -ENOMEM;
}

static int device_node_release(struct inode *inode, struct file *file)
{
	front_end_free(file->private_data);
	return 0;
}

static ssize_t device_node_read(struct file *file, char __user *user, size_t size, loff_t *offset)
{
	return front_end_read(file->private_data, user, size, !(file->f_flags & O_NONBLOCK));
}

static __poll_t device_node_poll(struct file *file, poll_table *table)
{
	return front_end_poll(file->private_data, file, table);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = device_node_open,
	.release = device_node_release,
	.read = device_node_read,
	.poll = device_node_poll,
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
