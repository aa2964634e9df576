// SPDX-License-Identifier: GPL-2.0-only
/* All is opened by inside.c: what is found out here about links decides nothing but names. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inside.h"
#include "target.h"

#define PATH_SIZE 4096
#define LINKS_MAX 40	/* as many as the kernel follows: MAXSYMLINKS of linux/namei.h */

/* The directory @path, made where it is not there, as all those above it. */
static int make_directory(int root, const char *path)
{
	char part[PATH_SIZE];
	const char *slash, *rest = path;
	int fd = inside_open(root, "/", O_PATH | O_DIRECTORY);

	while (fd >= 0 && *(rest += strspn(rest, "/"))) {
		slash = rest + strcspn(rest, "/");
		snprintf(part, sizeof(part), "%.*s", (int)(slash - rest), rest);
		mkdirat(fd, part, 0755);
		close(fd);
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		fd = inside_open(root, part, O_PATH | O_DIRECTORY);
		rest = slash;
	}
	return fd;
}

static int make_file(int root, const char *path)
{
	char above[PATH_SIZE];
	const char *name = strrchr(path, '/');
	int directory, fd;

	snprintf(above, sizeof(above), "%.*s", (int)(name - path), path);
	directory = make_directory(root, above);
	if (directory < 0)
		return -1;
	fd = openat(directory, name + 1, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC,
		    0644);
	if (fd >= 0)
		close(fd);
	close(directory);
	return inside_open(root, path, O_PATH);
}

/* What a link says, in front of what comes behind it. False where there is none. */
static bool take_link(int root, const char *path, char rest[PATH_SIZE])
{
	char said[PATH_SIZE], behind[PATH_SIZE];
	int fd = inside_open(root, path, O_PATH | O_NOFOLLOW);
	ssize_t size = fd < 0 ? -1 : readlinkat(fd, "", said, sizeof(said) - 1);

	if (fd >= 0)
		close(fd);
	if (size < 0)
		return false;
	said[size] = '\0';
	strcpy(behind, rest);
	return snprintf(rest, PATH_SIZE, "%s%s", said, behind) < PATH_SIZE;
}

static void cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* The same place without links, and with "/" in front; there may be nothing yet. */
static void resolve(int root, const char *path, char whole[PATH_SIZE])
{
	char rest[PATH_SIZE];
	u32 links = 0;
	size_t length;

	*whole = '\0';
	snprintf(rest, sizeof(rest), "%s", path);
	while (*rest) {
		char *name = rest + strspn(rest, "/"), *end = name + strcspn(name, "/");

		length = strlen(whole);
		snprintf(whole + length, PATH_SIZE - length, "/%.*s", (int)(end - name), name);
		if (end == name || (end == name + 1 && *name == '.'))
			whole[length] = '\0';
		else if (end == name + 2 && !memcmp(name, "..", 2)) {
			whole[length] = '\0';
			cut_last(whole);
		}
		memmove(rest, end, strlen(end) + 1);
		if (strlen(whole) > length && links < LINKS_MAX && take_link(root, whole, rest)) {
			links++;
			whole[*rest == '/' ? 0 : length] = '\0';
		}
	}
	if (!*whole)
		strcpy(whole, "/");
}

int target_open(int root, const char *path, bool is_directory)
{
	int fd = inside_open(root, path, O_PATH | (is_directory ? O_DIRECTORY : 0));
	char whole[PATH_SIZE];

	if (fd >= 0 || errno != ENOENT)
		return fd;
	resolve(root, path, whole);
	return is_directory ? make_directory(root, whole) : make_file(root, whole);
}
