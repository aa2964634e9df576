// SPDX-License-Identifier: GPL-2.0-only
/* By openat2(2): the kernel itself takes care that no link leads out. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside.h"

static int open_inside(int directory, const char *path, u64 flags, u64 resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

int inside_open(int root, const char *path, u64 flags)
{
	return open_inside(root, path, flags, RESOLVE_IN_ROOT);
}

int inside_open_own(int directory, const char *name, u64 flags)
{
	return open_inside(directory, name, flags,
			   RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
}
