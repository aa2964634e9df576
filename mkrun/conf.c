// SPDX-License-Identifier: GPL-2.0-only
/* Reading mkrun.conf: one table of its keys. */
#include "conf.h"
#include "log.h"
#include "number.h"
#include "place.h"

#define MEMORY (512 << 20)
#define OVERHEAD (128 << 20)
#define BOOT_SECONDS 60

static struct conf as_read;

static const struct key {
	const char *name;
	char *text;		/* of CONF_TEXT, or */
	u64 *number;		/* or */
	bool *yes;
} keys[] = {
	{ "cpus", .text = as_read.cpus },
	{ "cpus-max", .text = as_read.cpus_max },
	{ "memory", .number = &as_read.memory },
	{ "memory-max", .number = &as_read.memory_max },
	{ "overhead", .number = &as_read.overhead },
	{ "kernel", .text = as_read.kernel },
	{ "initrd", .text = as_read.initrd },
	{ "module", .text = as_read.module },
	{ "virtiofsd", .text = as_read.engine },
	{ "append", .text = as_read.append },
	{ "ignore", .text = as_read.ignore },
	{ "may-ignore", .text = as_read.may_ignore },
	{ "boot-seconds", .number = &as_read.boot_seconds },
	{ "unpack", .yes = &as_read.unpack },
};

static int take_value(const struct key *key, const char *path, u32 number, const char *value)
{
	if (key->text)
		snprintf(key->text, CONF_TEXT, "%s", value);
	else if (key->number && !mk_size_parse(value, key->number))
		return log_refuse("%s:%u: \"%s\" is no number", path, number, value);
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

static int take_line(const char *path, u32 number, char *line)
{
	char *equals = strchr(line, '=');

	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return CLI_OK;
	if (!equals)
		return log_refuse("%s:%u: a line is key=value", path, number);
	return take(path, number, line, equals + 1);
}

int conf_read(struct conf *conf)
{
	char path[CONF_TEXT], line[2 * CONF_TEXT];
	int code = CLI_OK;
	u32 number = 0;
	FILE *file;

	as_read = (struct conf){
		.memory = MEMORY, .overhead = OVERHEAD, .boot_seconds = BOOT_SECONDS,
		.unpack = true,
	};
	snprintf(path, sizeof(path), "%s/mkrun.conf", PLACE_CONFIG);
	file = fopen(path, "re");
	if (!file)
		return log_refuse("%s: %s; it must name the CPUs that containers may have, as cpus=2-7",
				  path, strerror(errno));
	while (!code && fgets(line, sizeof(line), file))
		code = take_line(path, ++number, line);
	fclose(file);
	if (!code && !*as_read.cpus)
		code = log_refuse("%s: it names no CPUs for containers, as cpus=2-7", path);
	*conf = as_read;
	return code;
}
