// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes times inside the machine that is measured, without a shell between the clock and the work:
 *
 *	measure write [FILE=TEXT | FILE<SOURCE]...	write each, one after another: nanoseconds for all of it
 *	measure read FILE...				read each into memory that is used already: nanoseconds for all of it
 *	measure copy BYTES				copy so much memory into memory that is used already: nanoseconds
 *	measure fill BYTES				clear so much memory that is used already: nanoseconds
 *	measure zero BYTES				have the kernel clear it: nanoseconds
 *	measure run COMMAND...				run it to its end: nanoseconds, and its exit status
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mark.h"

#define BROKEN 2
#define NS_PER_SECOND 1000000000L

static void __attribute__((noreturn)) broken(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(BROKEN);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NS_PER_SECOND + time.tv_nsec;
}

/* Begin to measure, and end: with marks for bench/count.c, which outside of it are no work. */
static long start(void)
{
	mark();
	return now();
}

static int say_since(long begin)
{
	long end = now();

	mark();
	printf("%ld\n", end - begin);
	return 0;
}

/* What is to be written to one file, in memory before the clock runs. */
struct writing {
	const char *file;
	const char *bytes;
	size_t size;
};

static void from_source(struct writing *writing, const char *source)
{
	int fd = open(source, O_RDONLY);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	void *bytes = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0) : MAP_FAILED;

	if (bytes == MAP_FAILED)
		broken(source);
	close(fd);
	writing->bytes = bytes;
	writing->size = size;
}

static struct writing parse(char *word)
{
	struct writing writing = { .file = word };
	char *sign = strpbrk(word, "=<");

	if (!sign) {
		errno = EINVAL;
		broken(word);
	}
	writing.bytes = sign + 1;
	writing.size = strlen(writing.bytes);
	if (*sign == '<')
		from_source(&writing, writing.bytes);
	*sign = '\0';
	return writing;
}

static void do_one(const struct writing *writing)
{
	int fd = open(writing->file, O_WRONLY);
	size_t done = 0;

	if (fd < 0)
		broken(writing->file);
	while (done < writing->size) {
		ssize_t wrote = write(fd, writing->bytes + done, writing->size - done);

		if (wrote <= 0)
			broken(writing->file);
		done += wrote;
	}
	/* An upload is decided when its file is closed. */
	if (close(fd))
		broken(writing->file);
}

static int measure_write(int argc, char **argv)
{
	struct writing *writings = calloc(argc, sizeof(*writings));
	long begin;

	if (!writings)
		broken("write");
	for (int i = 1; i < argc; i++)
		writings[i] = parse(argv[i]);
	begin = start();
	for (int i = 1; i < argc; i++)
		do_one(&writings[i]);
	return say_since(begin);
}

static char *used_memory(size_t bytes, int value)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		broken("memory");
	memset(memory, value, bytes);
	return memory;
}

/* Keeps the compiler from seeing that nobody reads what was written. */
static void is_used(void *memory)
{
	__asm__ volatile("" : : "r"(memory) : "memory");
}

static int measure_copy(int argc, char **argv)
{
	size_t bytes = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;
	char *from = used_memory(bytes, 1), *to = used_memory(bytes, 2);
	long begin = start();

	memcpy(to, from, bytes);
	is_used(to);
	return say_since(begin);
}

static int measure_read(int argc, char **argv)
{
	const size_t room = 1UL << 28;	/* as much at a time */
	char *memory = used_memory(room, 1);
	long begin = start();

	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);
		ssize_t got;

		if (fd < 0)
			broken(argv[i]);
		do {
			got = read(fd, memory, room);
		} while (got > 0);
		if (got < 0)
			broken(argv[i]);
		close(fd);
	}
	return say_since(begin);
}

static int measure_fill(int argc, char **argv)
{
	size_t bytes = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;
	char *memory = used_memory(bytes, 1);
	long begin = start();

	memset(memory, 0, bytes);
	is_used(memory);
	return say_since(begin);
}

static int measure_zero(int argc, char **argv)
{
	size_t bytes = argc == 2 ? strtoul(argv[1], NULL, 0) : 0, done = 0;
	char *memory = used_memory(bytes, 1);
	int fd = open("/dev/zero", O_RDONLY);
	long begin = start();

	while (done < bytes) {
		ssize_t got = read(fd, memory + done, bytes - done);

		if (got <= 0)
			broken("/dev/zero");
		done += got;
	}
	return say_since(begin);
}

static int measure_run(int argc, char **argv)
{
	long begin = start();
	int status;
	pid_t child;

	(void)argc;
	child = fork();
	if (!child) {
		dup2(STDERR_FILENO, STDOUT_FILENO);	/* standard output is for the figure */
		execvp(argv[1], argv + 1);
		_exit(BROKEN);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		broken(argv[1]);
	say_since(begin);
	return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*take)(int argc, char **argv);
	} measures[] = {
		{ "write", measure_write }, { "read", measure_read }, { "copy", measure_copy },
		{ "fill", measure_fill },   { "zero", measure_zero }, { "run", measure_run },
	};

	for (size_t i = 0; argc > 2 && i < sizeof(measures) / sizeof(measures[0]); i++)
		if (!strcmp(argv[1], measures[i].name))
			return measures[i].take(argc - 1, argv + 1);
	fputs("usage: measure write FILE=TEXT|FILE<SOURCE... | read FILE... | copy BYTES | fill BYTES | zero BYTES | run COMMAND...\n", stderr);
	return BROKEN;
}
