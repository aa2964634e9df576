// SPDX-License-Identifier: GPL-2.0-only
/* In one step: whoever waits for it reads all of it. */
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "pid_file.h"

static int write_pid(const char *path, pid_t pid)
{
	FILE *file = fopen(path, "we");
	int err;

	if (!file)
		return -1;
	err = fprintf(file, "%d", (int)pid) < 0;
	return fclose(file) || err;
}

int pid_file_write(const char *path, pid_t pid)
{
	char *part;
	int code = CLI_OK;

	if (!path)
		return CLI_OK;
	if (asprintf(&part, "%s.part", path) < 0)
		return log_refuse("%s", strerror(ENOMEM));
	if (write_pid(part, pid) || rename(part, path))
		code = log_refuse("%s: %s", path, strerror(errno));
	free(part);
	return code;
}
