// SPDX-License-Identifier: GPL-2.0-only
/* The kernel takes a tree in pieces, and decides when the last one is there. */
#include <fcntl.h>
#include <unistd.h>

#include "machine.h"
#include "say.h"
#include "sysfs.h"
#include "upload.h"

int upload(const char *what, const u8 *blob, size_t size, const struct mk_tree *tree)
{
	char before[SYSFS_TEXT_SIZE];
	int err, fd = sysfs_open(O_WRONLY | O_TRUNC, "fs/multikernel/device_tree");

	if (fd < 0)
		return cli_refuse("cannot open /sys/fs/multikernel/device_tree: %s", strerror(-fd));
	sysfs_last_error(before);
	err = write_all(fd, blob, size);
	close(fd);
	if (!err)
		return CLI_OK;
	sysfs_refuse(what, -err, before);
	machine_advise_now(tree);
	return CLI_REFUSED;
}
