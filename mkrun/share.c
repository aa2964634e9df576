// SPDX-License-Identifier: GPL-2.0-only
/* Mounts of files and directories below one. */
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "share.h"
#include "say.h"

#ifndef MS_REC
#define MS_REC 16384
#endif

static int refuse(char *why, const char *path)
{
	snprintf(why, INSTANCE_WHY, "cannot share %s: %s", path, strerror(errno));
	return CLI_REFUSED;
}

static int protect(const char *path)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes,
		       sizeof(attributes));
}

static int make_target(const char *path, bool directory)
{
	int fd;

	if (directory)
		return mkdir(path, 0755);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : close(fd);
}

static int add(const char *directory, const char *name, const char *source, bool read_only,
	       char *why)
{
	char path[PATH_MAX];
	struct stat about;

	snprintf(path, sizeof(path), "%.4000s/%.31s", directory, name);
	if (stat(source, &about) || make_target(path, S_ISDIR(about.st_mode)) ||
	    mount(source, path, NULL, MS_BIND | MS_REC, NULL) || (read_only && protect(path)))
		return refuse(why, source);
	return CLI_OK;
}

/* What the host unmounts later must not be held here. */
static int begin(const char *directory, char *why)
{
	mkdir(directory, 0700);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ||
	    mount("mkrun", directory, "tmpfs", 0, "mode=700"))
		return refuse(why, directory);
	return CLI_OK;
}

int share_make(const struct bundle *bundle, const char *directory, char why[INSTANCE_WHY])
{
	char path[PATH_MAX];
	struct bind bind;
	size_t index = 0;
	int code = begin(directory, why);

	bundle_root(bundle, path);
	if (!code)
		code = add(directory, "rootfs", path, false, why);
	while (!code && bundle_bind(bundle, &index, &bind))
		code = add(directory, bind.name, bind.source, bind.read_only, why);
	return code;
}
