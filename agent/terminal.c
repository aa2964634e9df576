// SPDX-License-Identifier: GPL-2.0-only
/* Which terminals there are is a matter of a mount of devpts: each container has one of its own. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "inside.h"
#include "terminal.h"

#define OPEN_FLAGS (O_RDWR | O_NOCTTY | O_CLOEXEC)
#define PATH_SIZE 64

/* As if the container's root were "/": what is there is of its own making. */
int terminal_place(pid_t pid)
{
	char path[PATH_SIZE];
	int root, place;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	place = inside_open(root, "/dev/pts", O_PATH | O_DIRECTORY);
	close(root);
	return place;
}

static int open_of_container(int place)
{
	int number, master = place < 0 ? -1 : inside_open_own(place, "ptmx", OPEN_FLAGS | O_NONBLOCK);

	if (master >= 0 && ioctl(master, TIOCGPTN, &number)) {
		close(master);
		return -1;
	}
	return master;
}

int terminal_open(int place, const struct winsize *size)
{
	int master = open_of_container(place);

	if (master < 0)
		master = posix_openpt(OPEN_FLAGS);
	if (master < 0 || unlockpt(master))
		return -errno;
	ioctl(master, TIOCSWINSZ, size);
	return master;
}

int terminal_peer(int master)
{
	int peer = ioctl(master, TIOCGPTPEER, OPEN_FLAGS);

	return peer < 0 ? -errno : peer;
}

int terminal_move(int input, int output, int place)
{
	struct winsize size;
	int number, master;

	if (input < 0 || ioctl(input, TIOCGPTN, &number) || ioctl(input, TIOCGWINSZ, &size))
		return TERMINAL_NONE;
	master = open_of_container(place);
	if (master < 0)
		return TERMINAL_NONE;
	if (unlockpt(master) || ioctl(master, TIOCSWINSZ, &size) ||
	    ioctl(master, TIOCGPTN, &number) || dup3(master, input, O_CLOEXEC) < 0 ||
	    dup3(master, output, O_CLOEXEC) < 0)
		number = TERMINAL_NONE;
	close(master);
	return number;
}

int terminal_open_number(int number)
{
	char path[PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "/dev/pts/%d", number);
	fd = open(path, OPEN_FLAGS);
	return fd < 0 ? -errno : fd;
}
