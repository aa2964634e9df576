// SPDX-License-Identifier: GPL-2.0-only
/*
 * What systemd is to know of each spawn: that multikernel.service wants its unit, behind which
 * others and which devices it comes, whether it is started again, and how long it may take to stop.
 * systemd asks at boot and at each "systemctl daemon-reload", before anything runs: no module is
 * needed here.
 */
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_files.h"
#include "place.h"
#include "say.h"
#include "service_units.h"
#include "spawn_conf.h"

#define PATH_SIZE 1024
#define TEMPLATE "/usr/lib/systemd/system/multikernel@.service"
#define WANTS "multikernel.service.wants"
#define SETTINGS_OF "multikernel@%s.service.d"
#define SETTINGS "50-conf.conf"
#define TOLD "systemd/generator"	/* what the generator has made, below /run (systemd.generator(7)) */
#define STOP_REST 30		/* seconds to stop by force in, and to hear the last words */

static int refuse(const char *path)
{
	return cli_refuse("%s: %s", path, strerror(errno));
}

static int make_directory(const char *path)
{
	return mkdir(path, 0755) && errno != EEXIST ? refuse(path) : CLI_OK;
}

static int write_want(const char *directory, const char *name)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/" WANTS "/multikernel@%s.service", directory, name);
	return symlink(TEMPLATE, path) && errno != EEXIST ? refuse(path) : CLI_OK;
}

/* A line for each of the names. */
static void print_units(FILE *file, const char *setting, const char *names)
{
	char name[MK_NAME_MAX + 1];

	while (spawn_conf_next_name(&names, name))
		fprintf(file, "%s@%s.service\n", setting, name);
}

static void print_settings(FILE *file, const struct spawn_conf *conf)
{
	static const char *const restart[] = {
		[SPAWN_RESTART_NO] = "no",
		[SPAWN_RESTART_ON_FAILURE] = "on-failure",
		[SPAWN_RESTART_ALWAYS] = "always",
	};

	fprintf(file, "# Made from %s\n[Unit]\n", conf->path);
	print_units(file, "After=multikernel", conf->after);
	print_units(file, "After=mkio", conf->devices);
	print_units(file, "Wants=mkio", conf->devices);
	fprintf(file, "[Service]\nRestart=%s\nRestartSec=%u\nTimeoutStopSec=%u\n",
		restart[conf->restart], conf->restart_sec, conf->stop_timeout + STOP_REST);
}

static int write_settings(const char *directory, const struct spawn_conf *conf)
{
	char path[PATH_SIZE];
	FILE *file;
	int length;

	length = snprintf(path, sizeof(path), "%s/" SETTINGS_OF, directory, conf->name);
	if (make_directory(path))
		return CLI_REFUSED;
	snprintf(path + length, sizeof(path) - length, "/" SETTINGS);
	file = fopen(path, "w");
	if (!file)
		return refuse(path);
	print_settings(file, conf);
	return fclose(file) ? refuse(path) : CLI_OK;
}

/* One that is not understood has its unit, too: that fails, and its journal says why. */
static int write_unit(const char *directory, const char *name)
{
	struct spawn_conf conf;
	int code = spawn_conf_read(&conf, name);

	if (!code)
		code = write_settings(directory, &conf);
	if (spawn_name_is_sane(name, strlen(name)))
		code |= write_want(directory, name);
	spawn_conf_free(&conf);
	return code;
}

static int write_units(const char *directory, const struct config_files *files)
{
	char path[PATH_SIZE];
	int code;
	size_t i;

	if (strlen(directory) > PATH_SIZE / 2)
		return cli_refuse("%s: %s", directory, strerror(ENAMETOOLONG));
	snprintf(path, sizeof(path), "%s/" WANTS, directory);
	code = make_directory(path);
	for (i = 0; !code && i < files->count; i++) {
		char *name = config_file_name(files->path[i]);

		if (!name)
			return cli_refuse("out of memory");
		write_unit(directory, name);	/* what is wrong was said; the others go on */
		free(name);
	}
	return code;
}

int service_write_units(const char *directory)
{
	struct config_files files;
	int code = config_files_find(&files, "boot.d/*.conf");

	if (!code && files.count)
		code = write_units(directory, &files);
	config_files_free(&files);
	return code;
}

static bool has_text(FILE *file, const char *text)
{
	int letter;

	while ((letter = fgetc(file)) != EOF)
		if (letter != (u8)*text++)
			return false;
	return !*text;
}

bool service_unit_is_told(const struct spawn_conf *conf)
{
	char path[PATH_SIZE], *text = NULL;
	FILE *told, *wanted;
	bool same = false;
	size_t size;

	snprintf(path, sizeof(path), "%s/" TOLD "/" SETTINGS_OF "/" SETTINGS, PLACE_RUN, conf->name);
	told = fopen(path, "r");
	if (!told)
		return false;
	wanted = open_memstream(&text, &size);
	if (wanted) {
		print_settings(wanted, conf);
		same = !fclose(wanted) && has_text(told, text);
	}
	fclose(told);
	free(text);
	return same;
}

size_t service_units_told(void)
{
	char path[PATH_SIZE];
	glob_t found;
	size_t count;

	snprintf(path, sizeof(path), "%s/" TOLD "/" WANTS "/multikernel@*.service", PLACE_RUN);
	if (glob(path, 0, NULL, &found))
		return 0;
	count = found.gl_pathc;
	globfree(&found);
	return count;
}
