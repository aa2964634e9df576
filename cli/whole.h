/* SPDX-License-Identifier: GPL-2.0-only */
/* Files read and written to the last byte, whatever one call takes of it. */
#ifndef CLI_WHOLE_H
#define CLI_WHOLE_H

#include <sys/types.h>

/* Write all of it, piece by piece as the kernel takes it. Returns 0 or a negative errno. */
int write_all(int fd, const void *bytes, size_t size);

/* Read all of an open file, at most @size bytes; returns how many, or -errno. */
ssize_t read_all(int fd, void *buffer, size_t size);

#endif
