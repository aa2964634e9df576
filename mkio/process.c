// SPDX-License-Identifier: GPL-2.0-only
/* Starting and ending engines. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parent.h"
#include "process.h"
#include "rights.h"

/* Whom SIGKILL does not end within so long waits for a disk; it will end by itself. */
#define KILL_MS 1000

/*
 * All of them above these places first, where none is in another's way. A copy is not closed; what else there is,
 * of ours or of whoever has started us, is.
 */
static bool place_files(const int files[PROCESS_FILES], int *report)
{
	int above[PROCESS_FILES], i;

	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC))
		return false;
	*report = fcntl(*report, F_DUPFD_CLOEXEC, PROCESS_SOCKET + PROCESS_FILES);
	for (i = 0; i < PROCESS_FILES; i++)
		above[i] = fcntl(files[i], F_DUPFD_CLOEXEC, PROCESS_SOCKET + PROCESS_FILES);
	for (i = 0; i < PROCESS_FILES; i++)
		if (files[i] >= 0 && dup2(above[i], PROCESS_SOCKET + i) < 0)
			return false;
	return true;
}

/* What is typed is not for it. */
static bool read_nothing(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && dup2(fd, STDIN_FILENO) >= 0;
}

bool process_ignores(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN;
}

/* By which an engine is asked to end: where SIGTERM is for others, it does not hear that either. */
static int asking(void)
{
	return process_ignores(SIGTERM) ? SIGINT : SIGTERM;
}

/*
 * It hears all that it likes, but for SIGTERM where we are to outlive that: qemu-storage-daemon takes
 * that whether it was ignored or not, but leaves it blocked.
 */
static void set_signals(void)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	if (process_ignores(SIGTERM))
		sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static void __attribute__((noreturn)) become(const struct program *program, pid_t parent,
					     int report)
{
	int error;

	set_signals();
	setsid();
	if (!parent_end_with(parent, asking()))
		_exit(1);
	if ((program->before && !program->before()) || rights_keep(program->rights))
		_exit(1);
	if (read_nothing() && place_files(program->files, &report))
		execvp(*program->command, (char *const *)program->command);
	error = errno;
	if (write(report, &error, sizeof(error)) != sizeof(error))
		_exit(1);
	_exit(1);
}

static int pidfd_open_of(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

int process_start(struct process *process, const struct program *program)
{
	int report[2], error = 0;
	pid_t parent = getpid();

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	process->pid = fork();
	if (!process->pid)
		become(program, parent, report[1]);
	if (process->pid < 0)
		error = errno;
	close(report[1]);
	/* Nothing comes where the program has begun: its end of the pipe is closed by that. */
	if (!error && read(report[0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	close(report[0]);
	if (process->pid < 0) {
		process->pid = 0;
		return -error;
	}
	/* Without that nobody could wait for its end, and it would be ended by force each time. */
	process->file = pidfd_open_of(process->pid);
	if (process->file < 0 && !error)
		error = errno;
	if (error)
		process_end(process, 0);
	return -error;
}

static bool wait_end(const struct process *process, int ms)
{
	struct pollfd end = { .fd = process->file, .events = POLLIN };

	return process->file >= 0 && poll(&end, 1, ms) == 1;
}

void process_ask(const struct process *process)
{
	if (process->pid)
		kill(process->pid, asking());
}

bool process_end(struct process *process, int ms)
{
	bool by_itself;
	int status = 0;

	if (!process->pid)
		return false;
	process_ask(process);
	by_itself = wait_end(process, ms);
	/* And what is left of its session: what it has started has what it had. */
	kill(-process->pid, SIGKILL);
	wait_end(process, KILL_MS);
	waitpid(process->pid, &status, WNOHANG);
	if (process->file >= 0)
		close(process->file);
	process->pid = 0;
	return by_itself && WIFSIGNALED(status) && WTERMSIG(status) != asking();
}
