// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two files for each kernel: the image, as it is handed to the module, and with ".from" behind its name
 * what it was made of, which is written last.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "place.h"
#include "unpack_cache.h"
#include "whole.h"

#define KEPT_MAX 4		/* some 80 MB each */
#define DIGITS 16		/* of a name */
#define NAME_SIZE 32
#define PATH_SIZE 256
#define PIECE 65536
#define FROM ".from"
#define NEW ".new-"		/* how a file's name begins until it is whole */
#define NEW_SECONDS 600		/* whoever has not finished one by then has died */

/* FNV-1a: the bytes are compared besides. */
static void name_of(const struct unpack_origin *origin, char name[NAME_SIZE])
{
	u64 hash = 0xcbf29ce484222325;
	size_t at;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(origin->part); i++)
		for (at = 0; at < origin->size[i]; at++)
			hash = (hash ^ origin->part[i][at]) * 0x100000001b3;
	snprintf(name, NAME_SIZE, "%016" PRIx64, hash);
}

/* Nobody else can have written there. */
static bool is_ours(int fd, mode_t type, struct stat *status)
{
	return !fstat(fd, status) && (status->st_mode & S_IFMT) == type &&
	       status->st_uid == geteuid() && !(status->st_mode & (S_IWGRP | S_IWOTH));
}

static int open_directory(void)
{
	int directory = open(PLACE_CACHE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (directory < 0 || is_ours(directory, S_IFDIR, &status))
		return directory;
	close(directory);
	return -1;
}

static int open_file(int directory, const char *name, const char *ending, struct stat *status)
{
	char path[NAME_SIZE + sizeof(FROM)];
	int fd;

	snprintf(path, sizeof(path), "%s%s", name, ending);
	fd = openat(directory, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || is_ours(fd, S_IFREG, status))
		return fd;
	close(fd);
	return -1;
}

static bool reads(int fd, const void *wanted, size_t size)
{
	u8 piece[PIECE];
	ssize_t got = 1;
	size_t at;

	for (at = 0; at < size && got > 0; at += got) {
		got = read(fd, piece, size - at < PIECE ? size - at : PIECE);
		if (got > 0 && memcmp(piece, (const u8 *)wanted + at, got))
			return false;
	}
	return got > 0;
}

/* The file says how large the image is, and what it was made of. */
static bool is_of(int fd, const struct unpack_origin *origin, u64 image_size)
{
	u8 more;
	u32 i;

	if (!reads(fd, &image_size, sizeof(image_size)))
		return false;
	for (i = 0; i < ARRAY_SIZE(origin->part); i++)
		if (!reads(fd, origin->part[i], origin->size[i]))
			return false;
	return read(fd, &more, sizeof(more)) == 0;
}

static int find(int directory, const struct unpack_origin *origin, const char *name)
{
	struct stat status, image_status;
	int from = open_file(directory, name, FROM, &status);
	int image = from < 0 ? -1 : open_file(directory, name, "", &image_status);

	if (image >= 0 && !is_of(from, origin, image_status.st_size)) {
		close(image);
		image = -1;
	}
	if (from >= 0)
		close(from);
	return image;
}

int unpack_cache_find(const struct unpack_origin *origin)
{
	int directory = open_directory(), image;
	char name[NAME_SIZE];

	if (directory < 0)
		return -1;
	name_of(origin, name);
	image = find(directory, origin, name);
	if (image >= 0)
		utimensat(directory, name, NULL, 0);	/* it was used now */
	close(directory);
	return image;
}

static void forget(int directory, const char *name)
{
	char from[NAME_SIZE + sizeof(FROM)];

	snprintf(from, sizeof(from), "%s" FROM, name);
	unlinkat(directory, from, 0);
	unlinkat(directory, name, 0);
}

/* What is in the directory: how many images, and which was used before all others. */
struct content {
	u32 images;
	char oldest[NAME_SIZE];
	struct timespec used;
};

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static void count(struct content *content, int directory, const char *name)
{
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW))
		return;
	if (!strncmp(name, NEW, strlen(NEW))) {
		if (status.st_mtime + NEW_SECONDS < time(NULL))
			unlinkat(directory, name, 0);
		return;
	}
	if (strspn(name, "0123456789abcdef") != DIGITS || name[DIGITS])
		return;
	if (!content->images++ || is_before(&status.st_mtim, &content->used)) {
		memcpy(content->oldest, name, DIGITS + 1);
		content->used = status.st_mtim;
	}
}

static struct content look(int directory)
{
	struct content content = { 0 };
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!entries) {
		if (copy >= 0)
			close(copy);
		return content;
	}
	while ((entry = readdir(entries)))
		count(&content, directory, entry->d_name);
	closedir(entries);
	return content;
}

/* For one more. */
static void make_room(int directory)
{
	struct content content = look(directory);
	u32 i;

	for (i = content.images; i >= KEPT_MAX; i--) {
		forget(directory, content.oldest);
		content = look(directory);
	}
}

/* A file that gets its name once it is whole, and on the disk. */
struct new_file {
	char path[PATH_SIZE];
	int fd;
};

static bool begin(struct new_file *file)
{
	snprintf(file->path, sizeof(file->path), "%s/" NEW "XXXXXX", PLACE_CACHE);
	file->fd = mkostemp(file->path, O_CLOEXEC);
	return file->fd >= 0;
}

static bool finish(struct new_file *file, bool is_whole, int directory, const char *name,
		   const char *ending)
{
	char to[NAME_SIZE + sizeof(FROM)];

	snprintf(to, sizeof(to), "%s%s", name, ending);
	is_whole = is_whole && !fdatasync(file->fd) &&
		   !renameat(AT_FDCWD, file->path, directory, to);
	close(file->fd);
	if (!is_whole)
		unlink(file->path);
	return is_whole;
}

static bool write_image(int directory, const char *name, const u8 *image, size_t size)
{
	struct new_file file;

	return begin(&file) && finish(&file, !write_all(file.fd, image, size), directory, name, "");
}

static bool write_from(int directory, const char *name, const struct unpack_origin *origin,
		       u64 image_size)
{
	struct new_file file;
	int err;
	u32 i;

	if (!begin(&file))
		return false;
	err = write_all(file.fd, &image_size, sizeof(image_size));
	for (i = 0; i < ARRAY_SIZE(origin->part) && !err; i++)
		err = write_all(file.fd, origin->part[i], origin->size[i]);
	return finish(&file, !err, directory, name, FROM);
}

int unpack_cache_add(const struct unpack_origin *origin, const u8 *image, size_t size)
{
	char name[NAME_SIZE];
	int directory, fd = -1;

	mkdir(PLACE_CACHE, S_IRWXU);
	directory = open_directory();
	if (directory < 0)
		return -1;
	name_of(origin, name);
	forget(directory, name);
	make_room(directory);
	if (write_image(directory, name, image, size) && write_from(directory, name, origin, size))
		fd = find(directory, origin, name);
	close(directory);
	return fd;
}
