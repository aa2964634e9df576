// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading /etc/multikernel/boot.d/NAME.conf. A value is all that stands behind the sign, without
 * the blanks around it; quotes mean nothing here, so a command line is written as the kernel is to
 * see it. What is not understood is refused: a typing error must not become a kernel that runs
 * otherwise than was meant.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "nearest.h"
#include "place.h"
#include "say.h"
#include "spawn_conf.h"
#include "unified.h"
#include "whole.h"

#define CONF_SIZE_MAX 65536
#define SECONDS_MAX 86400		/* in a day */
#define RESTART_SEC_DEFAULT 10
#define STOP_TIMEOUT_DEFAULT 30
#define BLANKS " \t\r"

/* Where a line stands, for what is said of it. */
struct where {
	const char *path;
	u32 line;
};

/**
 * struct key - one key that a file may have
 * @name:   how it is written
 * @take:   reads @value to @target; false when it makes no sense
 * @offset: of the target in struct spawn_conf
 * @wants:  what a right value looks like
 * @many:   may be there several times
 */
struct key {
	const char *name;
	bool (*take)(const char *value, void *target);
	size_t offset;
	const char *wants;
	bool many;
};

static bool take_text(const char *value, void *target)
{
	*(const char **)target = value;
	return true;
}

/* The service has no directory of its own from which another path could begin. */
static bool take_path(const char *value, void *target)
{
	return *value == '/' && take_text(value, target);
}

static bool take_one_more(const char *value, void *target)
{
	struct conf_values *values = target;

	if (!*value || values->count == CONF_VALUES_MAX)
		return false;
	values->text[values->count++] = value;
	return true;
}

static bool take_one_more_path(const char *value, void *target)
{
	return *value == '/' && take_one_more(value, target);
}

/* A tag may stand ahead of the path. */
static bool take_share(const char *value, void *target)
{
	const char *path = strchr(value, '/');

	return path && (path == value || path[-1] == '=') && take_one_more(value, target);
}

static bool take_bool(const char *value, void *target)
{
	bool yes = !strcmp(value, "yes");

	*(bool *)target = yes;
	return yes || !strcmp(value, "no");
}

static bool take_seconds(const char *value, void *target)
{
	u64 seconds;

	if (!clock_parse_seconds(value, SECONDS_MAX, &seconds))
		return false;
	*(u32 *)target = seconds;
	return true;
}

static bool take_restart(const char *value, void *target)
{
	static const char *const words[] = {
		[SPAWN_RESTART_NO] = "no",
		[SPAWN_RESTART_ON_FAILURE] = "on-failure",
		[SPAWN_RESTART_ALWAYS] = "always",
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(value, words[i])) {
			*(u32 *)target = i;
			return true;
		}
	}
	return false;
}

bool spawn_name_is_sane(const char *name, size_t length)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return length && length <= MK_NAME_MAX && strspn(name, letters) >= length &&
	       !(length == 1 && *name == '.') && !(length == 2 && !memcmp(name, "..", 2));
}

static bool take_names(const char *value, void *target)
{
	const char *at = value;
	size_t length;

	while (*at) {
		length = strcspn(at, BLANKS);
		if (!spawn_name_is_sane(at, length))
			return false;
		at += length;
		at += strspn(at, BLANKS);
	}
	return take_text(value, target);
}

bool spawn_conf_next_name(const char **rest, char name[MK_NAME_MAX + 1])
{
	size_t length = *rest ? strcspn(*rest, BLANKS) : 0;

	if (!length)
		return false;
	snprintf(name, MK_NAME_MAX + 1, "%.*s", (int)length, *rest);
	*rest += length;
	*rest += strspn(*rest, BLANKS);
	return true;
}

#define KEY(member) .offset = offsetof(struct spawn_conf, member)

static const struct key keys[] = {
	{ "kernel", take_path, KEY(kernel), "the path of a kernel's image, from / on" },
	{ "initrd", take_one_more_path, KEY(initrd), "a path from / on, at most 16 times", .many = true },
	{ "append", take_text, KEY(append), "a kernel's command line" },
	{ "inject", take_bool, KEY(inject), "yes or no" },
	{ "module", take_path, KEY(module), "a path from / on" },
	{ "unpack", take_bool, KEY(unpack), "yes or no" },
	{ "unsafe", take_bool, KEY(unsafe), "yes or no" },
	{ "disk", take_one_more_path, KEY(disk), "an image's path from / on, at most 16 times", .many = true },
	{ "net", take_one_more, KEY(net), "a bridge or macvtap=INTERFACE, at most 16 times", .many = true },
	{ "share", take_share, KEY(share), "a directory's path from / on, a tag and = ahead of it or not, at most 16 times",
	  .many = true },
	{ "vsock", take_bool, KEY(vsock), "yes or no" },
	{ "restart", take_restart, KEY(restart), "no, on-failure or always" },
	{ "restart-sec", take_seconds, KEY(restart_sec), "seconds, at most 86400" },
	{ "stop-timeout", take_seconds, KEY(stop_timeout), "seconds, at most 86400" },
	{ "after", take_names, KEY(after), "names of instances" },
	{ "devices", take_names, KEY(devices), "names of files in /etc/multikernel/devices" },
};

static int refuse_key(const struct where *where, const char *name)
{
	char hint[CLI_HINT_SIZE];
	struct cli_nearest nearest;
	size_t i;

	cli_nearest_begin(&nearest, name);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		cli_nearest_try(&nearest, keys[i].name);
	return cli_refuse("%s:%u: there is no key \"%s\"%s", where->path, where->line, name,
			  cli_nearest_hint(&nearest, hint));
}

static int take(struct spawn_conf *conf, const struct where *where, u32 *seen, const char *name,
		const char *value)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(keys) && strcmp(keys[i].name, name))
		i++;
	if (i == ARRAY_SIZE(keys))
		return refuse_key(where, name);
	if (*seen & 1U << i && !keys[i].many)
		return cli_refuse("%s:%u: %s is there twice", where->path, where->line, name);
	*seen |= 1U << i;
	if (!keys[i].take(value, (char *)conf + keys[i].offset))
		return cli_refuse("%s:%u: %s=%s: wanted is %s", where->path, where->line, name,
				    value, keys[i].wants);
	return CLI_OK;
}

/* Without the blanks at both ends; the text is cut. */
static char *trim(char *text)
{
	size_t length;

	text += strspn(text, BLANKS);
	length = strlen(text);
	while (length && strchr(BLANKS, text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

static int take_line(struct spawn_conf *conf, const struct where *where, u32 *seen, char *line)
{
	char *sign;

	line = trim(line);
	if (!*line || *line == '#')
		return CLI_OK;
	sign = strchr(line, '=');
	if (!sign)
		return cli_refuse("%s:%u: \"%s\" is not KEY=VALUE", where->path, where->line, line);
	*sign = '\0';
	return take(conf, where, seen, trim(line), trim(sign + 1));
}

/* All lines, so that all that is wrong is said at once. */
static int take_lines(struct spawn_conf *conf)
{
	struct where where = { .path = conf->path };
	char *next = conf->content, *line;
	int code = CLI_OK;
	u32 seen = 0;

	while ((line = strsep(&next, "\n"))) {
		where.line++;
		code |= take_line(conf, &where, &seen, line);
	}
	if (!code && !conf->kernel)
		code = cli_refuse("%s: it names no kernel=", conf->path);
	if (!code && conf->module && !conf->inject)
		code = cli_refuse("%s: module= goes with inject=yes", conf->path);
	if (!code && conf->inject && !conf->initrd.count && !unified_is_named(conf->kernel))
		code = cli_refuse("%s: inject=yes wants an initrd=", conf->path);
	return code;
}

static int read_content(struct spawn_conf *conf)
{
	int fd = open(conf->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t length;

	if (fd < 0)
		return cli_refuse("%s: %s", conf->path, strerror(errno));
	conf->content = malloc(CONF_SIZE_MAX + 1);
	length = conf->content ? read_all(fd, conf->content, CONF_SIZE_MAX + 1) : -ENOMEM;
	close(fd);
	if (length < 0)
		return cli_refuse("%s: %s", conf->path, strerror(-length));
	if (length > CONF_SIZE_MAX)
		return cli_refuse("%s: longer than %d bytes", conf->path, CONF_SIZE_MAX);
	conf->content[length] = '\0';
	if (strlen(conf->content) != (size_t)length)
		return cli_refuse("%s: it is no text", conf->path);
	return CLI_OK;
}

int config_path(char path[SPAWN_CONF_PATH_SIZE], const char *format, ...)
{
	int start = snprintf(path, SPAWN_CONF_PATH_SIZE, "%s/", PLACE_CONFIG);
	int length = -1;
	va_list args;

	va_start(args, format);
	if (start >= 0 && start < SPAWN_CONF_PATH_SIZE)
		length = vsnprintf(path + start, SPAWN_CONF_PATH_SIZE - start, format, args);
	va_end(args);
	return length < 0 || length >= SPAWN_CONF_PATH_SIZE - start ? -ENAMETOOLONG : 0;
}

int spawn_conf_read(struct spawn_conf *conf, const char *name)
{
	int code;

	*conf = (struct spawn_conf){
		.name = name,
		.restart_sec = RESTART_SEC_DEFAULT,
		.stop_timeout = STOP_TIMEOUT_DEFAULT,
	};
	if (config_path(conf->path, "boot.d/%s.conf", name))
		return cli_refuse("%s: %s", name, strerror(ENAMETOOLONG));
	if (!spawn_name_is_sane(name, strlen(name)))
		return cli_refuse("%s: an instance that the service runs has a name of 1 to %d of A-Z a-z 0-9 . _ -",
				    conf->path, MK_NAME_MAX);
	code = read_content(conf);
	return code ? code : take_lines(conf);
}

void spawn_conf_free(struct spawn_conf *conf)
{
	free(conf->content);
	conf->content = NULL;
}
