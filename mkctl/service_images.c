// SPDX-License-Identifier: GPL-2.0-only
/*
 * The content of disk images, from the files below /etc/multikernel/images. An image is loaded when
 * it has no content, and when its file is another than the one that it was loaded from; else it is
 * left alone, with what kernels have written there since. Which file that was is noted below /run,
 * which is gone with the images when the machine starts again.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_load.h"
#include "place.h"
#include "say.h"
#include "service_images.h"
#include "spawn_conf.h"
#include "whole.h"

#define PIECE (1U << 20)
#define NOTE_SIZE 128

/**
 * struct source - the file of an image
 * @path: of it
 * @fd:   it is open, at its start
 * @size: bytes
 * @note: what tells it from another, and from itself after a change
 */
struct source {
	char path[SPAWN_CONF_PATH_SIZE];
	int fd;
	u64 size;
	char note[NOTE_SIZE];
};

/* Nobody waits for what may never come: a pipe is no regular file. */
static int open_source(struct source *source)
{
	struct stat status;

	source->fd = open(source->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (source->fd < 0 || fstat(source->fd, &status))
		return cli_refuse("%s: %s", source->path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return cli_refuse("%s: it is no regular file", source->path);
	source->size = status.st_size;
	snprintf(source->note, NOTE_SIZE, "%ju:%ju, %jd bytes, of %jd.%09ld\n",
		 (uintmax_t)status.st_dev, (uintmax_t)status.st_ino, (intmax_t)status.st_size,
		 (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
	return CLI_OK;
}

static void note_path(char path[SYSFS_PATH_SIZE], const struct image *image)
{
	snprintf(path, SYSFS_PATH_SIZE, "%s/multikernel-image-%s", PLACE_RUN, image->config.name);
}

static bool is_noted(const struct image *image, const struct source *source)
{
	char path[SYSFS_PATH_SIZE], note[NOTE_SIZE];
	ssize_t size = -1;
	int fd;

	note_path(path, image);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		size = read_all(fd, note, NOTE_SIZE);
		close(fd);
	}
	return size == (ssize_t)strlen(source->note) && !memcmp(note, source->note, size);
}

/* Without a note the next start looks at the content. */
static void write_note(const struct image *image, const struct source *source)
{
	char path[SYSFS_PATH_SIZE];
	int fd, err;

	note_path(path, image);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : write_all(fd, source->note, strlen(source->note));
	if (err)
		cli_warn("%s: %s", path, strerror(-err));
	if (fd >= 0)
		close(fd);
}

static bool same_bytes(int one, int other, u64 size, u8 *piece)
{
	u64 left = size;

	while (left) {
		size_t wanted = left < PIECE ? left : PIECE;

		if (read_all(one, piece, wanted) != (ssize_t)wanted ||
		    read_all(other, piece + PIECE, wanted) != (ssize_t)wanted ||
		    memcmp(piece, piece + PIECE, wanted))
			return false;
		left -= wanted;
	}
	return true;
}

/* By hand, for instance. */
static bool has_content(const struct image *image, const struct source *source)
{
	u8 *piece = malloc(2 * PIECE);
	bool same = false;
	int fd = -1;

	if (piece && image->loaded == source->size)
		fd = sysfs_open(O_RDONLY, "fs/multikernel/images/%s/image", image->config.name);
	if (fd >= 0) {
		same = same_bytes(source->fd, fd, source->size, piece);
		close(fd);
	}
	free(piece);
	lseek(source->fd, 0, SEEK_SET);
	return same;
}

static int load(const struct image *image, const struct source *source)
{
	bool ready = !strcmp(image->status, "ready");
	int code;

	if (ready && is_noted(image, source))
		return CLI_OK;
	code = CLI_OK;
	if (!ready || !has_content(image, source))
		code = image_load(image, source->fd, source->path);
	if (!code)
		write_note(image, source);
	return code;
}

static int serve(const struct image *image)
{
	struct source source = { .fd = -1 };
	struct stat status;
	int code;

	if (config_path(source.path, "images/%s", image->config.name))
		return cli_refuse("image \"%s\": %s", image->config.name, strerror(ENAMETOOLONG));
	/* A link that leads nowhere is there. */
	if (lstat(source.path, &status) && errno == ENOENT) {
		if (!strcmp(image->status, "empty"))
			printf("%s: empty, there is no file %s\n", image->config.name, source.path);
		return CLI_OK;
	}
	code = open_source(&source);
	if (!code)
		code = load(image, &source);
	if (source.fd >= 0)
		close(source.fd);
	return code;
}

int service_load_images(void)
{
	struct images list;
	int code = CLI_OK;
	int err = images_read(&list);
	size_t i;

	if (err)
		return cli_refuse("cannot read the images: %s", strerror(-err));
	for (i = 0; i < list.count; i++)
		code |= serve(&list.image[i]);
	images_free(&list);
	return code;
}
