// SPDX-License-Identifier: GPL-2.0-only
/* What belongs to no room, since all use it: the locks of all changes, the role, the last sentence. */
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "base.h"

DEFINE_MUTEX(change_lock);
DEFINE_MUTEX(multikernel_lock);
bool multikernel_in_spawn;
bool multikernel_host_sleeps;

static DEFINE_SPINLOCK(last_error_lock);	/* the sentence below */
static struct mk_reason last_error = { "ok" };

int report(int error, const char *what, const struct mk_reason *why)
{
	spin_lock(&last_error_lock);
	if (error)
		last_error = *why;
	else
		strscpy(last_error.text, "ok", sizeof(last_error.text));
	spin_unlock(&last_error_lock);
	if (error)
		pr_warn_ratelimited("%s refused (error %d): %s\n", what, error, why->text);
	return error;
}

void last_error_read(struct mk_reason *sentence)
{
	spin_lock(&last_error_lock);
	*sentence = last_error;
	spin_unlock(&last_error_lock);
}

int give_text(u64 text, u32 size, const char *what)
{
	char __user *user = u64_to_user_ptr(text);
	size_t length = min_t(size_t, strlen(what) + 1, size);

	if (!text || !length)
		return 0;
	if (copy_to_user(user, what, length) || put_user('\0', user + length - 1))
		return -EFAULT;
	return 0;
}
