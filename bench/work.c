// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs do all day, each so many times, and what one of them takes: a line "NANOSECONDS
 * COUNT NAME" for each. bench/life and bench/running run it on the host and in a spawn, in turns, so
 * that both have the same kernel, the same machine and as many CPUs. Before each and after it is a
 * mark for bench/count.c.
 *
 *	work CPU CPU	on these two; what needs one takes the first
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "mark.h"
#include "process.h"

#define PAGE 4096
#define PIPE_PIECE 65536	/* as much as a pipe holds */
#define MEGABYTE (1 << 20)
#define NS_PER_SECOND 1000000000L
#define NAP_NS 1000000

static int cpus[2];

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NS_PER_SECOND + time.tv_nsec;
}

static void system_calls(long count)
{
	while (count--)
		syscall(SYS_getppid);
}

/* A page that has none yet gets one, by its first write. */
static void page_faults(long count)
{
	char *memory = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || madvise(memory, count * PAGE, MADV_NOHUGEPAGE))
		broken("memory");
	for (long i = 0; i < count; i++)
		memory[i * PAGE] = 1;
	munmap(memory, count * PAGE);
}

static void forks(long count)
{
	while (count--) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		wait_for(child);
	}
}

static void programs(long count)
{
	while (count--)
		run_itself();
}

static void pass(int from, int to, long count, bool first)
{
	char byte = 0;

	while (count--) {
		if (first && write(to, &byte, 1) != 1)
			broken("a pipe");
		if (read(from, &byte, 1) != 1)
			broken("a pipe");
		if (!first && write(to, &byte, 1) != 1)
			broken("a pipe");
	}
}

/* A byte goes to a process on that CPU, and comes back. */
static void there_and_back(int cpu, long count)
{
	int there[2], back[2];
	pid_t child;

	if (pipe(there) || pipe(back))
		broken("a pipe");
	child = fork();
	if (!child) {
		stay_on(cpu);
		pass(there[0], back[1], count, false);
		_exit(0);
	}
	pass(back[0], there[1], count, true);
	wait_for(child);
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
}

static void switches(long count)
{
	there_and_back(cpus[0], count);
}

static void wakeups(long count)
{
	there_and_back(cpus[1], count);
}

static void pieces(long count)
{
	static char piece[PIPE_PIECE];
	int ends[2];

	if (pipe(ends))
		broken("a pipe");
	while (count--)
		if (write(ends[1], piece, sizeof(piece)) != sizeof(piece) ||
		    read(ends[0], piece, sizeof(piece)) != sizeof(piece))
			broken("a pipe");
	close(ends[0]);
	close(ends[1]);
}

static void copies(long count)
{
	static char from[MEGABYTE], to[MEGABYTE];

	while (count--) {
		memcpy(to, from, sizeof(to));
		__asm__ volatile("" : : "r"(to) : "memory");
	}
}

static void naps(long count)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };

	prctl(PR_SET_TIMERSLACK, 1);
	while (count--)
		nanosleep(&nap, NULL);
}

int main(int argc, char **argv)
{
	static const struct {
		void (*work)(long count);
		long count;
		const char *name;
	} works[] = {
		{ system_calls, 200000, "a system call" },
		{ page_faults, 8192, "a page fault" },
		{ forks, 300, "fork, exit, wait" },
		{ programs, 100, "fork, exec, exit, wait" },
		{ switches, 5000, "to another process and back" },
		{ wakeups, 2000, "to another CPU and back" },
		{ pieces, 2000, "64 KB through a pipe" },
		{ copies, 200, "1 MB copied" },
		{ naps, 200, "a sleep of 1 ms" },
	};

	if (argc != 3)
		return 0;	/* see run_itself() */
	for (int i = 0; i < 2; i++)
		cpus[i] = atoi(argv[i + 1]);
	stay_on(cpus[0]);
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		long begin = now(), taken;

		mark();
		works[i].work(works[i].count);
		mark();
		taken = now() - begin;
		printf("%ld %ld %s\n", taken / works[i].count, works[i].count, works[i].name);
	}
	return 0;
}
