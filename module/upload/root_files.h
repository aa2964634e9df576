/* SPDX-License-Identifier: GPL-2.0-only */
/* /sys/fs/multikernel, and what stands directly in it. */
#ifndef MK_MODULE_ROOT_FILES_H
#define MK_MODULE_ROOT_FILES_H

/* The directories, without any file that could bring a tree. */
int root_directories_init(void);
void root_directories_exit(void);

/* The files; from here on trees can arrive. */
int root_files_init(void);
void root_files_exit(void);

#endif
