// SPDX-License-Identifier: GPL-2.0-only
/* The pool's regions as /proc/iomem has them, and a bar that follows them while they come and go. */
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"
#include "pool_regions.h"
#include "progress.h"
#include "sysfs.h"

#define IOMEM_LINE 256
#define LOOK_MS 200

FILE *pool_regions_open(void)
{
	char path[SYSFS_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/iomem", PLACE_PROC);
	return fopen(path, "re");
}

bool pool_region_next(FILE *regions, u64 *start, u64 *end)
{
	char line[IOMEM_LINE];
	unsigned long long from, to;

	while (fgets(line, sizeof(line), regions)) {
		char *name = strstr(line, " : ");

		if (!name || strncmp(name + 3, "Multikernel pool", 16))
			continue;
		if (sscanf(line, " %llx-%llx", &from, &to) == 2 && to) {
			*start = from;
			*end = to;
			return true;
		}
	}
	return false;
}

static u64 bytes_in_regions(void)
{
	FILE *regions = pool_regions_open();
	u64 start, end, sum = 0;

	while (regions && pool_region_next(regions, &start, &end))
		sum += end - start + 1;
	if (regions)
		fclose(regions);
	return sum;
}

/* How far the sum is on its way; what is undone again is not shown. */
static u64 done(u64 from, u64 target, u64 sum)
{
	if (from < target)
		return sum > from ? sum - from : 0;
	return sum < from ? from - sum : 0;
}

/* Until the other end of the pipe is closed, also by the end of that process. */
static void follow(int fd, u64 from, u64 target)
{
	struct pollfd end = { .fd = fd };
	struct cli_progress progress;
	u64 now;

	cli_progress_begin(&progress, "pool", from < target ? target - from : from - target);
	while (poll(&end, 1, LOOK_MS) <= 0) {
		now = done(from, target, bytes_in_regions());
		if (now > progress.done)
			cli_progress_add(&progress, now - progress.done);
	}
	cli_progress_end(&progress);
}

/* A process of its own: the one that changes the pool is in write(2) until all is done. */
void pool_bar_begin(struct pool_bar *bar, u64 target)
{
	u64 from = bytes_in_regions();
	int ends[2];

	*bar = (struct pool_bar){ .fd = -1 };
	if (!isatty(STDERR_FILENO) || pipe(ends))
		return;
	fflush(NULL);
	bar->child = fork();
	if (!bar->child) {
		close(ends[1]);
		follow(ends[0], from, target);
		_exit(0);
	}
	close(ends[0]);
	bar->fd = ends[1];
}

void pool_bar_end(struct pool_bar *bar)
{
	if (bar->fd >= 0)
		close(bar->fd);
	while (bar->child > 0 && waitpid(bar->child, NULL, 0) < 0 && errno == EINTR)
		;
}
