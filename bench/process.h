/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs that are measured have in common: how one keeps to a CPU, waits for a child, calls itself, and gives up. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void __attribute__((noreturn)) broken(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

static inline void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		broken("its CPU");
}

static inline void wait_for(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child || status)
		broken("a child");
}

/* Another process begins this program without a word to say what it shall do, and ends. */
static inline void run_itself(void)
{
	pid_t child = fork();

	if (!child) {
		execl("/proc/self/exe", program_invocation_short_name, NULL);
		_exit(1);
	}
	wait_for(child);
}

#endif
