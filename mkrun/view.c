// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mount namespace whose root is the container's. What is mounted in the container's own kernel,
 * such as a tmpfs, is not there.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "say.h"
#include "view.h"

static int host = -1, view = -1;	/* mount namespaces */

static int refuse(char *why, const char *path)
{
	snprintf(why, INSTANCE_WHY, "cannot show %.500s: %s", path, strerror(errno));
	return CLI_REFUSED;
}

/* As if the container's root were "/": no link of its making leads out of it. */
static int open_inside(int root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

	return syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Where the container has no place for it, it is not to be seen. */
static int show(const char *share, int root, const struct bind *bind, char *why)
{
	char source[PATH_MAX], target[64];
	int fd = open_inside(root, bind->target), err;

	if (fd < 0)
		return CLI_OK;
	snprintf(source, sizeof(source), "%.4000s/%.31s", share, bind->name);
	snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
	err = mount(source, target, NULL, MS_BIND | MS_REC, NULL);
	close(fd);
	return err ? refuse(why, bind->target) : CLI_OK;
}

/*
 * pivot_root(2) tells why both names may be the same, and that it cannot be where the host's root is
 * still the one that it booted with: there the container's goes on top of it, which is where those
 * begin who join this namespace.
 */
static int become_root(void)
{
	if (!syscall(SYS_pivot_root, ".", "."))
		return umount2(".", MNT_DETACH);
	return errno == EINVAL && !mount(".", "/", NULL, MS_MOVE, NULL) ? chroot(".") : -1;
}

static int move_in(const struct bundle *bundle, int root)
{
	if (fchdir(root) || become_root() || chdir("/"))
		return -1;
	return bundle_root_is_read_only(bundle) ?
		mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) : 0;
}

/* The root is open before anything is mounted below it, and leads to what lies there then. */
static int fill(const struct bundle *bundle, const char *share, char *why)
{
	struct bind bind;
	char path[PATH_MAX];
	size_t index = 0;
	int root, code = CLI_OK;

	snprintf(path, sizeof(path), "%.4000s/rootfs", share);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return refuse(why, path);
	while (!code && bundle_bind(bundle, &index, &bind))
		code = show(share, root, &bind, why);
	if (!code && move_in(bundle, root))
		code = refuse(why, path);
	close(root);
	return code;
}

int view_make(const struct bundle *bundle, const char *share, char why[INSTANCE_WHY])
{
	int code;

	host = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (host < 0 || unshare(CLONE_NEWNS))
		return refuse(why, share);
	view = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	code = view < 0 ? refuse(why, share) : fill(bundle, share, why);
	view_leave();
	return code;
}

/* A process may always go where it came from; if not, going on would be in the wrong place. */
static void go(int namespace)
{
	if (namespace >= 0 && setns(namespace, CLONE_NEWNS)) {
		cli_warn("cannot go to another mount namespace: %s", strerror(errno));
		abort();
	}
}

void view_enter(void)
{
	go(view);
}

void view_leave(void)
{
	go(host);
}
