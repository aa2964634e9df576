// SPDX-License-Identifier: GPL-2.0-only
/* poll(2) on an instance's status. */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "clock.h"
#include "instances.h"
#include "interrupt.h"
#include "sysfs.h"
#include "watch.h"

/* The kernel wakes nobody when a file goes, so we look at times whether it is still there. */
#define LOOK_MS 500

int watch_open(struct watch *watch, const char *name)
{
	watch->name = name;
	watch->end = ~0ULL;
	watch->fd = sysfs_open(O_RDONLY, "fs/multikernel/instances/%s/status", name);
	return watch->fd < 0 ? watch->fd : 0;
}

void watch_end_after(struct watch *watch, u64 seconds)
{
	watch->end = clock_ms() + seconds * 1000;
}

/* What is read here is what the next poll(2) tells a change of. */
int watch_read(struct watch *watch)
{
	char text[SYSFS_TEXT_SIZE];
	ssize_t length;
	int err;

	err = sysfs_read_number(&watch->generation, "fs/multikernel/instances/%s/generation",
				watch->name);
	if (err)
		return err == -ENODEV ? -ENOENT : err;
	length = pread(watch->fd, text, sizeof(text) - 1, 0);
	if (length < 0)
		return errno == ENODEV ? -ENOENT : -errno;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return instance_parse_state(text, &watch->state);
}

int watch_next(struct watch *watch)
{
	struct pollfd poll_fd = { .fd = watch->fd, .events = POLLPRI | POLLERR };
	u64 time = clock_ms(), left = time < watch->end ? watch->end - time : 0;
	int ready = poll(&poll_fd, 1, left < LOOK_MS ? left : LOOK_MS);

	if (interrupted())
		return -EINTR;
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	if (!ready && clock_ms() >= watch->end)
		return -ETIMEDOUT;
	return watch_read(watch);
}

void watch_close(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}
