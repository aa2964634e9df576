// SPDX-License-Identifier: GPL-2.0-only
/* Both ends of a pseudo terminal; the one with the container's line discipline is inside. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "terminal.h"

static int send_file(int socket, int fd)
{
	char name[] = "/dev/ptmx", room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec bytes = { name, sizeof(name) };
	struct msghdr message = {
		.msg_iov = &bytes, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int send_master(const char *path, int master)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (strlen(path) >= sizeof(address.sun_path))
		err = -ENAMETOOLONG;
	else if (fd < 0)
		err = -errno;
	else {
		strcpy(address.sun_path, path);
		err = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno :
			send_file(fd, master);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int terminal_let_go(void)
{
	return ioctl(STDIN_FILENO, TIOCNOTTY) ? -errno : 0;
}

int terminal_lead(void)
{
	return setsid() < 0 || ioctl(STDIN_FILENO, TIOCSCTTY, 0) ? -errno : 0;
}

static int become_standard(int slave)
{
	struct termios raw;

	if (tcgetattr(slave, &raw))
		return -errno;
	cfmakeraw(&raw);
	if (tcsetattr(slave, TCSANOW, &raw) || dup2(slave, 0) < 0 || dup2(slave, 1) < 0 ||
	    dup2(slave, 2) < 0)
		return -errno;
	return terminal_lead();
}

int terminal_take(const char *socket_path)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave = -1, err;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return -errno;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	err = slave < 0 ? -errno : become_standard(slave);
	if (!err)
		err = send_master(socket_path, master);
	close(master);
	if (slave > 2)
		close(slave);
	return err;
}
