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
#include "tree.h"
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
static int show(int root, const struct bind *bind, char *why)
{
	int target = open_inside(root, bind->target), tree, err;

	if (target < 0)
		return CLI_OK;
	tree = tree_open(bind->source, bind->read_only, bind->recursive);
	err = tree < 0 || tree_put(tree, target, "");
	if (tree >= 0)
		close(tree);
	close(target);
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

/* The root goes on top of itself, and is open before anything is mounted below it. */
static int open_root(const struct bundle *bundle, char path[PATH_MAX])
{
	int target, root, err;

	bundle_root(bundle, path);
	target = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0)
		return -1;
	root = tree_open(path, bundle_root_is_read_only(bundle), true);
	err = root < 0 || tree_put(root, target, "");
	close(target);
	if (!err)
		return root;
	if (root >= 0)
		close(root);
	return -1;
}

/* Nothing of it is to be seen outside. */
static int fill(const struct bundle *bundle, char *why)
{
	struct bind bind;
	char path[PATH_MAX];
	size_t index = 0;
	int root, code = CLI_OK;

	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return refuse(why, "/");
	root = open_root(bundle, path);
	if (root < 0)
		return refuse(why, path);
	while (!code && bundle_bind(bundle, &index, &bind))
		code = show(root, &bind, why);
	if (!code && (fchdir(root) || become_root() || chdir("/")))
		code = refuse(why, path);
	close(root);
	return code;
}

int view_make(const struct bundle *bundle, char why[INSTANCE_WHY])
{
	int code;

	host = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (host < 0 || unshare(CLONE_NEWNS))
		return refuse(why, bundle->directory);
	view = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	code = view < 0 ? refuse(why, bundle->directory) : fill(bundle, why);
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
