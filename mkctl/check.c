// SPDX-License-Identifier: GPL-2.0-only
/* mkctl check: the kernel's verdict before the upload. */
#include <unistd.h>

#include "machine.h"
#include "mkctl.h"
#include "sysfs.h"
#include "tree_file.h"

static int check_file(struct tree_file *file, const char *path)
{
	struct mk_reason why = { "" };
	bool asked = sysfs_exists("fs/multikernel");
	int code = tree_file_read(file, path);

	if (code)
		return code;
	if (asked && machine_check(file->tree, &why))
		return mkctl_refuse("%s: %s", path, why.text);
	tree_file_print(file);
	if (asked)
		puts(": ok");
	else
		puts(": ok by its own rules; this machine was not asked, the module is not loaded");
	return MKCTL_OK;
}

int mkctl_check(int argc, char **argv)
{
	struct tree_file file;
	int code;

	if (mkctl_next_option(argc, argv, ":", NULL) != -1)
		return MKCTL_USAGE;
	if (argc - optind != 1)
		return mkctl_usage("check takes one FILE");
	code = check_file(&file, argv[optind]);
	tree_file_free(&file);
	return code;
}
