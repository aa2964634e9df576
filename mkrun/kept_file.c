// SPDX-License-Identifier: GPL-2.0-only
/* What is written once more where it has been keeps its pages or blocks: no space is asked for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kept_file.h"
#include "port.h"
#include "whole.h"

#define BLOCK 4096
#define ROOM 8192	/* for what comes later: an exit code, a sentence in which each character is escaped */
#define READER_MS 1000	/* who reads is at it no longer, unless he is stopped */
#define LOOKS 1000

/* An older one may still be read by who has opened it when it was in its place. */
static int open_spare(const char *spare)
{
	int fd = open(spare, O_RDWR | O_CREAT | O_CLOEXEC, 0600), ms;

	for (ms = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB); ms++) {
		if (ms < READER_MS) {
			usleep(1000);
			continue;
		}
		close(fd);
		unlink(spare);
		fd = open(spare, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		break;
	}
	return fd < 0 ? -errno : fd;
}

/* Blanks behind it fill the file, which never becomes smaller. */
static int write_padded(int fd, const char *text)
{
	size_t size = strlen(text), room;
	struct stat about;
	char *padded;
	int err;

	if (fstat(fd, &about))
		return -errno;
	room = size <= (size_t)about.st_size ? (size_t)about.st_size :
		(size_t)mk_align_up(size, BLOCK) + ROOM;
	padded = malloc(room);
	if (!padded)
		return -ENOMEM;
	memset(padded, '\n', room);
	memcpy(padded, text, size);
	err = write_all(fd, padded, room);
	free(padded);
	return err;
}

/* The first time there is nothing to change places with; nor is there with file systems that cannot. */
static int change_places(const char *spare, const char *path)
{
	if (!renameat2(AT_FDCWD, spare, AT_FDCWD, path, RENAME_EXCHANGE) || !rename(spare, path))
		return 0;
	return -errno;
}

int kept_file_write(const char *path, const char *spare, json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2));
	int fd, err;

	if (!text)
		return -ENOMEM;
	fd = open_spare(spare);
	err = fd < 0 ? fd : write_padded(fd, text);
	free(text);
	if (fd >= 0)
		close(fd);	/* what is in its place is locked by nobody who writes */
	return err ? err : change_places(spare, path);
}

/* One that is locked has lost its place since it was opened, and is being written anew. */
static int open_to_read(const char *path)
{
	int fd, looks = 0;

	while ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0 && flock(fd, LOCK_SH | LOCK_NB) &&
	       ++looks < LOOKS)
		close(fd);
	return fd;
}

json_t *kept_file_read(const char *path)
{
	int fd = open_to_read(path);
	json_t *value;

	if (fd < 0)
		return NULL;
	value = json_loadfd(fd, 0, NULL);
	close(fd);
	return value;
}
