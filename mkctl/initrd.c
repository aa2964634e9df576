// SPDX-License-Identifier: GPL-2.0-only
/* Initial RAM disks, one behind the other in a file in memory. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "initrd.h"
#include "progress.h"
#include "say.h"
#include "whole.h"

#define COPY_PIECE (1 << 16)

int initrds_open(struct initrds *initrds)
{
	u32 i;

	for (i = 0; i < initrds->count; i++) {
		if (initrds->fd[i] >= 0)
			continue;
		initrds->fd[i] = open(initrds->path[i], O_RDONLY | O_CLOEXEC);
		if (initrds->fd[i] < 0)
			return cli_refuse("%s: %s", initrds->path[i], strerror(errno));
	}
	return CLI_OK;
}

void initrds_close(struct initrds *initrds)
{
	u32 i;

	for (i = 0; i < initrds->count && initrds->fd[i] >= 0; i++)
		close(initrds->fd[i]);
	initrds->count = 0;
}

void initrd_pad(FILE *file, long alignment)
{
	while (ftell(file) % alignment && !ferror(file))
		fputc(0, file);
}

/* Of all of them; 0 where that is not known before the end, as of a pipe. */
static u64 total_size(const struct initrds *initrds)
{
	struct stat status;
	u64 total = 0;
	u32 i;

	for (i = 0; i < initrds->count; i++) {
		if (fstat(initrds->fd[i], &status) || !S_ISREG(status.st_mode))
			return 0;
		total += status.st_size;
	}
	return total;
}

static int put(FILE *file, int fd, const char *path, struct cli_progress *progress)
{
	static char piece[COPY_PIECE];
	ssize_t size;

	while ((size = read_all(fd, piece, sizeof(piece))) > 0) {
		if (fwrite(piece, size, 1, file) != 1)
			break;
		cli_progress_add(progress, size);
	}
	return size < 0 ? cli_refuse("%s: %s", path, strerror(-size)) : CLI_OK;
}

int initrds_put(const struct initrds *initrds, FILE *file)
{
	struct cli_progress progress;
	int code = CLI_OK;
	u32 i;

	cli_progress_begin(&progress, "initrd", total_size(initrds));
	for (i = 0; !code && i < initrds->count; i++) {
		initrd_pad(file, INITRD_ALIGNMENT);
		code = put(file, initrds->fd[i], initrds->path[i], &progress);
	}
	cli_progress_end(&progress);
	return code;
}

FILE *initrd_new(void)
{
	int fd = memfd_create("multikernel-initrd", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file && fd >= 0)
		close(fd);
	return file;
}

/* The kernel reads no program, module or initrd from a file that someone has open for writing. */
static int reopen_read_only(FILE *file, int *fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? cli_refuse("%s: %s", path, strerror(errno)) : CLI_OK;
}

int initrd_finish(FILE *file, const char *path, int *fd)
{
	int code;

	if (fflush(file) || ferror(file))
		code = cli_refuse("%s: cannot be put together: %s", path, strerror(errno));
	else
		code = reopen_read_only(file, fd);
	fclose(file);
	return code;
}

int initrds_join(const struct initrds *initrds, int *fd)
{
	FILE *file = initrd_new();
	int code;

	if (!file)
		return cli_refuse("no memory for an initrd: %s", strerror(errno));
	code = initrds_put(initrds, file);
	if (!code)
		return initrd_finish(file, initrds->path[0], fd);
	fclose(file);
	return code;
}
