// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/held: a file as large as a kernel, and empty. Who reads it waits until someone writes to it, as one waits for a disk
 * or a server that does not answer. A number that is written is the error that readers get from then on, such as -110.
 */
#include <linux/completion.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sizes.h>

#define BOUND (600 * HZ)	/* that a reader waits at most, jiffies */

static DECLARE_COMPLETION(let_go);
static int answer;	/* to those who read */

static ssize_t held_read(struct kiocb *call, struct iov_iter *to)
{
	long left = wait_for_completion_killable_timeout(&let_go, BOUND);

	return left < 0 ? left : READ_ONCE(answer);
}

static ssize_t held_write(struct file *file, const char __user *text, size_t size, loff_t *position)
{
	int error = 0;

	if (size > 1)
		error = kstrtoint_from_user(text, size, 10, &answer);
	complete_all(&let_go);
	return error ? error : size;
}

static const struct proc_ops operations = {
	.proc_read_iter = held_read,
	.proc_write = held_write,
};

static int __init held_init(void)
{
	struct proc_dir_entry *entry = proc_create("held", 0600, NULL, &operations);

	if (!entry)
		return -ENOMEM;
	proc_set_size(entry, SZ_1M);
	return 0;
}
module_init(held_init);

static void __exit held_exit(void)
{
	complete_all(&let_go);
	remove_proc_entry("held", NULL);
}
module_exit(held_exit);

MODULE_DESCRIPTION("A file that keeps its readers waiting, for tests");
MODULE_LICENSE("GPL");
