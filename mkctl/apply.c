// SPDX-License-Identifier: GPL-2.0-only
/* mkctl apply: upload a tree, or say what that would do. */
#include <stdlib.h>

#include "instance_view.h"
#include "mkctl.h"
#include "plan_view.h"
#include "sysfs.h"
#include "tree_file.h"
#include "upload.h"

static bool dry_run, json;

static int show_plan(const struct tree_file *file)
{
	struct machine *machine = machine_read();
	int code;

	if (!machine)
		return CLI_REFUSED;
	if (!machine_plan(machine, file->tree)) {
		code = plan_print(machine, file->tree, json);
	} else {
		code = cli_refuse("%s: %s", file->path, machine->why.text);
		machine_advise(machine, file->tree);
	}
	free(machine);
	return code;
}

static int upload_file(const struct tree_file *file)
{
	int code = upload(file->path, file->blob, file->size, file->tree);

	return code ? code : instances_show();
}

static int apply(int count, char **operand)
{
	struct tree_file file;
	int code;

	(void)count;
	if (json && !dry_run)
		return cli_usage("apply --json goes with --dry-run");
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	code = tree_file_read(&file, operand[0]);
	if (!code)
		code = dry_run ? show_plan(&file) : upload_file(&file);
	tree_file_free(&file);
	return code;
}

static const struct cli_option options[] = {
	{ "dry-run", 'n', CLI_FLAG, NULL, "show what would be done to each instance and image, and do nothing", &dry_run },
	{ "json", 0, CLI_FLAG, NULL, "that as an array of objects", &json },
	{ 0 }
};

const struct cli_command mkctl_apply = {
	.name = "apply",
	.operands = "FILE",
	.summary = "make the instances what a tree says",
	.help =
"Uploads FILE, device tree source or a compiled device tree. It is the whole desired state and\n"
"takes effect all or nothing: instances that are not in it go away. Shows what is there then.\n",
	.options = options,
	.run = apply,
};
