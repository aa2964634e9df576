// SPDX-License-Identifier: GPL-2.0-only
/* Programs and what they say. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

#define OUTPUT_MAX (1 << 20)

/* Where its words are to be read as JSON, what it warns of is nobody's. */
static void __attribute__((noreturn)) become(const char *const *words, int output, bool warns)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(output, STDOUT_FILENO);
	dup2(warns ? output : open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	execvp(*words, (char *const *)words);
	dprintf(output, "cannot run %s: %s", *words, strerror(errno));
	_exit(127);
}

/* All of it is read, also what there is no room for, so that it comes to its end. */
static void read_output(int fd, char *output, size_t room)
{
	char rest[4096];
	size_t at = 0;
	ssize_t size;

	while ((size = read(fd, rest, sizeof(rest))) > 0 || (size < 0 && errno == EINTR)) {
		if (size < 0)
			continue;
		if (at + size >= room)
			size = room - at - 1;
		memcpy(output + at, rest, size);
		at += size;
	}
	while (at && output[at - 1] == '\n')
		at--;
	output[at] = '\0';
}

static int run(const char *const *words, char *output, size_t room, bool warns)
{
	int ends[2], status = 0;
	pid_t pid;

	*output = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return CLI_REFUSED;
	fflush(stdout);
	pid = fork();
	if (!pid)
		become(words, ends[1], warns);
	close(ends[1]);
	read_output(ends[0], output, room);
	close(ends[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : CLI_REFUSED;
}

int program_run(const char *const *words, char *output, size_t room)
{
	return run(words, output, room, true);
}

/* It may fail for one instance, which goes just then, and tell of all others. */
json_t *program_json(const char *const *words)
{
	char *output = malloc(OUTPUT_MAX);
	json_t *value = NULL;

	if (output) {
		run(words, output, OUTPUT_MAX, false);
		value = json_loads(output, 0, NULL);
	}
	free(output);
	return value;
}
