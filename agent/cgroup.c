// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a hierarchy of control groups that is mounted nowhere (fsmount(2)): so it is in nobody's
 * way, and needs no directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"

#define FILE_SIZE 512
#define REMOVE_MS 200
#define LOOK_MS 10
#define PATH_SIZE 4096

/*
 * The flags hold for all mounts of it, and a mount without them takes them away again: with the
 * first one a container that can write to its group cannot change the limits that hold for it.
 */
static const char *const flags[] = { "nsdelegate", "memory_recursiveprot" };

/* The root, opened when it is first needed; -1 where the kernel has none. */
static int hierarchy(void)
{
	static int root = -1;
	int context;
	size_t i;

	if (root >= 0)
		return root;
	context = syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
	if (context < 0)
		return -1;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, flags[i], NULL, 0);
	if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		root = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	close(context);
	return root;
}

/* Returns 0 or a negative errno. */
static int write_file(int directory, const char *name, const char *text)
{
	int fd = openat(directory, name, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static bool read_text(int fd, char text[FILE_SIZE])
{
	ssize_t size = fd < 0 ? -1 : pread(fd, text, FILE_SIZE - 1, 0);

	text[size > 0 ? size : 0] = '\0';
	return size > 0;
}

/* One by one: a kernel may refuse one, and give the others. */
void cgroup_begin(void)
{
	int root = hierarchy(), fd = openat(root, "cgroup.controllers", O_RDONLY | O_CLOEXEC);
	char text[FILE_SIZE], word[FILE_SIZE + 1];
	const char *at = text;

	if (read_text(fd, text)) {
		for (; *at && *at != '\n'; at += strcspn(at, " \n"), at += *at == ' ') {
			snprintf(word, sizeof(word), "+%.*s", (int)strcspn(at, " \n"), at);
			write_file(root, "cgroup.subtree_control", word);
		}
	}
	if (fd >= 0)
		close(fd);
}

int cgroup_make(struct cgroup *cgroup)
{
	static u32 made;
	int root = hierarchy();

	if (root < 0)
		return -EOPNOTSUPP;
	snprintf(cgroup->name, sizeof(cgroup->name), "container-%d-%u", getpid(), ++made);
	if (mkdirat(root, cgroup->name, 0755))
		return -errno;
	cgroup->directory = openat(root, cgroup->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cgroup->events = openat(cgroup->directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (cgroup->directory >= 0 && cgroup->events >= 0)
		return 0;
	cgroup_remove(cgroup);
	return -EOPNOTSUPP;
}

/* What a container has made below its own, from the depth up. */
static void remove_below(int directory)
{
	DIR *all = fdopendir(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;
	int fd;

	while (all && (entry = readdir(all))) {
		if (entry->d_type != DT_DIR || *entry->d_name == '.')
			continue;
		fd = openat(directory, entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			remove_below(fd);
		if (fd >= 0)
			close(fd);
		unlinkat(directory, entry->d_name, AT_REMOVEDIR);
	}
	if (all)
		closedir(all);
}

/* A kernel may count tasks that have ended a little longer. */
static void remove_group(const struct cgroup *cgroup)
{
	int ms;

	for (ms = 0; ms < REMOVE_MS; ms += LOOK_MS) {
		remove_below(cgroup->directory);
		if (!unlinkat(hierarchy(), cgroup->name, AT_REMOVEDIR) || errno != EBUSY)
			return;
		usleep(LOOK_MS * 1000);
	}
}

void cgroup_remove(struct cgroup *cgroup)
{
	if (*cgroup->name)
		remove_group(cgroup);
	if (cgroup->directory >= 0)
		close(cgroup->directory);
	if (cgroup->events >= 0)
		close(cgroup->events);
	*cgroup = (struct cgroup)CGROUP_NONE;
}

static int open_processes(int directory, const char *name)
{
	int fd = openat(directory, name, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int cgroup_open(const struct cgroup *cgroup)
{
	return open_processes(cgroup->directory, "cgroup.procs");
}

/* Its group's path, with a slash in front: the line of a hierarchy without a number. */
static bool find_path(pid_t pid, char path[PATH_SIZE])
{
	char name[64], line[PATH_SIZE];
	bool found = false;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	file = fopen(name, "re");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		found = !strncmp(line, "0::/", 4) && strchr(line, '\n');
		if (found)
			snprintf(path, PATH_SIZE, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
	}
	fclose(file);
	return found;
}

int cgroup_open_of(pid_t pid)
{
	char path[PATH_SIZE], name[PATH_SIZE + 16];

	if (!find_path(pid, path))
		return -ESRCH;
	snprintf(name, sizeof(name), ".%s/cgroup.procs", path);
	return open_processes(hierarchy(), name);
}

/* Where nothing can be limited, nothing is. */
static int set_limit(const struct cgroup *cgroup, const char *file, u64 limit, const char *more)
{
	char text[48];
	int err;

	if (limit == ~0ULL) {
		err = write_file(cgroup->directory, file, "max");
		return err == -ENOENT ? 0 : err;
	}
	snprintf(text, sizeof(text), "%llu%s", (unsigned long long)limit, more);
	return write_file(cgroup->directory, file, text);
}

static int set_limits(const struct cgroup *cgroup, const struct cgroup_limits *limits,
		      const char **what)
{
	char period[24];
	int err;

	snprintf(period, sizeof(period), " %llu", (unsigned long long)limits->cpu_period);
	*what = "tasks (pids)";
	err = set_limit(cgroup, "pids.max", limits->tasks, "");
	if (err)
		return err;
	*what = "CPU time (cpu)";
	err = set_limit(cgroup, "cpu.max", limits->cpu_time, period);
	if (err)
		return err;
	*what = "memory";
	return set_limit(cgroup, "memory.max", limits->memory, "");
}

int cgroup_limit(struct cgroup *cgroup, const struct cgroup_limits *limits, const char **what)
{
	int err = set_limits(cgroup, limits, what);
	const char *again;

	if (err)
		set_limits(cgroup, &cgroup->limits, &again);
	else
		cgroup->limits = *limits;
	return err;
}

int cgroup_freeze(const struct cgroup *cgroup, bool freeze)
{
	return write_file(cgroup->directory, "cgroup.freeze", freeze ? "1" : "0");
}

/* To read it makes poll(2) wait for the next change. */
bool cgroup_is_frozen(const struct cgroup *cgroup)
{
	char text[FILE_SIZE];

	return read_text(cgroup->events, text) && strstr(text, "frozen 1");
}

bool cgroup_has(const struct cgroup *cgroup, pid_t pid)
{
	size_t length = strlen(cgroup->name);
	char path[PATH_SIZE];

	return length && find_path(pid, path) && !strncmp(path + 1, cgroup->name, length) &&
		(!path[1 + length] || path[1 + length] == '/');
}
