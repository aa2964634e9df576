// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl service: what systemd's units run, and what is below /etc/multikernel. An error in one file
 * stops nothing but what that file is about; it is said, and the exit code tells.
 */
#include <stdlib.h>
#include <unistd.h>

#include "config_files.h"
#include "instances.h"
#include "mkctl.h"
#include "service_trees.h"
#include "service_units.h"
#include "spawn_conf.h"
#include "supervisor.h"
#include "unit.h"

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

/**
 * struct told - what systemd knows of the files in boot.d
 * @wanted: how many of them have a unit
 * @stale:  it knows of one of them what that does not say any more
 */
struct told {
	size_t wanted;
	bool stale;
};

static int check_conf(const char *path, struct told *told)
{
	char *name = config_file_name(path);
	struct spawn_conf conf;
	int code;

	if (!name)
		return cli_refuse("out of memory");
	code = spawn_conf_read(&conf, name);
	told->wanted += spawn_name_is_sane(name, strlen(name));
	told->stale |= !code && !service_unit_is_told(&conf);
	if (!code)
		code = check_devices(&conf);
	spawn_conf_free(&conf);
	free(name);
	return code;
}

/*
 * One in which no kernel has been yet is new, or could not be started: whatever was stopped since, or has
 * failed, is left as it is.
 */
static void start_if_new(const char *path)
{
	char *name = config_file_name(path), unit[MK_NAME_MAX + 32];
	struct instance instance;

	if (!name || !spawn_name_is_sane(name, strlen(name))) {
		free(name);
		return;
	}
	snprintf(unit, sizeof(unit), "multikernel@%s.service", name);
	if (instance_read(&instance, name) == -ENOENT)
		cli_warn("%s: there is no instance \"%s\", so its service is not started", path, name);
	else if (instance.state == MK_READY && !instance.generation && unit_start(unit))
		printf("%s: %s is started\n", name, unit);
	instance_free(&instance);
	free(name);
}

/*
 * What is new since systemd has started multikernel.service, which wants the units of all files that there
 * were by then.
 */
static void start_new(const struct config_files *files, const struct told *told)
{
	size_t i;

	if (!unit_manager_runs())
		return;
	if (told->stale || told->wanted != service_units_told())
		unit_read_all();
	for (i = 0; i < files->count; i++)
		start_if_new(files->path[i]);
}

static int take_confs(void)
{
	struct config_files files;
	struct told told = { 0 };
	int code = config_files_find(&files, "boot.d/*.conf");
	size_t i;

	for (i = 0; i < files.count; i++)
		code |= check_conf(files.path[i], &told);
	start_new(&files, &told);
	config_files_free(&files);
	return code;
}

/* Both in any case. */
static int start(int count, char **operand)
{
	int code = service_apply_trees();

	(void)count;
	(void)operand;
	return code | take_confs();
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
"Applies the trees in /etc/multikernel together, loads disk images from images/NAME there, says what\n"
"is wrong in the files, and has systemd start the services of new instances. It is what\n"
"multikernel.service runs, also for a reload, see multikernel.service(8).\n",
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
