// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a program on both CPUs of an instance's size, 0 and 1, with a mark for bench/count.c before it and
 * one after it, each by CPU 0.
 *
 *	marked PROGRAM ARGUMENT...	0 where that has succeeded, and 1 otherwise
 */
#define _GNU_SOURCE
#include "mark.h"
#include "process.h"

#define CPUS 2

static void stay_on_both(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int cpu = 0; cpu < CPUS; cpu++)
		CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		broken("its CPUs");
}

int main(int argc, char **argv)
{
	pid_t child;

	if (argc < 2) {
		fputs("marked: wants a program\n", stderr);
		return 1;
	}
	stay_on(0);
	mark();
	child = fork();
	if (!child) {
		stay_on_both();
		execvp(argv[1], argv + 1);
		broken(argv[1]);
	}
	wait_for(child);
	mark();
	return 0;
}
