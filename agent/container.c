// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts and what belongs to them. All paths of the container are looked up as if its root were "/":
 * no link in an image leads out of it.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "container.h"
#include "copy.h"
#include "inside.h"
#include "network.h"
#include "pod.h"
#include "target.h"

#define PATH_SIZE 4096
#define PROC_PATH_SIZE 64

/* Flags that a bind mount takes only by being mounted again. */
#define LATER (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | \
	       MS_NODIRATIME | MS_RELATIME)

/* Flags that take away what files there could do. */
#define FORBIDS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/**
 * struct place - a container that is being made
 * @root:   its root directory, open
 * @share:  where its files are
 * @reason: receives a sentence
 * @room:   for it
 */
struct place {
	int root;
	const char *share;
	char *reason;
	size_t room;
};

static int refuse(const struct place *place, const char *what, const char *path)
{
	int error = errno;

	snprintf(place->reason, place->room, "%s %s: %s", what, path, strerror(error));
	return -error;
}

/* What a descriptor of O_PATH stands for, as a path that mount(2) takes. */
static const char *path_of(int fd, char path[PROC_PATH_SIZE])
{
	snprintf(path, PROC_PATH_SIZE, "/proc/self/fd/%d", fd);
	return path;
}

static bool is_directory(const char *path)
{
	struct stat about;

	return !stat(path, &about) && S_ISDIR(about.st_mode);
}

/* Reads and writes go on at the new mount, so the target is opened anew. */
static int mount_again(const struct place *place, const char *target, u64 flags)
{
	char path[PROC_PATH_SIZE];
	int fd = inside_open(place->root, target, O_PATH), err;

	if (fd < 0)
		return -1;
	err = mount(NULL, path_of(fd, path), NULL, MS_REMOUNT | MS_BIND | (flags & LATER), NULL);
	close(fd);
	return err;
}

/* The host says a name of its making, and nothing that leads elsewhere. */
static int path_in_share(const struct place *place, const char *name, char path[PATH_SIZE])
{
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..") ||
	    snprintf(path, PATH_SIZE, "%s/%s", place->share, name) >= PATH_SIZE) {
		errno = EINVAL;
		return refuse(place, "the share has no", name);
	}
	return 0;
}

static int bind(const struct place *place, const struct agent_message *message, const char *source,
		int target)
{
	char path[PROC_PATH_SIZE];

	if (mount(source, path_of(target, path), NULL, MS_BIND | MS_REC, NULL))
		return -1;
	return message->number[0] & LATER ?
		mount_again(place, message->text[1], message->number[0]) : 0;
}

/* Take a word out of a list with commas between. Was it there? */
static bool take_word(char *list, const char *word)
{
	size_t length = strlen(word), rest;
	char *at = list;

	while (at && (strncmp(at, word, length) || (at[length] && at[length] != ','))) {
		at = strchr(at, ',');
		at += !!at;
	}
	if (!at)
		return false;
	rest = length + (at[length] == ',');
	memmove(at, at + rest, strlen(at + rest) + 1);
	return true;
}

/*
 * A file system in memory covers a directory with one of the same mode, unless the host says
 * another, which comes later and holds then: that of the kernel can be written to by all. One that
 * is to have what it covers says so by a word that the kernel does not know; @covered is that
 * directory then.
 */
static void describe_memory(const struct place *place, const struct agent_message *message,
			    char data[PATH_SIZE], int *covered)
{
	struct stat about;
	int fd = inside_open(place->root, message->text[1], O_RDONLY | O_DIRECTORY);
	bool found = fd >= 0 && !fstat(fd, &about);

	if (found)
		snprintf(data, PATH_SIZE, "mode=%o,%.*s", about.st_mode & 07777, PATH_SIZE - 16,
			 message->text[3]);
	else
		snprintf(data, PATH_SIZE, "%s", message->text[3]);
	if (take_word(data, "tmpcopyup") && found)
		*covered = fd;
	else if (fd >= 0)
		close(fd);
}

/* Before it can be written to by nobody. */
static int copy_up(const struct place *place, const struct agent_message *message, int covered)
{
	int fd = inside_open(place->root, message->text[1], O_RDONLY | O_DIRECTORY), err;
	char path[PROC_PATH_SIZE];

	if (fd < 0)
		return -1;
	err = copy_all(covered, fd);
	if (!err && message->number[0] & MS_RDONLY)
		err = mount(NULL, path_of(fd, path), NULL, MS_REMOUNT | message->number[0], NULL);
	close(fd);
	return err;
}

/* In memory, with what it covers, or as anything else. */
static int mount_type(const struct place *place, const struct agent_message *message, int target,
		      const char *data, int covered)
{
	u64 flags = message->number[0] & ~(covered < 0 ? 0ULL : MS_RDONLY);
	char path[PROC_PATH_SIZE];

	if (mount(message->text[0], path_of(target, path), message->text[2], flags, data))
		return -1;
	return covered < 0 ? 0 : copy_up(place, message, covered);
}

static int mount_one(const struct place *place, const struct agent_message *message)
{
	const char *source = message->text[0], *target = message->text[1], *type = message->text[2];
	bool of_share = !strcmp(type, "bind");
	bool of_memory = !strcmp(type, "tmpfs");
	char path[PATH_SIZE], data[PATH_SIZE];
	int fd, covered = -1, err = of_share ? path_in_share(place, source, path) : 0;

	if (err)
		return err;
	if (of_memory)
		describe_memory(place, message, data, &covered);
	fd = target_open(place->root, target, !of_share || is_directory(path));
	if (fd < 0)
		return refuse(place, "cannot make", target);
	err = of_share ? bind(place, message, path, fd) :
		mount_type(place, message, fd, of_memory ? data : message->text[3], covered);
	if (err)
		err = refuse(place, "cannot mount", target);
	close(fd);
	if (covered >= 0)
		close(covered);
	return err;
}

/* A file becomes empty, a directory as well; what is not there needs no mask. */
static int mask(const struct place *place, const char *target)
{
	char path[PROC_PATH_SIZE];
	int fd = inside_open(place->root, target, O_PATH), err;

	if (fd < 0)
		return errno == ENOENT ? 0 : refuse(place, "cannot mask", target);
	err = is_directory(path_of(fd, path)) ?
		mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0k") :
		mount("/dev/null", path, NULL, MS_BIND, NULL);
	if (err)
		err = refuse(place, "cannot mask", target);
	close(fd);
	return err;
}

/* Mounted again, it would lose what else it forbids; the bits are those of mount(2). */
static u64 forbidden_at(const char *path)
{
	struct statvfs about;

	return statvfs(path, &about) ? FORBIDS : about.f_flag & FORBIDS;
}

static int make_read_only(const struct place *place, const char *target)
{
	char path[PROC_PATH_SIZE];
	int fd = inside_open(place->root, target, O_PATH), err;
	u64 flags;

	if (fd < 0)
		return errno == ENOENT ? 0 : refuse(place, "cannot protect", target);
	flags = MS_RDONLY | forbidden_at(path_of(fd, path));
	err = mount(path, path, NULL, MS_BIND | MS_REC, NULL) || mount_again(place, target, flags);
	if (err)
		err = refuse(place, "cannot protect", target);
	close(fd);
	return err;
}

/* What the runtime specification wants in each container ("Default Devices"). */
static int make_devices(const struct place *place)
{
	static const struct { const char *name; u32 major, minor; } devices[] = {
		{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 },
		{ "urandom", 1, 9 }, { "tty", 5, 0 },	/* Documentation/admin-guide/devices.txt */
	};
	static const struct { const char *name, *target; } links[] = {
		{ "fd", "/proc/self/fd" }, { "stdin", "/proc/self/fd/0" }, { "ptmx", "pts/ptmx" },
		{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	};
	int fd = target_open(place->root, "/dev", true), err = 0;
	size_t i;

	if (fd < 0)
		return refuse(place, "cannot make", "/dev");
	for (i = 0; !err && i < ARRAY_SIZE(devices); i++)
		if (mknodat(fd, devices[i].name, S_IFCHR | 0666,
			    makedev(devices[i].major, devices[i].minor)) && errno != EEXIST)
			err = refuse(place, "cannot make the device", devices[i].name);
	for (i = 0; !err && i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].target, fd, links[i].name) && errno != EEXIST)
			err = refuse(place, "cannot make the link", links[i].name);
	close(fd);
	return err;
}

static int take_step(const struct place *place, const struct agent_message *message)
{
	return message->type == AGENT_MOUNT ? mount_one(place, message) :
		pod_take(message, place->reason, place->room);
}

/* When all is mounted: nothing of this may be in the way of a mount. */
static int take_last_step(const struct place *place, const struct agent_message *message)
{
	if (message->type == AGENT_MASK)
		return mask(place, message->text[0]);
	if (message->type == AGENT_READONLY)
		return make_read_only(place, message->text[0]);
	return 0;
}

static int take_steps(const struct place *place, const struct spec *spec,
		      int (*take)(const struct place *, const struct agent_message *))
{
	struct agent_message message;
	size_t at = 0;
	int err = 0;

	while (!err && spec_next(spec, &at, &message))
		err = take(place, &message);
	return err;
}

/* Its root is a mount of its own, which then covers the first one: as switch_root(8) does it. */
static int open_root(struct place *place, const char *name, char path[PATH_SIZE])
{
	int err = path_in_share(place, name, path);

	if (err)
		return err;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(path, path, NULL, MS_BIND | MS_REC, NULL))
		return refuse(place, "cannot mount", path);
	place->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return place->root < 0 ? refuse(place, "cannot open", path) : 0;
}

/* Engines leave it to the runtime to make it. Where that cannot be, who goes there says so. */
static void make_working_directory(const struct place *place, const struct spec *spec)
{
	struct agent_message directory;
	int fd = spec_find(spec, AGENT_DIRECTORY, &directory) ?
		target_open(place->root, directory.text[0], true) : -1;

	if (fd >= 0)
		close(fd);
}

static int enter_root(const struct place *place, u64 flags)
{
	if ((flags & MS_RDONLY) && mount_again(place, "/", flags))
		return refuse(place, "cannot protect", "/");
	if (fchdir(place->root) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") ||
	    chdir("/"))
		return refuse(place, "cannot enter", "its root");
	return 0;
}

int container_make(const struct spec *spec, const char *share, char *reason, size_t room)
{
	struct place place = { .root = -1, .share = share, .reason = reason, .room = room };
	struct agent_message root;
	char path[PATH_SIZE];
	int err;

	if (!spec_find(spec, AGENT_ROOT, &root)) {
		errno = EINVAL;
		return refuse(&place, "no container", "is described");
	}
	err = open_root(&place, root.text[0], path);
	if (!err)
		err = network_begin(reason, room);
	if (!err)
		err = take_steps(&place, spec, take_step);
	if (!err)
		err = make_devices(&place);
	if (!err)
		err = take_steps(&place, spec, take_last_step);
	if (!err) {
		make_working_directory(&place, spec);
		err = enter_root(&place, root.number[0]);
	}
	if (place.root >= 0)
		close(place.root);
	return err;
}

/* Where there is no place for one, as in a root that nothing may be written to, there is none. */
void container_show_console(int number)
{
	char path[PROC_PATH_SIZE];

	snprintf(path, sizeof(path), "/dev/pts/%d", number);
	if (!mknod("/dev/console", S_IFREG | 0600, 0) || errno == EEXIST)
		mount(path, "/dev/console", NULL, MS_BIND, NULL);
}

/* To look for what is gone is enough. */
void container_forget(const struct spec *spec, const char *share)
{
	struct place place = { .share = share };
	struct agent_message root;
	char path[PATH_SIZE];

	if (spec_find(spec, AGENT_ROOT, &root) && !path_in_share(&place, root.text[0], path))
		access(path, F_OK);
}
