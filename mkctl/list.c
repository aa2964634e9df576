// SPDX-License-Identifier: GPL-2.0-only
/* mkctl list: the instances as a table or as JSON. */
#include "instance_view.h"
#include "json.h"
#include "mkctl.h"
#include "sysfs.h"

static bool json;

/* One that cannot be read hides no other; it is said at the end, and by the exit code. */
static int list(int count, char **operand)
{
	struct instances all;
	int err, code = CLI_OK;

	(void)count;
	(void)operand;
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	err = instances_read(&all);
	if (err)
		return cli_refuse("cannot read the instances: %s", strerror(-err));
	if (json)
		code = cli_json_print(instances_json(&all));
	else
		instances_print(&all);
	if (instances_refuse_problems(&all))
		code = CLI_REFUSED;
	instances_free(&all);
	return code;
}

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, NULL, "an array of objects", &json },
	{ 0 }
};

const struct cli_command mkctl_list = {
	.name = "list",
	.operands = "",
	.summary = "show the instances",
	.help =
"One line for each instance: its name, id, status, CPUs (the first is its boot CPU) and memory;\n"
"for one that has failed or hangs also why.\n",
	.options = options,
	.run = list,
};
