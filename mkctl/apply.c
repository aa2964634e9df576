// SPDX-License-Identifier: GPL-2.0-only
/* mkctl apply: upload a tree. */
#include <unistd.h>

#include "instances.h"
#include "mkctl.h"
#include "sysfs.h"
#include "tree_file.h"

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
		code = tree_file_upload(&file);
	tree_file_free(&file);
	return code ? code : show();
}
