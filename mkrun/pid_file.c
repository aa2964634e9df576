// SPDX-License-Identifier: GPL-2.0-only
/* In one step: whoever waits for it reads all of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pid_file.h"
#include "port.h"

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
	int err = 0;

	if (!path)
		return 0;
	if (asprintf(&part, "%s.part", path) < 0)
		return -ENOMEM;
	if (write_pid(part, pid) || rename(part, path))
		err = -errno;
	free(part);
	return err;
}
