// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into mkctl for its tests: a MULTIKERNEL_CALL does not go to the kernel, but into the file
 * "calls" below MKCTL_DEV, a line for each, and ends as the first line of the file "answers" there
 * says, which is "ERRNO SENTENCE"; without one it succeeds. An executable "at-call" there is run
 * before it ends: what happens in the machine meanwhile; and the kernel image is in "kernel" then. Likewise "at-upload" is run when a tree that
 * is being uploaded goes on behind its first piece, which fails with EINVAL when the program does. With
 * a file "interrupt" there a process that leaves its group is sent SIGINT just before.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "multikernel.h"
#include "port.h"

#define PATH_SIZE 512

static FILE *open_file(const char *name, const char *mode)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", getenv("MKCTL_DEV"), name);
	return fopen(path, mode);
}

static void note(const struct multikernel_call *call)
{
	FILE *calls = open_file("calls", "a");

	if (!calls)
		abort();
	fprintf(calls, "%#llx serial %llu generation %llu command line %s\n",
		(unsigned long long)call->flags, (unsigned long long)call->serial,
		(unsigned long long)call->generation,
		call->cmdline ? (const char *)(uintptr_t)call->cmdline : "none");
	fclose(calls);
}

static void keep_kernel(int fd)
{
	FILE *kernel = open_file("kernel", "w");
	char piece[4096];
	off_t at = 0;
	ssize_t size;

	if (!kernel)
		abort();
	for (; (size = pread(fd, piece, sizeof(piece), at)) > 0; at += size)
		fwrite(piece, 1, size, kernel);
	fclose(kernel);
}

/* Takes the first line away, so that the next call has the next one. */
static int take_answer(char *sentence, size_t size)
{
	FILE *answers = open_file("answers", "r+");
	char rest[PATH_SIZE * 4] = "";
	int error = 0;
	size_t left;

	if (!answers)
		return 0;
	if (fscanf(answers, "%d", &error) == 1 && fgetc(answers) == ' ' &&
	    fgets(sentence, size, answers))
		sentence[strcspn(sentence, "\n")] = '\0';
	left = fread(rest, 1, sizeof(rest), answers);
	rewind(answers);
	fwrite(rest, 1, left, answers);
	fflush(answers);
	if (ftruncate(fileno(answers), left))
		abort();
	fclose(answers);
	return error;
}

static int answer(struct multikernel_call *call)
{
	char *sentence = (char *)(uintptr_t)call->text;
	char command[PATH_SIZE];

	if (call->size != sizeof(*call))
		abort();
	note(call);
	keep_kernel(call->kernel_fd);
	snprintf(command, sizeof(command), "test ! -x %s/at-call || %s/at-call", getenv("MKCTL_DEV"),
		 getenv("MKCTL_DEV"));
	if (system(command))
		abort();
	*sentence = '\0';
	errno = take_answer(sentence, call->text_size);
	return errno ? -1 : 0;
}

static bool overtaken(int fd)
{
	char link[64], path[PATH_SIZE];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return false;
	path[length] = '\0';
	if (!strstr(path, "/multikernel/device_tree") || lseek(fd, 0, SEEK_CUR) <= 0)
		return false;
	snprintf(path, sizeof(path), "%s/at-upload", getenv("MKCTL_DEV"));
	return !access(path, X_OK) && system(path);
}

int setpgid(pid_t pid, pid_t group)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/interrupt", getenv("MKCTL_DEV"));
	if (!access(path, F_OK))
		kill(getpid(), SIGINT);
	return syscall(SYS_setpgid, pid, group);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	if (overtaken(fd)) {
		errno = EINVAL;
		return -1;
	}
	return syscall(SYS_write, fd, bytes, size);
}

int ioctl(int fd, unsigned long command, ...)
{
	void *argument;
	va_list args;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	if (command == MULTIKERNEL_CALL)
		return answer(argument);
	return syscall(SYS_ioctl, fd, command, argument);
}
