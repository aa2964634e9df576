// SPDX-License-Identifier: GPL-2.0-only
/* Reading mkrun.conf: one table of its keys. */
#include "conf.h"
#include "log.h"
#include "number.h"
#include "place.h"

#define MEMORY (512 << 20)
#define OVERHEAD (128 << 20)
#define BOOT_SECONDS 60
#define SECONDS_MAX 86400	/* a day */

static struct conf as_read;

static const struct key {
	const char *name;
	const char **text;	/* or */
	u64 *size;		/* or */
	u64 *seconds;		/* up to SECONDS_MAX, or */
	bool *yes;
} keys[] = {
	{ "cpus", .text = &as_read.cpus },
	{ "cpus-max", .text = &as_read.cpus_max },
	{ "memory", .size = &as_read.memory },
	{ "memory-max", .size = &as_read.memory_max },
	{ "overhead", .size = &as_read.overhead },
	{ "kernel", .text = &as_read.kernel },
	{ "initrd", .text = &as_read.initrd },
	{ "module", .text = &as_read.module },
	{ "virtiofsd", .text = &as_read.engine },
	{ "append", .text = &as_read.append },
	{ "ignore", .text = &as_read.ignore },
	{ "may-ignore", .text = &as_read.may_ignore },
	{ "boot-seconds", .seconds = &as_read.boot_seconds },
	{ "unpack", .yes = &as_read.unpack },
};

static bool read_seconds(const char *value, u64 *seconds)
{
	const char *end = value + strlen(value);

	return mk_number_read(&value, end, 10, seconds) && !*value && *seconds && *seconds <= SECONDS_MAX;
}

static int take_value(const struct key *key, const char *path, u32 number, const char *value)
{
	if (key->text)
		*key->text = value;
	else if (key->size && !mk_size_parse(value, key->size))
		return log_refuse("%s:%u: \"%s\" is no number", path, number, value);
	else if (key->seconds && !read_seconds(value, key->seconds))
		return log_refuse("%s:%u: %s is a whole number from 1 to %d, and not \"%s\"", path, number,
				  key->name, SECONDS_MAX, value);
	else if (key->yes && strcmp(value, "yes") && strcmp(value, "no"))
		return log_refuse("%s:%u: \"%s\" is neither yes nor no", path, number, value);
	else if (key->yes)
		*key->yes = !strcmp(value, "yes");
	return CLI_OK;
}

static int take(const char *path, u32 number, const char *line, const char *value)
{
	size_t i, length = value - line - 1;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].name) == length && !strncmp(keys[i].name, line, length))
			return take_value(&keys[i], path, number, value);
	return log_refuse("%s:%u: there is no \"%.*s\"", path, number, (int)length, line);
}

static int take_line(const char *path, u32 number, const char *line)
{
	const char *equals = strchr(line, '=');

	if (!*line || *line == '#')
		return CLI_OK;
	if (!equals)
		return log_refuse("%s:%u: a line is key=value", path, number);
	return take(path, number, line, equals + 1);
}

/* All of it, for as long as this process lives: its lines are where the texts are. */
static int read_text(const char *path, char **lines)
{
	static char *text;
	static size_t room;
	FILE *file = fopen(path, "re");
	ssize_t size;

	if (!file)
		return log_refuse("%s: %s; it must name the CPUs that containers may have, as cpus=2-7",
				  path, strerror(errno));
	size = getdelim(&text, &room, '\0', file);
	fclose(file);
	*lines = size < 0 ? NULL : text;
	return size > 0 && !text[size - 1] ? log_refuse("%s: it has a byte of zero, which is no text", path) :
		CLI_OK;
}

int conf_read(struct conf *conf)
{
	char path[PATH_MAX], *lines;
	u32 number = 0;
	int code;

	as_read = (struct conf){
		.memory = MEMORY, .overhead = OVERHEAD, .boot_seconds = BOOT_SECONDS,
		.unpack = true, .cpus = "", .cpus_max = "", .kernel = "", .initrd = "",
		.module = "", .engine = "", .append = "", .ignore = "", .may_ignore = "",
	};
	snprintf(path, sizeof(path), "%s/mkrun.conf", PLACE_CONFIG);
	code = read_text(path, &lines);
	while (!code && lines)
		code = take_line(path, ++number, strsep(&lines, "\n"));
	if (!code && !*as_read.cpus)
		code = log_refuse("%s: it names no CPUs for containers, as cpus=2-7", path);
	*conf = as_read;
	return code;
}
