// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that executes the same instructions in each turn, and what others may do meanwhile on CPUs of
 * their own. Between the task's turns is a mark for bench/count.c: what its CPU has executed beyond the
 * task's own instructions is what it was kept from its work by.
 *
 *	disturb task CPU TURNS	says how many interrupts but its clock's the CPU has had meanwhile, and of
 *				each kind
 *	disturb NOISE CPU	until SIGTERM; then it says how often it has done that
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mark.h"
#include "process.h"

#define ROUNDS 4000		/* of a hundred instructions; a turn */
#define MEMORY (16 << 20)
#define PAGE 4096
#define MEGABYTE (1 << 20)
/* A static key of the kernel's that anyone who is root may switch: its code is patched on all CPUs. */
#define SWITCH "/proc/sys/kernel/sched_schedstats"

#define KINDS_MAX 256

/* A line of /proc/interrupts. */
struct kind {
	char name[16];
	long number;
};

static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

static int membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

/* In which column of /proc/interrupts is that CPU? */
static int column_of(int cpu, char *header)
{
	char *word, name[16];
	int column = 0;

	snprintf(name, sizeof(name), "CPU%d", cpu);
	for (word = strtok(header, " \n"); word; word = strtok(NULL, " \n"), column++)
		if (!strcmp(word, name))
			return column;
	errno = ENXIO;
	broken(name);
}

static long number_in(char *line, int column)
{
	char *end = strchr(line, ':') + 1;
	long number;

	do
		number = strtol(end, &end, 10);
	while (column--);
	return number;
}

/* All that the CPU has had so far, by kind, but those of its clock, which it has in any kernel. */
static int interrupts(int cpu, struct kind kinds[KINDS_MAX])
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[4096];
	int column, count = 0;

	if (!file || !fgets(line, sizeof(line), file))
		broken("/proc/interrupts");
	column = column_of(cpu, line);
	while (count < KINDS_MAX && fgets(line, sizeof(line), file))
		if (sscanf(line, " %15[^:]:", kinds[count].name) == 1 && !strstr(line, "Local timer"))
			kinds[count++].number = number_in(line, column);
	fclose(file);
	return count;
}

/* Those since then: how many, and of what kinds. None goes away meanwhile. */
static void tell_interrupts(int cpu, const struct kind before[KINDS_MAX], int count)
{
	struct kind now[KINDS_MAX];
	long sum = 0;
	int i;

	interrupts(cpu, now);
	for (i = 0; i < count; i++)
		sum += now[i].number - before[i].number;
	printf("%ld", sum);
	for (i = 0; i < count; i++)
		if (now[i].number != before[i].number)
			printf(" %s=%ld", now[i].name, now[i].number - before[i].number);
	putchar('\n');
}

static void work(void)
{
	unsigned long sum = 0, rounds = ROUNDS;

	__asm__ volatile("1: .rept 98; lea 1(%1), %1; .endr; dec %0; jnz 1b" : "+r"(rounds), "+r"(sum));
}

/* As programs do whose threads have others order their memory for them (liburcu, for one). */
static int task(int cpu, long turns)
{
	struct kind before[KINDS_MAX];
	int kinds = interrupts(cpu, before);

	if (membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED))
		broken("membarrier");
	mark();
	while (turns--) {
		work();
		mark();
	}
	tell_interrupts(cpu, before, kinds);
	return 0;
}

static void memory(void)
{
	char *some = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (some == MAP_FAILED)
		broken("memory");
	for (size_t i = 0; i < MEMORY; i += PAGE)
		some[i] = 1;
	munmap(some, MEMORY);
}

static void files(void)
{
	static char piece[MEGABYTE];
	char name[] = "/tmp/disturb.XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0)
		broken(name);
	for (size_t i = 0; i < MEMORY; i += sizeof(piece))
		if (write(fd, piece, sizeof(piece)) != sizeof(piece))
			broken(name);
	close(fd);
	unlink(name);
}

static void barriers(void)
{
	if (membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED))
		broken("membarrier");
}

static void patching(void)
{
	static char value = '0';
	int fd = open(SWITCH, O_WRONLY);

	value ^= '0' ^ '1';
	if (fd < 0 || write(fd, &value, 1) != 1)
		broken(SWITCH);
	close(fd);
}

static int make_noise(void (*noise)(void))
{
	const struct sigaction action = { .sa_handler = end, .sa_flags = SA_RESTART };
	long times;

	sigaction(SIGTERM, &action, NULL);
	for (times = 0; !ended; times++)
		noise();
	printf("%ld\n", times);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} noises[] = {
		{ "computing", work },
		{ "memory", memory },
		{ "files", files },
		{ "programs", run_itself },
		{ "barriers", barriers },
		{ "patching", patching },
	};

	if (argc < 3)
		return 0;	/* see run_itself() */
	stay_on(atoi(argv[2]));
	if (!strcmp(argv[1], "task") && argc == 4)
		return task(atoi(argv[2]), atol(argv[3]));
	for (size_t i = 0; i < sizeof(noises) / sizeof(noises[0]); i++)
		if (!strcmp(argv[1], noises[i].name))
			return make_noise(noises[i].make);
	fprintf(stderr, "disturb: what is \"%s\"?\n", argv[1]);
	return 2;
}
