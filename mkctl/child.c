// SPDX-License-Identifier: GPL-2.0-only
/* Running another program. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "say.h"
#include "whole.h"

#define CHILD_SECONDS 30	/* what is asked of one takes it milliseconds */
#define NOT_FOUND 127		/* as a shell says it */

static void __attribute__((noreturn)) become(const struct child *child, int output)
{
	/* The alarm outlives exec and ends one that does not end. */
	alarm(CHILD_SECONDS);
	if ((child->input < 0 || dup2(child->input, STDIN_FILENO) >= 0) &&
	    dup2(output, STDOUT_FILENO) >= 0)
		execvp(*child->command, (char *const *)child->command);
	_exit(errno == ENOENT ? NOT_FOUND : 1);
}

static int refuse_signal(const struct child *child, int number)
{
	if (number == SIGALRM)
		return cli_refuse("%s: %s has not ended within %d seconds", child->about,
				    *child->command, CHILD_SECONDS);
	return cli_refuse("%s: %s was ended by a signal: %s", child->about, *child->command,
			    strsignal(number));
}

/* How it ended. One that had more to write than is taken was ended by that: its size tells. */
static int verdict(const struct child *child, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return cli_refuse("cannot wait for %s: %s", *child->command,
					    strerror(errno));
	if (child->size == child->limit)
		return CLI_OK;
	if (WIFSIGNALED(status))
		return refuse_signal(child, WTERMSIG(status));
	if (WEXITSTATUS(status) == NOT_FOUND)
		return cli_refuse("%s: it takes the program %s (package %s)", child->about,
				    *child->command, child->package);
	if (WEXITSTATUS(status))
		return cli_refuse("%s: %s does not take it", child->about, *child->command);
	return CLI_OK;
}

int child_run(struct child *child)
{
	ssize_t size;
	int ends[2];
	pid_t pid;
	int code;

	if (pipe2(ends, O_CLOEXEC))
		return cli_refuse("cannot make a pipe to %s: %s", *child->command,
				    strerror(errno));
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return cli_refuse("cannot start %s: %s", *child->command, strerror(errno));
	}
	if (!pid)
		become(child, ends[1]);
	close(ends[1]);
	size = read_all(ends[0], child->output, child->limit);
	close(ends[0]);
	child->size = size < 0 ? 0 : size;
	code = verdict(child, pid);
	if (!code && size < 0)
		code = cli_refuse("%s: cannot read what %s made: %s", child->about,
				    *child->command, strerror(-size));
	return code;
}
