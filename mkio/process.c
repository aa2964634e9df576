// SPDX-License-Identifier: GPL-2.0-only
/* Starting and ending engines. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

/* Whom SIGKILL does not end within so long waits for a disk; it will end by itself. */
#define KILL_MS 1000

/* All of them above these places first, where none is in another's way. A copy is not closed. */
static bool place_files(const int files[PROCESS_FILES], int *report)
{
	int above[PROCESS_FILES], i;

	*report = fcntl(*report, F_DUPFD_CLOEXEC, PROCESS_SOCKET + PROCESS_FILES);
	for (i = 0; i < PROCESS_FILES; i++)
		above[i] = fcntl(files[i], F_DUPFD_CLOEXEC, PROCESS_SOCKET + PROCESS_FILES);
	for (i = 0; i < PROCESS_FILES; i++)
		if (files[i] >= 0 && dup2(above[i], PROCESS_SOCKET + i) < 0)
			return false;
	return true;
}

static void __attribute__((noreturn)) become(const char *const *command, const int *files, int report,
					     bool (*before)(void *), void *data)
{
	sigset_t none;
	int error;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (before && !before(data))
		_exit(1);
	if (place_files(files, &report))
		execvp(*command, (char *const *)command);
	error = errno;
	if (write(report, &error, sizeof(error)) != sizeof(error))
		_exit(1);
	_exit(1);
}

static int pidfd_open_of(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

int process_start(struct process *process, const char *const *command,
		  const int files[PROCESS_FILES], bool (*before)(void *data), void *data)
{
	int report[2], error = 0;

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	process->pid = fork();
	if (!process->pid)
		become(command, files, report[1], before, data);
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
	process->file = pidfd_open_of(process->pid);
	if (error)
		process_end(process, 0);
	return -error;
}

static bool wait_end(const struct process *process, int ms)
{
	struct pollfd end = { .fd = process->file, .events = POLLIN };

	return process->file >= 0 && poll(&end, 1, ms) == 1;
}

bool process_has_ended(const struct process *process)
{
	return process->pid && wait_end(process, 0);
}

void process_end(struct process *process, int ms)
{
	if (!process->pid)
		return;
	kill(process->pid, SIGTERM);
	if (!wait_end(process, ms)) {
		kill(process->pid, SIGKILL);
		wait_end(process, KILL_MS);
	}
	waitpid(process->pid, NULL, WNOHANG);
	if (process->file >= 0)
		close(process->file);
	process->pid = 0;
}
