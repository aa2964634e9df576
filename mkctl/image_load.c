// SPDX-License-Identifier: GPL-2.0-only
/* A disk image in memory is filled from a file. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_load.h"
#include "progress.h"
#include "say.h"
#include "size.h"
#include "whole.h"

#define PIECE (1U << 20)		/* read at a time */

/**
 * struct load - one load, from the file to the image
 * @path:     the file
 * @image:    where to
 * @from:     the file, open
 * @to:       the image, open
 * @size:     of the file, 0 where that is not known
 * @done:     bytes of it that were written
 * @progress: the same for a person
 * @before:   last_error before it
 */
struct load {
	const char *path;
	const struct image *image;
	int from;
	int to;
	u64 size;
	u64 done;
	struct cli_progress progress;
	char before[SYSFS_TEXT_SIZE];
};

static int refuse_large(const struct load *load, u64 bytes, const char *more)
{
	return cli_refuse("%s: its %llu bytes%s do not fit image \"%s\", which has %llu", load->path,
			    (unsigned long long)bytes, more, load->image->config.name,
			    (unsigned long long)load->image->config.memory_bytes);
}

static int check_file(struct load *load)
{
	struct stat status;

	if (fstat(load->from, &status))
		return cli_refuse("%s: %s", load->path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return cli_refuse("%s: %s", load->path, strerror(EISDIR));
	if (!S_ISREG(status.st_mode))
		return CLI_OK;
	load->size = status.st_size;
	if (!status.st_size)
		return cli_refuse("%s: it is empty", load->path);
	if (load->size > load->image->config.memory_bytes)
		return refuse_large(load, load->size, "");
	return CLI_OK;
}

static int write_piece(struct load *load, const u8 *piece, size_t size)
{
	int err;

	if (size > load->image->config.memory_bytes - load->done)
		return refuse_large(load, load->done + size, " and more");
	err = write_all(load->to, piece, size);
	if (err)
		return sysfs_refuse(load->image->config.name, -err, load->before);
	load->done += size;
	cli_progress_add(&load->progress, size);
	return CLI_OK;
}

static int copy(struct load *load)
{
	u8 *piece = malloc(PIECE);
	ssize_t size = piece ? 1 : -ENOMEM;
	int code = CLI_OK;

	while (!code && size > 0) {
		size = read_all(load->from, piece, PIECE);
		if (size > 0)
			code = write_piece(load, piece, size);
	}
	free(piece);
	if (size < 0)
		return cli_refuse("%s: %s", load->path, strerror(-size));
	if (!code && !load->done)
		return cli_refuse("%s: it is empty", load->path);
	if (!code && load->size && load->done != load->size)
		return cli_refuse("%s: its size changed while it was read", load->path);
	return code;
}

static int set_status(const struct load *load, const char *word)
{
	int fd = sysfs_open(O_WRONLY, "fs/multikernel/images/%s/status", load->image->config.name);
	int err = fd < 0 ? fd : write_all(fd, word, strlen(word));

	if (fd >= 0)
		close(fd);
	return err;
}

/* All or nothing: what was begun and does not end is cleared again. */
static int fill(struct load *load)
{
	int code, err;

	sysfs_last_error(load->before);
	load->to = sysfs_open(O_WRONLY, "fs/multikernel/images/%s/image", load->image->config.name);
	if (load->to < 0)
		return cli_refuse("image \"%s\": %s", load->image->config.name, strerror(-load->to));
	cli_progress_begin(&load->progress, load->image->config.name,
			   load->size ? load->size : load->image->config.memory_bytes);
	code = copy(load);
	cli_progress_end(&load->progress);
	close(load->to);
	if (code) {
		if (load->done)
			set_status(load, "empty");
		return code;
	}
	err = set_status(load, "ready");
	return err ? sysfs_refuse(load->image->config.name, -err, load->before) : CLI_OK;
}

int image_load(const struct image *image, int from, const char *path)
{
	struct load load = { .path = path, .image = image, .from = from };
	char size[SIZE_TEXT];
	int code = check_file(&load);

	if (!code)
		code = fill(&load);
	if (!code)
		printf("%s: ready, %s\n", image->config.name, size_text(size, load.done));
	return code;
}
