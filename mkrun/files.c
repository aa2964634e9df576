// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lock, a pipe's end or a socket that a process for a container kept for as long as the container
 * runs would be one that its owner cannot let go, and virtiofsd would have it as well.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"
#include "log.h"

#define FIRST (STDERR_FILENO + 1)

void files_leave(int keep)
{
	if (keep > FIRST)
		syscall(SYS_close_range, FIRST, keep - 1, 0);
	syscall(SYS_close_range, keep < FIRST ? FIRST : keep + 1, ~0U, 0);
}

/* A program that counts on them would take the first file of its own for one. */
int files_refuse(u64 count)
{
	return count ? log_refuse("--preserve-fds: no file goes to another kernel") : CLI_OK;
}
