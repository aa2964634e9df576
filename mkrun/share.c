// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts of files and directories in one. virtiofsd goes into a mount namespace of its own, in which
 * what is mounted here later appears only since the directory is a shared mount. The kernel that it
 * serves may have made anything in it: nothing here follows a link.
 *
 * Files that two containers have are to be the same for their kernel as well, or sockets, locks and
 * mapped memory in a volume would join nobody. virtiofsd takes what it finds in two mounts for two;
 * so a volume is mounted once, by the name of what it is, and for as long as the pod is there.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "say.h"
#include "share.h"
#include "tree.h"

/*
 * The kernel that is served may write there as well, and without a bound could have half of the
 * host's memory. What belongs there is directories and empty files, no more than a namespace may
 * have mounts (fs.mount-max, 100000).
 */
#define OPTIONS "mode=700,size=64k,nr_inodes=128k"

/**
 * struct item - what goes there
 * @tree:  taken hold of
 * @name:  in the directory
 * @about: it
 */
struct item {
	int tree;
	const char *name;
	struct stat about;
};

static struct item items[1 + BUNDLE_MOUNTS_MAX];
static u32 count;

static int refuse(char *why, const char *path)
{
	snprintf(why, INSTANCE_WHY, "cannot share %.500s: %s", path, strerror(errno));
	return CLI_REFUSED;
}

/* What the host unmounts later must not be held here. */
int share_make(struct share *share, char why[INSTANCE_WHY])
{
	share->namespace = -1;
	mkdir(share->path, 0700);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ||
	    mount("mkrun", share->path, "tmpfs", 0, OPTIONS) ||
	    mount(NULL, share->path, NULL, MS_SHARED, NULL))
		return refuse(why, share->path);
	return CLI_OK;
}

static int take(const char *source, bool read_only, bool recursive, const char *name, char *why)
{
	struct item *item = &items[count];

	item->name = name;
	item->tree = tree_open(source, read_only, recursive);
	if (item->tree < 0)
		return refuse(why, source);
	count++;
	return fstat(item->tree, &item->about) ? refuse(why, source) : CLI_OK;
}

static void name_root(char name[BUNDLE_NAME], pid_t pid)
{
	snprintf(name, BUNDLE_NAME, "root-%d", (int)pid);
}

/* Nothing may be written to what is on a file system that is mounted so. */
static void name_volume(char name[BUNDLE_NAME], const struct item *item, bool recursive)
{
	struct statvfs mounted;
	bool read_only = fstatvfs(item->tree, &mounted) || mounted.f_flag & ST_RDONLY;

	snprintf(name, BUNDLE_NAME, "volume-%llx-%llx-%s%s", (unsigned long long)item->about.st_dev,
		 (unsigned long long)item->about.st_ino, read_only ? "r" : "w",
		 recursive ? "" : "1");
}

static int take_all(const struct bundle *bundle, struct bundle_names *names, char *why)
{
	char path[PATH_MAX];
	struct bind bind;
	size_t index = 0;
	int code;

	bundle_root(bundle, path);
	name_root(names->root, getpid());
	code = take(path, false, true, names->root, why);
	while (!code && bundle_bind(bundle, &index, &bind)) {
		char *name = names->bind[index - 1];

		code = take(bind.source, bind.read_only, bind.recursive, name, why);
		if (!code)
			name_volume(name, &items[count - 1], bind.recursive);
	}
	return code;
}

static int make_target(int directory, const struct item *item)
{
	int fd;

	if (S_ISDIR(item->about.st_mode))
		return mkdirat(directory, item->name, 0755);
	fd = openat(directory, item->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : close(fd);
}

static bool is_there(int directory, const struct item *item)
{
	struct stat about;

	return !fstatat(directory, item->name, &about, AT_SYMLINK_NOFOLLOW) &&
		about.st_dev == item->about.st_dev && about.st_ino == item->about.st_ino;
}

static int put(int directory, const struct item *item, char *why)
{
	if (make_target(directory, item) && errno != EEXIST)
		return refuse(why, item->name);
	if (is_there(directory, item) || !tree_put(item->tree, directory, item->name))
		return CLI_OK;
	return refuse(why, item->name);
}

/* One container at a time. */
static int put_all(const struct share *share, char *why)
{
	int directory = open(share->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = CLI_OK;
	u32 i;

	if (directory < 0 || flock(directory, LOCK_EX))
		code = refuse(why, share->path);
	for (i = 0; !code && i < count; i++)
		code = put(directory, &items[i], why);
	if (directory >= 0)
		close(directory);
	return code;
}

static void release(void)
{
	while (count)
		close(items[--count].tree);
}

/* Go where the share is; @own is where to go back to, -1 where that is here. */
static int enter(const struct share *share, int *own)
{
	*own = -1;
	if (share->namespace < 0)
		return 0;
	*own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (*own >= 0 && !setns(share->namespace, CLONE_NEWNS))
		return 0;
	close(*own);
	return -1;
}

/* A process may always go where it came from; if not, going on would be in the wrong place. */
static void leave(int own)
{
	if (own < 0)
		return;
	if (setns(own, CLONE_NEWNS))
		abort();
	close(own);
}

int share_fill(const struct share *share, const struct bundle *bundle, struct bundle_names *names,
	       char why[INSTANCE_WHY])
{
	int own, code = take_all(bundle, names, why);

	if (!code && enter(share, &own)) {
		code = refuse(why, share->path);
	} else if (!code) {
		code = put_all(share, why);
		leave(own);
	}
	release();
	return code;
}

void share_empty(const struct share *share, pid_t pid)
{
	char name[BUNDLE_NAME], path[CONTAINER_PATH + BUNDLE_NAME];
	int own;

	if (enter(share, &own))
		return;
	name_root(name, pid);
	snprintf(path, sizeof(path), "%s/%s", share->path, name);
	umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	rmdir(path);
	leave(own);
}
