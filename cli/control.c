// SPDX-License-Identifier: GPL-2.0-only
/* Packets by a socket whose place is made of instance and device (unix(7)). */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "place.h"

#define HEAR_MS 1000	/* whoever connects says at once what he wants */
#define PAUSE_MS 100	/* until one is looked at again who cannot be taken */

/* No name has a colon, so no other device has this place. */
static int set_place(struct sockaddr_un *address, const char *instance, const char *device)
{
	int length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/mkio/%s:%s",
			      PLACE_RUN, instance, device);

	address->sun_family = AF_UNIX;
	return length < (int)sizeof(address->sun_path) ? 0 : -ENAMETOOLONG;
}

static int make_directory(void)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

	snprintf(path, sizeof(path), "%s/mkio", PLACE_RUN);
	place_make_run();
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int new_socket(int flags)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	return fd < 0 ? -errno : fd;
}

int control_listen(const char *instance, const char *device)
{
	struct sockaddr_un address;
	int fd, err = set_place(&address, instance, device);

	if (!err)
		err = make_directory();
	if (err)
		return err;
	fd = new_socket(SOCK_NONBLOCK);
	if (fd < 0)
		return fd;
	/* Of one that was killed. */
	unlink(address.sun_path);
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 1))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

void control_end(int fd, const char *instance, const char *device)
{
	struct sockaddr_un address;

	if (fd < 0 || set_place(&address, instance, device))
		return;
	unlink(address.sun_path);
	close(fd);
}

static int receive(int fd, char text[CONTROL_TEXT], int ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t size;

	if (poll(&wait, 1, ms) != 1)
		return -ETIMEDOUT;
	size = recv(fd, text, CONTROL_TEXT - 1, MSG_DONTWAIT);
	if (size <= 0)
		return size ? -errno : -ECONNREFUSED;
	text[size] = '\0';
	return 0;
}

int control_hear(int fd, char text[CONTROL_TEXT])
{
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	/* Where descriptors or memory are wanting, who waits is still there at the next look. */
	if (connection < 0 && errno != EAGAIN)
		poll(NULL, 0, PAUSE_MS);
	if (connection < 0)
		return -1;
	if (!receive(connection, text, HEAR_MS))
		return connection;
	close(connection);
	return -1;
}

void control_answer(int connection, const char *text)
{
	send(connection, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(connection);
}

/* Such a text goes to terminals. A tab is between two words. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((*text < ' ' || *text > '~') && *text != '\t')
			*text = '?';
}

static int say_and_hear(int fd, const char *text, int ms, char answer[CONTROL_TEXT])
{
	int err;

	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return -errno;
	err = receive(fd, answer, ms);
	if (!err)
		make_plain(answer);
	return err;
}

/* One that does not run takes nobody who connects, and has room for few. */
static int connect_within(int fd, const struct sockaddr_un *address, int ms)
{
	const struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)))
		return -errno;
	if (!connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		return 0;
	if (errno == ENOENT)
		return -ECONNREFUSED;
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

int control_ask(const char *instance, const char *device, const char *text, int ms,
		char answer[CONTROL_TEXT])
{
	struct sockaddr_un address;
	int fd, err = set_place(&address, instance, device);

	if (err)
		return err;
	fd = new_socket(0);
	if (fd < 0)
		return fd;
	err = connect_within(fd, &address, ms);
	if (!err)
		err = say_and_hear(fd, text, ms, answer);
	close(fd);
	return err;
}

/* It answers by its end, with which all that it had open is closed. */
int control_leave(const char *instance, const char *device, int ms, char why[CONTROL_TEXT])
{
	int err = control_ask(instance, device, "leave", ms, why);

	if (err == -ECONNREFUSED || err == -ECONNRESET) {
		*why = '\0';
		err = 0;
	}
	return err;
}
