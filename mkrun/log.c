// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sentences for people and for engines: conmon and containerd read those of runc, so ours are
 * alike.
 */
#include <ctype.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

const char *log_file;
bool log_json;

static void write_line(int fd, const char *sentence)
{
	char now[64], *line = NULL;
	time_t seconds = time(NULL);
	json_t *object;

	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime(&seconds));
	object = json_pack("{s:s, s:s, s:s}", "level", "error", "msg", sentence, "time", now);
	if (log_json && object)
		line = json_dumps(object, JSON_COMPACT);
	dprintf(fd, "%s\n", line ? line : sentence);
	free(line);
	json_decref(object);
}

/*
 * A part of it may be the words of a container's kernel, or of an image: for a terminal no characters
 * that control it, and for JSON nothing but UTF-8.
 */
static void clean(char *sentence)
{
	json_t *text = json_string(sentence);
	char *at;

	for (at = sentence; *at; at++)
		if ((iscntrl((u8)*at) && !strchr("\n\t", *at)) || (!text && !isascii((u8)*at)))
			*at = '?';
	json_decref(text);
}

void log_write(char *sentence)
{
	int fd = log_file ? open(log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;

	clean(sentence);
	if (fd < 0)
		return;
	write_line(fd, sentence);
	close(fd);
}

int log_refuse(const char *format, ...)
{
	char sentence[LOG_SENTENCE];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	log_write(sentence);
	return cli_refuse("%s", sentence);
}
