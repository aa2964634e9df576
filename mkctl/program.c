// SPDX-License-Identifier: GPL-2.0-only
/* Running mkctl's own commands beside this process. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parent.h"
#include "program.h"
#include "say.h"

#define PIECE_BYTES 4096

/*
 * A group of its own: Ctrl-C reaches the one who decides what it means. What came before that, when
 * this was of its group and had the signals blocked, is for that one as well: to be ignored is what
 * drops it.
 */
static void leave_group(void)
{
	sigset_t none;

	setpgid(0, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn)) become(const char *const *arguments, pid_t parent,
					     int output)
{
	leave_group();
	if (parent_end_with(parent, SIGTERM) && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(output, STDERR_FILENO) >= 0)
		execv("/proc/self/exe", (char *const *)arguments);
	_exit(CLI_REFUSED);
}

/*
 * vfork(), since it returns once the child has become the program: until then the child has open what
 * this process has, and the listener would take it for someone who has opened the console. (Linux
 * closes them before it lets go of the memory, which is what is waited for: begin_new_exec() in
 * fs/exec.c.)
 */
int program_start(struct program *program, const char *const *arguments)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return cli_refuse("cannot make a pipe: %s", strerror(errno));
	program->pid = vfork();
	if (!program->pid)
		become(arguments, parent, ends[1]);
	close(ends[1]);
	program->output = ends[0];
	if (program->pid > 0 && !fcntl(program->output, F_SETFL, O_NONBLOCK))
		return CLI_OK;
	cli_warn("cannot start mkctl %s: %s", arguments[1], strerror(errno));
	if (program->pid > 0) {
		program_ask_to_end(program);
		program_wait(program);
	}
	program->pid = 0;
	return CLI_REFUSED;
}

bool program_read(struct program *program)
{
	char bytes[PIECE_BYTES];
	ssize_t got = read(program->output, bytes, sizeof(bytes));

	if (got > 0)
		line_put(&program->line, bytes, got);
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

void program_ask_to_end(const struct program *program)
{
	if (program->pid > 0)
		kill(program->pid, SIGTERM);
}

int program_wait(struct program *program)
{
	int status = 0;

	if (!program->pid)
		return CLI_OK;
	line_flush(&program->line);
	close(program->output);
	program->output = -1;
	while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
		;
	program->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_REFUSED;
}
