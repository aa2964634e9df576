// SPDX-License-Identifier: GPL-2.0-only
/* How JSON is laid out. */
#include "json.h"
#include "say.h"

static int print(json_t *value, size_t flags)
{
	int err = !value || json_dumpf(value, stdout, flags | JSON_ENCODE_ANY);

	json_decref(value);
	if (err)
		return cli_refuse("cannot write JSON");
	putchar('\n');
	return CLI_OK;
}

int cli_json_print(json_t *value)
{
	return print(value, JSON_INDENT(2));
}

int cli_json_print_line(json_t *value)
{
	int code = print(value, JSON_COMPACT);

	return fflush(stdout) ? CLI_REFUSED : code;
}
