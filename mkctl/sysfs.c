// SPDX-License-Identifier: GPL-2.0-only
/* Reading files under /sys, and where devices are. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "multikernel.h"
#include "place.h"
#include "say.h"
#include "sysfs.h"
#include "whole.h"

static int join(char path[SYSFS_PATH_SIZE], const char *format, va_list args)
{
	int start = snprintf(path, SYSFS_PATH_SIZE, "%s/", PLACE_SYS);
	int length;

	if (start < 0 || start >= SYSFS_PATH_SIZE)
		return -ENAMETOOLONG;
	length = vsnprintf(path + start, SYSFS_PATH_SIZE - start, format, args);
	return length < 0 || length >= SYSFS_PATH_SIZE - start ? -ENAMETOOLONG : 0;
}

int sysfs_path(char path[SYSFS_PATH_SIZE], const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = join(path, format, args);
	va_end(args);
	return err;
}

static int open_joined(int flags, const char *format, va_list args)
{
	char path[SYSFS_PATH_SIZE];
	int fd, err = join(path, format, args);

	if (err)
		return err;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysfs_open(int flags, const char *format, ...)
{
	va_list args;
	int fd;

	va_start(args, format);
	fd = open_joined(flags, format, args);
	va_end(args);
	return fd;
}

static int read_joined(char *text, size_t size, const char *format, va_list args)
{
	int fd = open_joined(O_RDONLY, format, args);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = read_all(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return length;
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return 0;
}

int sysfs_read_text(char *text, size_t size, const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = read_joined(text, size, format, args);
	va_end(args);
	return err;
}

int sysfs_read_number(u64 *number, const char *format, ...)
{
	char text[32], *end;
	va_list args;
	int err;

	va_start(args, format);
	err = read_joined(text, sizeof(text), format, args);
	va_end(args);
	if (err)
		return err;
	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

bool sysfs_exists(const char *format, ...)
{
	char path[SYSFS_PATH_SIZE];
	va_list args;
	int err;

	va_start(args, format);
	err = join(path, format, args);
	va_end(args);
	return !err && !access(path, F_OK);
}

void device_path(char path[SYSFS_PATH_SIZE], const char *name)
{
	snprintf(path, SYSFS_PATH_SIZE, "%s/%s", PLACE_DEV, name);
}

/* Told and gone on with: most of it will do. */
static void compare_versions(void)
{
	char version[SYSFS_TEXT_SIZE];

	if (sysfs_read_text(version, sizeof(version), "fs/multikernel/version"))
		strcpy(version, "older than 0.1");
	if (strcmp(version, MULTIKERNEL_VERSION))
		cli_warn("this is mkctl " MULTIKERNEL_VERSION ", and the module is %s; they may not understand each other",
			     version);
}

bool sysfs_has_multikernel(void)
{
	if (sysfs_exists("fs/multikernel")) {
		compare_versions();
		return true;
	}
	cli_refuse("the multikernel module is not loaded: there is no /sys/fs/multikernel");
	return false;
}

void sysfs_last_error(char sentence[SYSFS_TEXT_SIZE])
{
	if (sysfs_read_text(sentence, SYSFS_TEXT_SIZE, "fs/multikernel/last_error"))
		*sentence = '\0';
}

/* Others than the module give these, too; it gives them rarely, and then its sentence is new. */
static bool is_of_another(int error)
{
	return error == EPERM || error == EACCES || error == EIO;
}

int sysfs_refuse(const char *what, int error, const char *before)
{
	char sentence[SYSFS_TEXT_SIZE];

	sysfs_last_error(sentence);
	if (!*sentence || !strcmp(sentence, "ok") ||
	    (is_of_another(error) && !strcmp(sentence, before)))
		return cli_refuse("%s: %s", what, strerror(error));
	return cli_refuse("%s: %s: %s", what, strerror(error), sentence);
}
