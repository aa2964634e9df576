// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening to a console, and stepping aside. That the line was opened or closed is told by
 * inotify(7), which may draw several events together; who has it open is then looked up, as
 * fuser(1) does it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listener.h"
#include "say.h"

#define PIECE_BYTES 4096

static bool is_line(int directory, const char *name, const struct stat *line)
{
	struct stat file;

	return !fstatat(directory, name, &file, 0) && file.st_dev == line->st_dev &&
	       file.st_ino == line->st_ino;
}

/* Does this process have it open? One that has gone, or may not be looked at, does not. */
static bool process_has(const char *pid, const struct stat *line)
{
	char path[64];
	struct dirent *entry;
	bool found = false;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	files = opendir(path);
	if (!files)
		return false;
	while (!found && (entry = readdir(files)))
		found = is_line(dirfd(files), entry->d_name, line);
	closedir(files);
	return found;
}

static bool others_have(const char *path)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool found = false;
	struct stat line;

	if (processes && !stat(path, &line))
		while (!found && (entry = readdir(processes)))
			found = *entry->d_name >= '1' && *entry->d_name <= '9' &&
				atoi(entry->d_name) != getpid() && process_has(entry->d_name, &line);
	if (processes)
		closedir(processes);
	return found;
}

static void leave(struct listener *listener)
{
	line_flush(&listener->line);
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}

/* The line is raw for who opens it first. */
static void take(struct listener *listener)
{
	listener->fd = open(listener->path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (listener->fd < 0)
		cli_warn("%s: %s", listener->path, strerror(errno));
}

static void take_or_leave(struct listener *listener)
{
	bool wanted = others_have(listener->path);

	if (wanted && listener->fd >= 0) {
		leave(listener);
		cli_warn("someone else has the console open; what it says is theirs until they leave");
	} else if (!wanted && listener->fd < 0) {
		take(listener);
	}
}

void listener_begin(struct listener *listener, u32 id)
{
	char name[32];

	snprintf(name, sizeof(name), "mktty%u", id);
	device_path(listener->path, name);
	listener->fd = -1;
	listener->opens = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (listener->opens < 0 ||
	    inotify_add_watch(listener->opens, listener->path, IN_OPEN | IN_CLOSE) < 0)
		cli_warn("%s cannot be watched: %s", listener->path, strerror(errno));
	take_or_leave(listener);
}

void listener_read(struct listener *listener)
{
	char bytes[PIECE_BYTES];
	ssize_t got = read(listener->fd, bytes, sizeof(bytes));

	if (got > 0)
		line_put(&listener->line, bytes, got);
	else if (!got || (errno != EAGAIN && errno != EINTR))
		listener_end(listener);		/* it hung up: the instance goes */
}

void listener_look(struct listener *listener)
{
	char events[PIECE_BYTES];

	while (read(listener->opens, events, sizeof(events)) > 0)
		;
	take_or_leave(listener);
}

void listener_end(struct listener *listener)
{
	leave(listener);
	if (listener->opens >= 0)
		close(listener->opens);
	listener->opens = -1;
}
