// SPDX-License-Identifier: GPL-2.0-only
/* mkctl check: the kernel's verdict before the upload. */
#include <stdlib.h>

#include "machine.h"
#include "mkctl.h"
#include "sysfs.h"
#include "tree_file.h"

static int hold_against_machine(struct tree_file *file, const char *path)
{
	struct machine *machine = machine_read();
	int code = CLI_OK;

	if (!machine)
		return CLI_REFUSED;
	if (machine_plan(machine, file->tree)) {
		code = cli_refuse("%s: %s", path, machine->why.text);
		machine_advise(machine, file->tree);
	}
	free(machine);
	return code;
}

static int check_file(struct tree_file *file, const char *path)
{
	bool asked = sysfs_exists("fs/multikernel");
	int code = tree_file_read(file, path);

	if (code)
		return code;
	if (asked)
		code = hold_against_machine(file, path);
	if (code)
		return code;
	tree_file_print(file);
	if (asked)
		puts(": ok");
	else
		puts(": ok by its own rules; this machine was not asked, the module is not loaded");
	return CLI_OK;
}

static int check(int count, char **operand)
{
	struct tree_file file;
	int code = check_file(&file, operand[0]);

	(void)count;
	tree_file_free(&file);
	return code;
}

const struct cli_command mkctl_check = {
	.name = "check",
	.operands = "FILE",
	.summary = "say whether a tree would be accepted",
	.help =
"Reads FILE, device tree source or a compiled device tree, and gives the verdict of the kernel\n"
"before anything is uploaded. Where the module is loaded the tree is also held against this\n"
"machine: its CPUs, its pool of memory, and the instances that are there. Changes nothing.\n",
	.seldom = true,
	.run = check,
};
