// SPDX-License-Identifier: GPL-2.0-only
/*
 * mk-init, the first program of a spawn kernel that mkctl boot --inject has started: loads the
 * multikernel modules that came with it, removes what was injected, and goes on with the initrd's
 * own /init. Whatever happens to the modules, the system starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../inject.h"

#define INIT "/init"
#define LOG "/" INJECT_DIRECTORY "/kmsg"
#define LOG_DEVICE makedev(1, 11)	/* Documentation/admin-guide/devices.txt */

/* Nothing is mounted yet: the only one who hears is the kernel's log. */
static void complain(const char *what)
{
	int error = errno, fd;

	mknod(LOG, S_IFCHR | 0200, LOG_DEVICE);
	fd = open(LOG, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		dprintf(fd, "<3>multikernel: cannot use %s: %s", what, strerror(error));
		close(fd);
	}
	unlink(LOG);
}

/* ENODEV: the transport, where the host knows of no devices. */
static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST && errno != ENODEV))
		complain(path);
	if (fd >= 0)
		close(fd);
	unlink(path);
}

int main(int argc, char **argv, char **environment)
{
	(void)argc;
	load_module("/" INJECT_MODULE);
	load_module("/" INJECT_VIRTIO_RING);
	load_module("/" INJECT_VIRTIO);
	load_module("/" INJECT_TRANSPORT);
	unlink("/" INJECT_INIT);
	rmdir("/" INJECT_DIRECTORY);
	argv[0] = INIT;
	execve(INIT, argv, environment);
	complain(INIT);
	return 1;
}
