// SPDX-License-Identifier: GPL-2.0-only
/*
 * An instance's memory, mapped piece by piece: a search looks at every page, and a system call for
 * each would take seconds. When the instance goes away the kernel takes the mappings back, and
 * touching them gives SIGBUS.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "sysfs.h"

#define WINDOW_SIZE (32ULL << 20)

static sigjmp_buf gone;
static volatile sig_atomic_t copying;

/* Elsewhere than in copy() it is a fault of ours, which comes again and then ends us. */
static void on_bus_error(int number)
{
	if (copying)
		siglongjmp(gone, 1);
	signal(number, SIG_DFL);
}

static int copy(void *to, const u8 *from, size_t size)
{
	if (sigsetjmp(gone, 0)) {
		copying = 0;
		return -ENODEV;
	}
	copying = 1;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(to, from, size);
	atomic_signal_fence(memory_order_seq_cst);
	copying = 0;
	return 0;
}

int memory_open(struct memory *memory, const char *name, const struct mk_ranges *ranges)
{
	/* Not masked within the handler, since it is left by a jump. */
	const struct sigaction action = { .sa_handler = on_bus_error, .sa_flags = SA_NODEFER };

	memset(memory, 0, sizeof(*memory));
	memory->ranges = ranges;
	memory->fd = sysfs_open(O_RDONLY, "fs/multikernel/instances/%s/memory", name);
	if (memory->fd < 0)
		return memory->fd;
	return sigaction(SIGBUS, &action, NULL) ? -errno : 0;
}

static void unmap(struct memory_window *window)
{
	if (window->size)
		munmap(window->at, window->size);
	window->size = 0;
}

void memory_close(struct memory *memory)
{
	u32 i;

	for (i = 0; i < MEMORY_WINDOWS; i++)
		unmap(&memory->window[i]);
	if (memory->fd >= 0)
		close(memory->fd);
	memory->fd = -1;
}

/* Map the window around an address, as far as its range goes, in place of the oldest. */
static int map(struct memory *memory, u64 physical, size_t size, struct memory_window **mapped)
{
	const struct mk_range *range = mk_ranges_find(memory->ranges, physical, size);
	struct memory_window *window = &memory->window[memory->oldest];
	u64 start = mk_align_down(physical, WINDOW_SIZE), end = start + WINDOW_SIZE;
	void *at;

	if (!range)
		return -ENXIO;
	if (start < range->start)
		start = range->start;
	if (end > mk_range_end(range))
		end = mk_range_end(range);
	if (end < physical + size)
		return -ENXIO;
	unmap(window);
	at = mmap(NULL, end - start, PROT_READ, MAP_SHARED, memory->fd, start);
	if (at == MAP_FAILED)
		return -errno;
	*window = (struct memory_window){ start, end - start, at };
	memory->oldest = (memory->oldest + 1) % MEMORY_WINDOWS;
	*mapped = window;
	return 0;
}

static bool holds(const struct memory_window *window, u64 physical, size_t size)
{
	u64 offset = physical - window->start;

	return physical >= window->start && size <= window->size && offset <= window->size - size;
}

int memory_read(void *context, u64 physical, void *buffer, size_t size)
{
	struct memory *memory = context;
	struct memory_window *window = NULL;
	u32 i;
	int err;

	for (i = 0; i < MEMORY_WINDOWS && !window; i++)
		if (holds(&memory->window[i], physical, size))
			window = &memory->window[i];
	if (!window) {
		err = map(memory, physical, size, &window);
		if (err)
			return err;
	}
	return copy(buffer, window->at + (physical - window->start), size);
}
