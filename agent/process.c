// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making a process of the container, in two steps: the agent's child goes into the namespaces and
 * makes the process there, as a sibling of itself (CLONE_PARENT), for a namespace of processes
 * holds for children alone, and only a parent learns how a process ends.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "become.h"
#include "container.h"
#include "process.h"
#include "terminal.h"

/* Where a process follows the first one. */
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)

/* A new process's ends of what struct process holds. */
struct ends {
	int input;
	int output;
	int errors;
	int report;
	int go;
	int cgroup;	/* where it enters its group, see cgroup_open() */
};

#define ENDS_NONE { -1, -1, -1, -1, -1, -1 }

void process_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_ends(struct ends *ends)
{
	process_close(&ends->input);
	process_close(&ends->output);
	process_close(&ends->errors);
	process_close(&ends->report);
	process_close(&ends->go);
	process_close(&ends->cgroup);
}

static int make_pipe(int *reader, int *writer)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	*reader = ends[0];
	*writer = ends[1];
	return 0;
}

/* While the container is still to be made, its first process has one of the agent's. */
static int make_terminal(struct process *process, struct ends *ends,
			 const struct agent_message *terminal, const struct process *first)
{
	const struct winsize size = {
		.ws_row = terminal->number[0], .ws_col = terminal->number[1],
	};

	process->input = terminal_open(first ? first->place : -1, &size);
	if (process->input < 0)
		return process->input;
	ends->input = terminal_peer(process->input);
	if (ends->input < 0)
		return ends->input;
	ends->output = fcntl(ends->input, F_DUPFD_CLOEXEC, 0);
	ends->errors = fcntl(ends->input, F_DUPFD_CLOEXEC, 0);
	process->output = fcntl(process->input, F_DUPFD_CLOEXEC, 0);
	return process->output < 0 || ends->output < 0 || ends->errors < 0 ? -EMFILE : 0;
}

static int make_ends(struct process *process, struct ends *ends, const struct spec *spec,
		     const struct process *first)
{
	struct agent_message terminal;
	int err = make_pipe(&process->report, &ends->report);

	if (!err && !first)
		err = make_pipe(&ends->go, &process->go);
	if (err)
		return err;
	if (spec_find(spec, AGENT_TERMINAL, &terminal))
		return make_terminal(process, ends, &terminal, first);
	err = make_pipe(&ends->input, &process->input);
	if (!err)
		err = make_pipe(&process->output, &ends->output);
	return err ? err : make_pipe(&process->errors, &ends->errors);
}

static void __attribute__((noreturn)) leave(const struct ends *ends, const char *reason)
{
	if (write(ends->report, reason, strlen(reason)) < 0)
		_exit(1);
	_exit(1);
}

/* The agent's word, with which comes a terminal, or its end. */
static bool wait_for_go(const struct ends *ends, int *terminal)
{
	char byte = AGENT_READY;

	return write(ends->report, &byte, 1) == 1 &&
	       read(ends->go, terminal, sizeof(*terminal)) == sizeof(*terminal);
}

/* The next one of its own, from @from on; UINT_MAX for none. */
static u32 next_own(const struct ends *ends, u32 from)
{
	const int own[] = { ends->input, ends->output, ends->errors, ends->report, ends->go,
			    ends->cgroup };
	u32 next = UINT_MAX;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(own); i++)
		if (own[i] >= 0 && (u32)own[i] >= from && (u32)own[i] < next)
			next = own[i];
	return next;
}

/*
 * A directory of the agent's would be a way out of the root, for one whose working directory is
 * /proc/self/fd/N; and another's end that is held here is one that nobody sees.
 */
static void close_all_but(const struct ends *ends)
{
	u32 from = STDERR_FILENO + 1, next;

	do {
		next = next_own(ends, from);
		if (next > from)
			syscall(SYS_close_range, from, next - 1, 0);
		from = next + 1;
	} while (next != UINT_MAX);
}

static int use_terminal(struct become *become, int number)
{
	int fd = terminal_open_number(number);

	if (fd < 0)
		return fd;
	become->files = (struct become_files){ fd, fd, fd };
	return 0;
}

/*
 * The process itself does it: in a group that is stopped it would wait here, and not the agent. The
 * container sees no group above its own: that one it finds itself in first.
 */
static bool enter_cgroup(const struct ends *ends)
{
	if (ends->cgroup >= 0 && write(ends->cgroup, "0", 1) != 1)
		return false;
	return ends->go < 0 || !unshare(CLONE_NEWCGROUP);
}

static void __attribute__((noreturn)) run(const struct spec *spec, const char *share,
					  const struct ends *ends)
{
	const struct become_files files = { ends->input, ends->output, ends->errors };
	char reason[PROCESS_REASON] = "";
	struct become become;
	int terminal = TERMINAL_NONE;

	close_all_but(ends);
	if (!enter_cgroup(ends))
		leave(ends, "cannot enter its control group");
	if (ends->go >= 0 && container_make(spec, share, reason, sizeof(reason)))
		leave(ends, reason);
	if (become_prepare(&become, spec, &files, reason, sizeof(reason)))
		leave(ends, reason);
	if (ends->go >= 0 && !wait_for_go(ends, &terminal))
		_exit(1);
	if (terminal != TERMINAL_NONE && use_terminal(&become, terminal))
		leave(ends, "cannot open its terminal");
	if (terminal != TERMINAL_NONE)
		container_show_console(terminal);
	become_run(&become, reason, sizeof(reason));
	leave(ends, reason);
}

static int enter_namespaces(int own, const struct process *first)
{
	return first ? setns(first->file, NAMESPACES) : unshare(own);
}

/* fork(2), with the agent as the new one's parent. */
static pid_t fork_sibling(void)
{
	return syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* The agent's child: says the new one's pid, and is gone. */
static void __attribute__((noreturn)) go_between(const struct spec *spec, const char *share,
						 int own, const struct process *first,
						 const struct ends *ends, int answer)
{
	pid_t pid = -1;

	if (!enter_namespaces(own, first)) {
		pid = fork_sibling();
		if (!pid)
			run(spec, share, ends);
	}
	if (pid < 0)
		pid = -errno;
	if (write(answer, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	_exit(0);
}

static int make_process(struct process *process, const struct spec *spec, const char *share,
			int own, const struct process *first, const struct ends *ends)
{
	int reader = -1, writer = -1, err = make_pipe(&reader, &writer);
	pid_t child, pid = -ECHILD;

	if (err)
		return err;
	child = fork();
	if (!child)
		go_between(spec, share, own, first, ends, writer);
	close(writer);
	if (child > 0) {
		if (read(reader, &pid, sizeof(pid)) != sizeof(pid))
			pid = -ECHILD;
		waitpid(child, NULL, 0);
	}
	close(reader);
	if (pid < 0)
		return pid;
	process->pid = pid;
	process->file = syscall(SYS_pidfd_open, pid, 0);
	return process->file < 0 ? -errno : 0;
}

/* Reads and writes of the agent must not wait. */
static void set_nonblocking(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int process_start(struct process *process, const struct spec *spec, const char *share, int own,
		  const struct process *first, int cgroup)
{
	struct ends ends = ENDS_NONE;
	int err = make_ends(process, &ends, spec, first);

	ends.cgroup = cgroup;
	if (!err)
		err = make_process(process, spec, share, own, first, &ends);
	close_ends(&ends);
	set_nonblocking(process->report);
	set_nonblocking(process->input);
	set_nonblocking(process->output);
	set_nonblocking(process->errors);
	if (err)
		process_end(process);
	return err;
}

void process_is_ready(struct process *process)
{
	process_close(&process->place);
	process->place = terminal_place(process->pid);
}

int process_go(struct process *process)
{
	int terminal = terminal_move(process->input, process->output, process->place);
	bool gone = write(process->go, &terminal, sizeof(terminal)) != sizeof(terminal);

	set_nonblocking(process->input);
	process_close(&process->go);
	return gone ? -ESRCH : 0;
}

u32 process_exit_code(struct process *process)
{
	int status = 0;

	while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
		;
	process->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A terminal counts but what its reader can have at once; the kernel holds less of it than this altogether. */
size_t process_unread(int fd)
{
	int size = 0;

	if (fd < 0 || ioctl(fd, FIONREAD, &size) || size < 0)
		return 0;
	return isatty(fd) ? TERMINAL_UNREAD_MAX : (size_t)size;
}

void process_end(struct process *process)
{
	if (process->pid) {
		kill(process->pid, SIGKILL);
		process_exit_code(process);
	}
	process_close(&process->file);
	process_close(&process->report);
	process_close(&process->go);
	process_close(&process->input);
	process_close(&process->output);
	process_close(&process->errors);
	process_close(&process->place);
}
