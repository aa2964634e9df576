/* SPDX-License-Identifier: GPL-2.0-only */
/* A file with a pid, as engines read it. */
#ifndef MKRUN_PID_FILE_H
#define MKRUN_PID_FILE_H

#include <sys/types.h>

/* NULL for none. Returns 0 or a negative errno. */
int pid_file_write(const char *path, pid_t pid);

#endif
