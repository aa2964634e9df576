// SPDX-License-Identifier: GPL-2.0-only
/* open_tree(2) and its kin: a mount that is nowhere yet belongs to no namespace. */
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tree.h"

int tree_open(const char *source, bool read_only, bool recursive)
{
	struct mount_attr attributes = {
		.attr_set = read_only ? MOUNT_ATTR_RDONLY : 0, .propagation = MS_SLAVE,
	};
	int tree = syscall(SYS_open_tree, AT_FDCWD, source,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			   (recursive ? AT_RECURSIVE : 0));

	if (tree < 0)
		return -1;
	if (!syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
		     sizeof(attributes)))
		return tree;
	close(tree);
	return -1;
}

int tree_put(int tree, int directory, const char *name)
{
	return syscall(SYS_move_mount, tree, "", directory, name,
		       MOVE_MOUNT_F_EMPTY_PATH | (*name ? 0 : MOVE_MOUNT_T_EMPTY_PATH));
}
