// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl service: what systemd's units run, and what is below /etc/multikernel. An error in one file
 * stops nothing but what that file is about; it is said, and the exit code tells.
 */
#include <stdlib.h>
#include <unistd.h>

#include "config_files.h"
#include "mkctl.h"
#include "service_trees.h"
#include "service_units.h"
#include "spawn_conf.h"
#include "supervisor.h"

/* Each that it names must have its file. */
static int check_devices(const struct spawn_conf *conf)
{
	char name[MK_NAME_MAX + 1], path[SPAWN_CONF_PATH_SIZE];
	const char *names = conf->devices;
	int code = CLI_OK;

	while (spawn_conf_next_name(&names, name))
		if (config_path(path, "devices/%s", name) || access(path, F_OK))
			code = cli_refuse("%s: devices=%s: there is no file %s", conf->path, name, path);
	return code;
}

static int check_conf(const char *path)
{
	char *name = config_file_name(path);
	struct spawn_conf conf;
	int code;

	if (!name)
		return cli_refuse("out of memory");
	code = spawn_conf_read(&conf, name);
	if (!code)
		code = check_devices(&conf);
	spawn_conf_free(&conf);
	free(name);
	return code;
}

static int check_confs(void)
{
	struct config_files files;
	int code = config_files_find(&files, "boot.d/*.conf");
	size_t i;

	for (i = 0; i < files.count; i++)
		code |= check_conf(files.path[i]);
	config_files_free(&files);
	return code;
}

/* Both in any case. */
static int start(int count, char **operand)
{
	int code = service_apply_trees();

	(void)count;
	(void)operand;
	return code | check_confs();
}

static int run(int count, char **operand)
{
	struct spawn_conf conf;
	int code = spawn_conf_read(&conf, operand[0]);

	(void)count;
	if (!code)
		code = supervise(&conf);
	spawn_conf_free(&conf);
	return code;
}

static int units(int count, char **operand)
{
	(void)count;
	return service_write_units(operand[0]);
}

const struct cli_command mkctl_service_start = {
	.name = "service start",
	.operands = "",
	.summary = "apply what /etc/multikernel says",
	.help =
"Applies the trees in /etc/multikernel together, loads disk images from images/NAME there, and says\n"
"what is wrong in the files. It is what multikernel.service runs, see multikernel.service(8).\n",
	.seldom = true,
	.run = start,
};

const struct cli_command mkctl_service_run = {
	.name = "service run",
	.operands = "NAME",
	.summary = "boot what /etc/multikernel says, and stay with it",
	.help =
"Boots what /etc/multikernel/boot.d/NAME.conf names in instance NAME, and shows its log and its\n"
"console until its kernel ends. SIGTERM and SIGINT have it shut down. It is what\n"
"multikernel@NAME.service runs.\n",
	.seldom = true,
	.run = run,
};

const struct cli_command mkctl_service_units = {
	.name = "service units",
	.operands = "DIRECTORY",
	.summary = "tell systemd what /etc/multikernel says",
	.help =
"Writes below DIRECTORY what systemd is to know of each file in /etc/multikernel/boot.d. A generator\n"
"of systemd's runs it.\n",
	.seldom = true,
	.run = units,
};
