/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading files under /sys. All paths are given relative to it, as printf formats. */
#ifndef MKCTL_SYSFS_H
#define MKCTL_SYSFS_H

#include "port.h"

#define SYSFS_PATH_SIZE 512
#define SYSFS_TEXT_SIZE 4096	/* an attribute is at most a page */

/* The whole path into @path; returns 0 or -ENAMETOOLONG. */
int sysfs_path(char path[SYSFS_PATH_SIZE], const char *format, ...) __printf(2, 3);

/* Open a file; returns a descriptor or -errno. */
int sysfs_open(int flags, const char *format, ...) __printf(2, 3);

/* Read a text attribute without its last newline, NUL terminated; returns 0 or -errno. */
int sysfs_read_text(char *text, size_t size, const char *format, ...) __printf(3, 4);

/* Read an attribute that is one decimal number; returns 0 or -errno (-EINVAL: not a number). */
int sysfs_read_number(u64 *number, const char *format, ...) __printf(2, 3);

bool sysfs_exists(const char *format, ...) __printf(1, 2);

/* Where a device is. */
void device_path(char path[SYSFS_PATH_SIZE], const char *name);

/*
 * Is the multikernel module there? If not, says so on stderr, and if it is of another version than
 * this program.
 */
bool sysfs_has_multikernel(void);

/* What last_error says now, for sysfs_refuse(); empty when it cannot be read. */
void sysfs_last_error(char sentence[SYSFS_TEXT_SIZE]);

/**
 * sysfs_refuse - say why the kernel refused what was written to a file
 * @what:   what was asked for
 * @error:  positive errno
 * @before: last_error as it was before: an error that a filter of system calls or the like gave, and
 *          not the module, is not explained by an older sentence
 *
 * Return: CLI_REFUSED.
 */
int sysfs_refuse(const char *what, int error, const char *before);

#endif
