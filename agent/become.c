// SPDX-License-Identifier: GPL-2.0-only
/* The steps of a process on its way to its program, in the order in which rights allow them. */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "become.h"

#define GROUPS_MAX 65536	/* as many as Linux lets a process have: NGROUPS_MAX */

static bool is_program(const char *path)
{
	struct stat about;

	return !access(path, X_OK) && !stat(path, &about) && S_ISREG(about.st_mode);
}

static const char *find_variable(const char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* As execvp(3) looks for it, in the container's own PATH. */
static bool find_program(struct become *become)
{
	const char *name = *become->arguments, *path, *end;

	if (strchr(name, '/')) {
		snprintf(become->program, sizeof(become->program), "%s", name);
		return is_program(become->program);
	}
	path = find_variable(become->environment, "PATH");
	for (; path && *path; path = *end ? end + 1 : end) {
		end = path + strcspn(path, ":");
		snprintf(become->program, sizeof(become->program), "%.*s/%s",
			 (int)(end - path), path, name);
		if (is_program(become->program))
			return true;
	}
	return false;
}

static int refuse(char *reason, size_t room, const char *what, const char *about)
{
	int error = errno;

	snprintf(reason, room, "%s%s: %s", what, about, strerror(error));
	return -error;
}

static int go_to_directory(const struct spec *spec, char *reason, size_t room)
{
	struct agent_message directory;

	if (!spec_find(spec, AGENT_DIRECTORY, &directory))
		return 0;
	return chdir(directory.text[0]) ?
		refuse(reason, room, "cannot go to ", directory.text[0]) : 0;
}

/* Programs want one, and engines leave it to the runtime: only the container knows its users. */
static int add_home(struct become *become)
{
	struct agent_message user;
	const char **more;
	size_t count = 0;

	if (find_variable(become->environment, "HOME"))
		return 0;
	while (become->environment[count])
		count++;
	more = realloc(become->environment, (count + 2) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	home_find(spec_find(become->spec, AGENT_USER, &user) ? user.number[0] : 0, become->home);
	more[count] = become->home;
	more[count + 1] = NULL;
	become->environment = more;
	return 0;
}

int become_prepare(struct become *become, const struct spec *spec, const struct become_files *files,
		   char *reason, size_t room)
{
	become->spec = spec;
	become->files = *files;
	become->arguments = spec_words(spec, AGENT_ARGUMENT);
	become->environment = spec_words(spec, AGENT_ENVIRONMENT);
	if (!become->arguments || !become->environment || !*become->arguments || add_home(become)) {
		snprintf(reason, room, "no command to run");
		return -EINVAL;
	}
	if (go_to_directory(spec, reason, room))
		return -ENOENT;
	if (find_program(become))
		return 0;
	/* Engines look for these words: they make exit code 127 of them, or 126. */
	if (!access(become->program, F_OK))
		snprintf(reason, room, "\"%s\": permission denied", *become->arguments);
	else
		snprintf(reason, room, "\"%s\": executable file not found in $PATH",
			 *become->arguments);
	return -ENOENT;
}

/* Who has a file open may still not open it by its name, as of /dev/stdout, where it is another's. Not all can be given. */
static void give_files(const struct become *become)
{
	struct agent_message user;
	int fd;

	if (!spec_find(become->spec, AGENT_USER, &user))
		return;
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fchown(fd, user.number[0], -1))
			continue;
}

static int set_files(const struct become *become)
{
	if (dup2(become->files.input, STDIN_FILENO) < 0 ||
	    dup2(become->files.output, STDOUT_FILENO) < 0 ||
	    dup2(become->files.errors, STDERR_FILENO) < 0)
		return -1;
	give_files(become);
	setsid();
	if (isatty(STDIN_FILENO) && ioctl(STDIN_FILENO, TIOCSCTTY, 0))
		return -1;
	return syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 1 << 2 /* CLOSE_RANGE_CLOEXEC */);
}

static int set_limits(const struct spec *spec)
{
	struct agent_message message;
	size_t at = 0;

	while (spec_next(spec, &at, &message)) {
		struct rlimit limit = { message.number[1], message.number[2] };

		if (message.type == AGENT_LIMIT && setrlimit(message.number[0], &limit))
			return -1;
	}
	return 0;
}

/* The last number of 32 bits is nobody's: to setresuid(2) it says that all stays as it is, and so root. */
static bool are_ids(u64 one, u64 other)
{
	errno = EINVAL;
	return one < UINT_MAX && other < UINT_MAX;
}

static int set_groups(const struct spec *spec)
{
	static gid_t groups[GROUPS_MAX];
	struct agent_message message;
	size_t at = 0, count = 0;

	while (spec_next(spec, &at, &message)) {
		if (message.type != AGENT_GROUP)
			continue;
		if (!are_ids(message.number[0], count) || count == GROUPS_MAX)
			return -1;
		groups[count++] = message.number[0];
	}
	return setgroups(count, groups);
}

static int set_user(const struct spec *spec)
{
	struct agent_message user;

	if (!spec_find(spec, AGENT_USER, &user))
		return 0;
	if (!are_ids(user.number[0], user.number[1]))
		return -1;
	umask(user.number[2]);
	return setresgid(user.number[1], user.number[1], user.number[1]) ||
		setresuid(user.number[0], user.number[0], user.number[0]);
}

/*
 * While all rights are there: what can never be had again. A kernel without that one says EINVAL.
 */
static int limit_capabilities(u64 bounding)
{
	int i;

	for (i = 0; i < 64; i++)
		if (!(bounding >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) && errno != EINVAL)
			return -1;
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

/*
 * Ambient can be what is permitted and inheritable (capabilities(7)). buildah writes more than that, and
 * the rest of it is as if it were not there.
 */
static int set_capabilities(const struct agent_message *message)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	u64 ambient = message->number[4] & message->number[2] & message->number[3];
	int i;

	for (i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = message->number[1] >> (32 * i);
		data[i].permitted = message->number[2] >> (32 * i);
		data[i].inheritable = message->number[3] >> (32 * i);
	}
	if (syscall(SYS_capset, &header, data))
		return -1;
	for (i = 0; i < 64; i++)
		if (ambient >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0))
			return -1;
	return 0;
}

static int set_rights(const struct spec *spec)
{
	struct agent_message capabilities, message;
	bool limited = spec_find(spec, AGENT_CAPABILITIES, &capabilities);

	if (limited && limit_capabilities(capabilities.number[0]))
		return -1;
	if (set_groups(spec) || set_user(spec))
		return -1;
	if (limited && set_capabilities(&capabilities))
		return -1;
	return spec_find(spec, AGENT_NO_NEW_PRIVILEGES, &message) ?
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0;
}

/* Instructions lie anywhere in a message. */
static int set_filter(const struct spec *spec)
{
	static struct sock_filter program[AGENT_FILTER_MAX / sizeof(struct sock_filter)];
	struct sock_fprog filter = { .filter = program };
	struct agent_message message;

	if (!spec_find(spec, AGENT_FILTER, &message))
		return 0;
	if (message.size > sizeof(program) || message.size % sizeof(*program) ||
	    message.number[0] > UINT_MAX) {
		errno = EINVAL;
		return -1;
	}
	memcpy(program, message.bytes, message.size);
	filter.len = message.size / sizeof(*program);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, message.number[0], &filter);
}

/*
 * A filter wants rights, or none that can be gained any more: it comes before the rights go where
 * new ones may be gained later, and else last of all, so that it need not allow what is done here.
 */
static int set_rights_and_filter(const struct spec *spec)
{
	struct agent_message message;

	if (spec_find(spec, AGENT_NO_NEW_PRIVILEGES, &message))
		return set_rights(spec) || set_filter(spec);
	return set_filter(spec) || set_rights(spec);
}

void become_run(const struct become *become, char *reason, size_t room)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (set_files(become))
		refuse(reason, room, "cannot set up its files", "");
	else if (set_limits(become->spec))
		refuse(reason, room, "cannot set its limits", "");
	else if (set_rights_and_filter(become->spec))
		refuse(reason, room, "cannot set its user, rights and filter of system calls", "");
	else if (execve(become->program, (char *const *)become->arguments,
			(char *const *)become->environment))
		refuse(reason, room, "cannot run ", become->program);
}
