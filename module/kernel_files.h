/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of the kernel's own file systems, for what has no exported interface but its file. A mount
 * of our own finds them whatever the caller's mount namespace looks like.
 */
#ifndef MK_MODULE_KERNEL_FILES_H
#define MK_MODULE_KERNEL_FILES_H

struct file;
struct vfsmount;

/**
 * kernel_files_mount - mount one of the kernel's file systems for ourselves
 * @type: "proc", "sysfs"
 *
 * Context: process.
 * Return: the mount, to be let go of with kern_unmount(); -ENOENT where this kernel has no such file
 * system, or what kern_mount() says, as an error pointer.
 */
struct vfsmount *kernel_files_mount(const char *type);

/**
 * kernel_files_open - open a file there
 * @mount: from kernel_files_mount()
 * @name:  path from its root
 * @flags: of open(2)
 *
 * In the kernel's own name: the caller may have no right to that file, or be kept from it by the
 * security modules.
 *
 * Context: process.
 * Return: the file, to be let go of with fput(), or an error pointer.
 */
struct file *kernel_files_open(struct vfsmount *mount, const char *name, int flags);

#endif
