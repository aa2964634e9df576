// SPDX-License-Identifier: GPL-2.0-only
/* mkctl apply: upload a tree. */
#include <fcntl.h>
#include <unistd.h>

#include "instances.h"
#include "mkctl.h"
#include "sysfs.h"
#include "tree_file.h"

static int write_all(int fd, const u8 *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t put = write(fd, buffer + done, size - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		if (!put)
			return -EIO;
		done += put;
	}
	return 0;
}

/* The kernel takes the tree in pieces and decides when the last one is there. */
static int upload(const struct tree_file *file)
{
	int fd = sysfs_open(O_WRONLY | O_TRUNC, "fs/multikernel/device_tree");
	int err;

	if (fd < 0)
		return mkctl_refuse("cannot open /sys/fs/multikernel/device_tree: %s",
				    strerror(-fd));
	err = write_all(fd, file->blob, file->size);
	close(fd);
	return err ? sysfs_refuse(file->path, -err) : MKCTL_OK;
}

static int show(void)
{
	struct instances list;
	int err = instances_read(&list);

	if (err)
		return mkctl_refuse("the tree was taken, but the instances cannot be read: %s",
				    strerror(-err));
	instances_print(&list);
	instances_free(&list);
	return MKCTL_OK;
}

int mkctl_apply(int argc, char **argv)
{
	struct tree_file file;
	int code;

	if (mkctl_next_option(argc, argv, ":", NULL) != -1)
		return MKCTL_USAGE;
	if (argc - optind != 1)
		return mkctl_usage("apply takes one FILE");
	if (!sysfs_has_multikernel())
		return MKCTL_REFUSED;
	code = tree_file_read(&file, argv[optind]);
	if (!code)
		code = upload(&file);
	tree_file_free(&file);
	return code ? code : show();
}
