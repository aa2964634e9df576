// SPDX-License-Identifier: GPL-2.0-only
/* One directory after another, to a depth that an image does not have. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "port.h"

#define PATH_SIZE 4096
#define DEPTH_MAX 64
#define PIECE 16384

static int copy_below(int from, int to, u32 depth);

static int write_piece(int to, const char *piece, ssize_t size)
{
	ssize_t done;

	for (; size > 0; piece += done, size -= done) {
		done = write(to, piece, size);
		if (done < 0)
			return -1;
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	char piece[PIECE];
	ssize_t size;

	while ((size = read(from, piece, sizeof(piece))) > 0)
		if (write_piece(to, piece, size))
			return -1;
	return size < 0 ? -1 : 0;
}

/* Of a file or a directory; its descriptors are closed. */
static int copy_opened(int from, int to, u32 depth, bool is_directory)
{
	int err = from < 0 || to < 0 ? -1 :
		is_directory ? copy_below(from, to, depth) : copy_bytes(from, to), error = errno;

	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	errno = error;
	return err;
}

static int copy_link(int from, int to, const char *name)
{
	char target[PATH_SIZE];
	ssize_t size = readlinkat(from, name, target, sizeof(target) - 1);

	if (size < 0)
		return -1;
	target[size] = '\0';
	return symlinkat(target, to, name);
}

static int copy_contents(int from, int to, const char *name, const struct stat *about, u32 depth)
{
	const int read_flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;

	if (S_ISLNK(about->st_mode))
		return copy_link(from, to, name);
	if (S_ISREG(about->st_mode))
		return copy_opened(openat(from, name, read_flags),
				   openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
				   depth, false);
	if (!S_ISDIR(about->st_mode))
		return mknodat(to, name, about->st_mode, about->st_rdev);
	if (mkdirat(to, name, 0700))
		return -1;
	return copy_opened(openat(from, name, read_flags | O_DIRECTORY),
			   openat(to, name, read_flags | O_DIRECTORY), depth, true);
}

/* An owner's change takes away bits of the mode, so that comes later. */
static int copy_one(int from, int to, const char *name, u32 depth)
{
	struct stat about;

	if (fstatat(from, name, &about, AT_SYMLINK_NOFOLLOW) ||
	    copy_contents(from, to, name, &about, depth) ||
	    fchownat(to, name, about.st_uid, about.st_gid, AT_SYMLINK_NOFOLLOW) ||
	    (!S_ISLNK(about.st_mode) && fchmodat(to, name, about.st_mode & 07777, 0)))
		return -1;
	return utimensat(to, name, (struct timespec[]){ about.st_atim, about.st_mtim },
			 AT_SYMLINK_NOFOLLOW);
}

static int copy_below(int from, int to, u32 depth)
{
	DIR *all = fdopendir(openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;
	int err = all ? 0 : -1, error;

	if (depth == DEPTH_MAX) {
		errno = ELOOP;
		err = -1;
	}
	while (!err && (entry = readdir(all)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			err = copy_one(from, to, entry->d_name, depth + 1);
	error = errno;
	if (all)
		closedir(all);
	errno = error;
	return err;
}

int copy_all(int from, int to)
{
	return copy_below(from, to, 0);
}
