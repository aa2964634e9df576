// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a kernel send interrupts to all of its CPUs, in the ways that a kernel has: code patched
 * under running CPUs, memory barriers for other threads, addresses that leave the TLBs of all
 * threads, backtraces by NMI; and at the end, once, one of its CPUs off and on again, which stops
 * the whole machine and starts a CPU. For the host and for spawns alike.
 *
 *	shake CPU ROUNDS	CPU is the one that goes and comes back
 *
 * The exit status is 0 when all of it was done.
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096UL
#define CPUS_MAX 64
#define FLUSHES 10		/* of the TLBs, in each round */

static char *page;		/* all threads have it in their TLBs */
static atomic_bool over;

static void put(const char *file, const char *text)
{
	FILE *stream = fopen(file, "w");

	if (!stream || fputs(text, stream) < 0 || fclose(stream))
		err(1, "%s to %s", text, file);
}

static void pin(unsigned long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %lu", cpu);
}

static void *look(void *cpu)
{
	pin((unsigned long)cpu);
	while (!over) {
		(void)*(volatile char *)page;
		sched_yield();
	}
	return NULL;
}

static void membarrier(int command)
{
	if (syscall(SYS_membarrier, command, 0, 0))
		err(1, "membarrier %d", command);
}

static void flush(void)
{
	int i;

	for (i = 0; i < FLUSHES; i++) {
		if (mprotect(page, PAGE, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ))
			err(1, "mprotect");
		usleep(1000);	/* until the others have looked again */
	}
}

/* The first CPU is the caller's own, the others have a thread each. */
static void call_others(long cpus)
{
	pthread_t threads[CPUS_MAX];
	long i;

	over = false;
	for (i = 1; i < cpus; i++)
		if (pthread_create(&threads[i], NULL, look, (void *)i))
			errx(1, "no thread");
	membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
	membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	flush();
	over = true;
	for (i = 1; i < cpus; i++)
		pthread_join(threads[i], NULL);
}

/*
 * The static key is one whose code hardly ever runs: emulated CPUs have been seen to stumble over a
 * breakpoint that was no longer there, where they run in the very code that is patched.
 */
static void shake(long cpus)
{
	put("/proc/sys/kernel/bpf_stats_enabled", "1");
	put("/proc/sys/kernel/bpf_stats_enabled", "0");
	call_others(cpus);
	put("/proc/sysrq-trigger", "l");
}

static void off_and_on(const char *cpu)
{
	char file[64];

	snprintf(file, sizeof(file), "/sys/devices/system/cpu/cpu%s/online", cpu);
	put(file, "0");
	put(file, "1");
}

int main(int count, char **arguments)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), i;

	if (count != 3 || cpus < 2 || cpus > CPUS_MAX)
		errx(2, "usage: shake CPU ROUNDS, on two CPUs or more");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (page == MAP_FAILED)
		err(1, "mmap");
	membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
	membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	pin(0);
	for (i = 0; i < atol(arguments[2]); i++)
		shake(cpus);
	off_and_on(arguments[1]);
	printf("shaken %s rounds\n", arguments[2]);
	return 0;
}
