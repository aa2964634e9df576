// SPDX-License-Identifier: GPL-2.0-only
/* How files of the kernel's own file systems are opened: by a mount of our own, with its own rights. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/sched/task.h>

#include "kernel_files.h"

struct vfsmount *kernel_files_mount(const char *name)
{
	struct file_system_type *type = get_fs_type(name);
	struct vfsmount *mount;

	if (!type)
		return ERR_PTR(-ENOENT);
	mount = kern_mount(type);
	module_put(type->owner);
	return mount;
}

struct file *kernel_files_open(struct vfsmount *mount, const char *name, int flags)
{
	struct path root = { .mnt = mount, .dentry = mount->mnt_root };
	struct cred *own = prepare_kernel_cred(&init_task);
	const struct cred *callers;
	struct file *file;

	if (!own)
		return ERR_PTR(-ENOMEM);
	callers = override_creds(own);
	file = file_open_root(&root, name, flags, 0);
	revert_creds(callers);
	put_cred(own);
	return file;
}
