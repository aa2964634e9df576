// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkrun: containers, each on a kernel of its own. The table of commands, and options before them.
 */
#include <stdlib.h>

#include "log.h"
#include "mkrun.h"
#include "multikernel.h"

const char *mkrun_root = "/run/mkrun";

static const struct cli_command *const commands[] = {
	&mkrun_create, &mkrun_start, &mkrun_state, &mkrun_kill, &mkrun_delete, &mkrun_exec,
	&mkrun_pause, &mkrun_resume, &mkrun_ps, &mkrun_update, &mkrun_list, &mkrun_features, NULL
};

static const struct cli_program program = {
	.name = "mkrun",
	.version = MULTIKERNEL_VERSION,
	.summary = "An OCI runtime: each container has a kernel, CPUs and memory of its own.",
	.commands = commands,
	.misused = log_write,
};

static const char *log_format = "text";

/* Engines put these before the command. Those without a place change nothing here. */
static const struct global {
	const char *name;
	bool has_value;
	const char **to;
} globals[] = {
	{ "--root", true, &mkrun_root },
	{ "--log", true, &log_file },
	{ "--log-format", true, &log_format },
	{ "--systemd-cgroup", false, NULL },
	{ "--debug", false, NULL },
};

static const struct global *find_global(const char *word, const char **value)
{
	const char *equals = strchr(word, '=');
	size_t i, length = equals ? (size_t)(equals - word) : strlen(word);

	*value = equals ? equals + 1 : NULL;
	for (i = 0; i < ARRAY_SIZE(globals); i++)
		if (strlen(globals[i].name) == length && !strncmp(globals[i].name, word, length))
			return &globals[i];
	return NULL;
}

/* How many words they are. */
static int take_globals(int argc, char **argv)
{
	const struct global *global;
	const char *value;
	int i;

	for (i = 1; i < argc && (global = find_global(argv[i], &value)); i++) {
		if (global->has_value && !value)
			value = ++i < argc ? argv[i] : "";
		if (global->to)
			*global->to = value;
	}
	return i - 1;
}

int main(int argc, char **argv)
{
	int taken = take_globals(argc, argv);

	cli_set_program(program.name);
	if (strcmp(log_format, "text") && strcmp(log_format, "json"))
		return log_refuse("--log-format takes text or json, and not \"%s\"", log_format);
	log_json = !strcmp(log_format, "json");
	argv[taken] = argv[0];
	return cli_main(&program, argc - taken, argv + taken);
}
