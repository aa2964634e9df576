// SPDX-License-Identifier: GPL-2.0-only
/* mkctl export: the present tree, to be kept, changed and applied. */
#include <stdlib.h>

#include "mkctl.h"
#include "present.h"
#include "sysfs.h"

static bool compiled;

static int print_compiled(const struct mk_tree *tree)
{
	size_t size;
	u8 *blob = tree_compile(tree, &size);

	if (!blob)
		return cli_refuse("out of memory");
	fwrite(blob, 1, size, stdout);
	free(blob);
	return CLI_OK;
}

static int export(int count, char **operand)
{
	static struct present present;
	int code;

	(void)count;
	(void)operand;
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	code = present_read(&present);
	if (code)
		return code;
	if (compiled)
		return print_compiled(&present.tree);
	tree_print_source(&present.tree);
	return CLI_OK;
}

static const struct cli_option options[] = {
	{ "dtb", 0, CLI_FLAG, NULL, "compiled, and not as source", &compiled },
	{ 0 }
};

const struct cli_command mkctl_export = {
	.name = "export",
	.operands = "",
	.summary = "print the present tree",
	.help =
"Writes the instances that are there to standard output, as device tree source, such that \"mkctl\n"
"apply\" takes it and changes nothing.\n",
	.options = options,
	.seldom = true,
	.run = export,
};
