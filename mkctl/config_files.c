// SPDX-License-Identifier: GPL-2.0-only
/* Finding the files below /etc/multikernel. */
#include <glob.h>
#include <stdlib.h>

#include "config_files.h"
#include "say.h"
#include "spawn_conf.h"

int config_files_find(struct config_files *files, const char *pattern)
{
	char path[SPAWN_CONF_PATH_SIZE];
	glob_t found;
	size_t i;
	int err;

	*files = (struct config_files){ 0 };
	if (config_path(path, "%s", pattern))
		return cli_refuse("%s: %s", pattern, strerror(ENAMETOOLONG));
	err = glob(path, 0, NULL, &found);
	if (err == GLOB_NOMATCH)
		return CLI_OK;
	if (err)
		return cli_refuse("%s cannot be read", path);
	files->path = calloc(found.gl_pathc, sizeof(*files->path));
	for (i = 0; files->path && i < found.gl_pathc; i++)
		files->path[files->count++] = strdup(found.gl_pathv[i]);
	globfree(&found);
	return files->path ? CLI_OK : cli_refuse("out of memory");
}

void config_files_free(struct config_files *files)
{
	size_t i;

	for (i = 0; i < files->count; i++)
		free(files->path[i]);
	free(files->path);
	*files = (struct config_files){ 0 };
}

char *config_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *start = slash ? slash + 1 : path;
	const char *dot = strrchr(start, '.');

	return strndup(start, dot ? (size_t)(dot - start) : strlen(start));
}
