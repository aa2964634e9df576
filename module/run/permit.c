// SPDX-License-Identifier: GPL-2.0-only
/*
 * What forbids the host to start a kernel by kexec forbids it here, too: lockdown, the sysctl
 * kernel.kexec_load_disabled, and a kernel that takes signed images only, whose check of signatures
 * (kernel/kexec_file.c, kimage_validate_signature()) no module can call.
 *
 * kernel.kexec_load_limit_reboot and kexec_load_limit_panic (since Linux 6.3) are not among them:
 * they count what is loaded as the host's own next or crash kernel.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kconfig.h>
#include <linux/mount.h>
#include <linux/security.h>

#include "kernel_files.h"
#include "run/permit.h"

#define SYSCTL "kernel.kexec_load_disabled"
#define SYSCTL_FILE "sys/kernel/kexec_load_disabled"

/* The variable is not exported, but its file is there for all. */
static int read_digit(struct vfsmount *mount, char *digit)
{
	struct file *file = kernel_files_open(mount, SYSCTL_FILE, O_RDONLY);
	loff_t position = 0;
	ssize_t length;

	if (IS_ERR(file))
		return PTR_ERR(file);
	length = kernel_read(file, digit, 1, &position);
	fput(file);
	if (length < 0)
		return length;
	return length == 1 ? 0 : -EIO;
}

/* A kernel without the sysctl has nothing to forbid by it. */
static int check_sysctl(struct mk_reason *why)
{
	struct vfsmount *mount = kernel_files_mount("proc");
	int error = PTR_ERR_OR_ZERO(mount);
	char digit = '0';

	if (!error) {
		error = read_digit(mount, &digit);
		kern_unmount(mount);
	}
	if (error && error != -ENOENT)
		return mk_refuse(why, error, SYSCTL " cannot be read (error %d)", error);
	if (digit != '0')
		return mk_refuse(why, -EPERM, SYSCTL " is set: this host loads no more kernels");
	return 0;
}

int permit_load(struct mk_reason *why)
{
	if (security_locked_down(LOCKDOWN_KEXEC))
		return mk_refuse(why, -EPERM, "the kernel is locked down");
	if (IS_ENABLED(CONFIG_KEXEC_SIG_FORCE))
		return mk_refuse(why, -EPERM,
				 "this host's kernel takes signed kernels only (CONFIG_KEXEC_SIG_FORCE), and a module cannot check signatures");
	return check_sysctl(why);
}
