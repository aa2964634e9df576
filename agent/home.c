// SPDX-License-Identifier: GPL-2.0-only
/* Lines of passwd(5). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"

#define LINES_MAX 100000

enum { NAME, PASSWORD, USER, GROUP, WORDS, HOME, FIELDS };

static bool take_line(char *line, u64 user, char variable[HOME_SIZE])
{
	char *field[FIELDS], *end;
	int i;

	line[strcspn(line, "\n")] = '\0';
	for (i = 0; i < FIELDS; i++) {
		field[i] = strsep(&line, ":");
		if (!field[i])
			return false;
	}
	if (!*field[USER] || strtoull(field[USER], &end, 10) != user || *end || !*field[HOME])
		return false;
	snprintf(variable, HOME_SIZE, "HOME=%.4000s", field[HOME]);
	return true;
}

/* What is no file may have no end, or nothing to read. */
static FILE *open_file(void)
{
	int fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat about;

	if (fd >= 0 && !fstat(fd, &about) && S_ISREG(about.st_mode))
		return fdopen(fd, "r");
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* A line that is too long is several that say nothing. */
void home_find(u64 user, char variable[HOME_SIZE])
{
	FILE *file = open_file();
	char line[HOME_SIZE];
	bool found = false;
	int i;

	for (i = 0; file && !found && i < LINES_MAX && fgets(line, sizeof(line), file); i++)
		found = take_line(line, user, variable);
	if (file)
		fclose(file);
	if (!found)
		snprintf(variable, HOME_SIZE, "HOME=/");
}
