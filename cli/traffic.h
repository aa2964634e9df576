/* SPDX-License-Identifier: GPL-2.0-only */
/* How much a process has read and written. */
#ifndef CLI_TRAFFIC_H
#define CLI_TRAFFIC_H

#include <stdbool.h>
#include <sys/types.h>

#include "port.h"

/**
 * struct traffic - bytes, by calls such as read(2) and pwritev(2)
 * @read:    from files, pipes and the like, whether or not a disk had to be asked
 * @written: to them
 *
 * What goes by recvmsg(2) and sendmsg(2), io_uring or a mapping is not in it.
 */
struct traffic {
	u64 read;
	u64 written;
};

/**
 * traffic_read - ask the kernel, for a process and its children
 * @pid:     of the process
 * @traffic: receives the sums
 *
 * It takes the right to trace the process, which a process's parent without capabilities loses once that has
 * acted for another user (ptrace(2), "Ptrace access mode checking").
 *
 * Return: whether they are known.
 */
bool traffic_read(pid_t pid, struct traffic *traffic);

#endif
