// SPDX-License-Identifier: GPL-2.0-only
/* Reading it, with the one number that jansson does not take. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_file.h"

#define FILE_MAX (16 << 20)

static const char unlimited[] = "18446744073709551615";

static bool is_of_number(char letter)
{
	return isalnum((unsigned char)letter) || letter == '.' || letter == '+' || letter == '-';
}

/* As it stands, not as a part of a longer number. What is replaced is as long, so errors are where they were. */
static size_t replace(char *at)
{
	size_t length = 0;

	while (is_of_number(at[length]))
		length++;
	if (length == strlen(unlimited) && !memcmp(at, unlimited, length)) {
		memset(at, ' ', length);
		memcpy(at, "-1", 2);
	}
	return length;
}

static void replace_unlimited(char *text)
{
	bool in_string = false;
	size_t length;

	while (*text) {
		if (in_string && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			in_string = !in_string;
		else if (!in_string && (length = replace(text))) {
			text += length;
			continue;
		}
		text++;
	}
}

static char *read_text(int fd)
{
	char *text = malloc(FILE_MAX + 1);
	size_t at = 0;
	ssize_t size;

	while (text && at < FILE_MAX &&
	       ((size = read(fd, text + at, FILE_MAX - at)) > 0 || (size < 0 && errno == EINTR)))
		at += size > 0 ? size : 0;
	if (text)
		text[at] = '\0';
	return text;
}

json_t *json_file_read(const char *path, size_t flags, json_error_t *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	json_t *value = NULL;
	char *text;

	memset(error, 0, sizeof(*error));
	if (fd < 0) {
		snprintf(error->text, sizeof(error->text), "%s", strerror(errno));
		return NULL;
	}
	text = read_text(fd);
	if (text) {
		replace_unlimited(text);
		value = json_loads(text, flags, error);
	}
	free(text);
	close(fd);
	return value;
}
