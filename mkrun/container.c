// SPDX-License-Identifier: GPL-2.0-only
/* Directories of containers. A lock tells who is alive: a pid could be another's by now. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bound.h"
#include "container.h"
#include "json_file.h"
#include "kept_file.h"
#include "link.h"
#include "log.h"
#include "mkrun.h"

#define ANSWER_SIZE 1024
#define ANSWER_MS (2 * LINK_ANSWER_MS)	/* the agent is asked, or is being told something else */

void container_path(const struct container *container, const char *name, char path[CONTAINER_PATH])
{
	snprintf(path, CONTAINER_PATH, "%.480s/%.24s", container->files, name);
}

/* The same letters as runc takes. */
static bool id_is_sane(const char *id)
{
	size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_+-.");

	return length && !id[length] && length < sizeof(((struct container *)NULL)->id) &&
		strcmp(id, ".") && strcmp(id, "..");
}

int container_own_file(const char *name, char *path, size_t room)
{
	int length = snprintf(path, room, "%s/@%s", mkrun_root, name);

	return length < 0 || (size_t)length >= room ? -ENAMETOOLONG : 0;
}

int container_name(struct container *container, const char *id)
{
	if (!id_is_sane(id))
		return log_refuse("\"%s\" is no id of a container", id);
	snprintf(container->id, sizeof(container->id), "%s", id);
	if (snprintf(container->directory, CONTAINER_PATH, "%s/%s", mkrun_root, id) >=
	    CONTAINER_PATH - 32)
		return log_refuse("%s: the name is too long", mkrun_root);
	memcpy(container->files, container->directory, sizeof(container->files));
	return CLI_OK;
}

void container_look(struct container *container)
{
	char path[CONTAINER_PATH];

	container_path(container, "state.json", path);
	json_decref(container->state);
	container->state = kept_file_read(path);
}

int container_refuse_missing(const struct container *container)
{
	return log_refuse("container \"%s\" does not exist", container->id);
}

int container_find(struct container *container, const char *id)
{
	int code = container_name(container, id);

	if (code)
		return code;
	container->state = NULL;
	container_look(container);
	if (!container->state && access(container->directory, F_OK))
		return container_refuse_missing(container);
	return CLI_OK;
}

/* containerd knows by the last words that there is nothing to be killed any more. */
static int refuse_gone(const struct container *container)
{
	return log_refuse("container \"%s\" is not running: no such process", container->id);
}

int container_check_alive(const struct container *container)
{
	const char *status = container_status(container);

	if (!strcmp(status, "stopped"))
		return refuse_gone(container);
	return strcmp(status, "creating") ? CLI_OK :
		log_refuse("container \"%s\" is being created", container->id);
}

int container_find_alive(struct container *container, const char *id)
{
	int code = container_find(container, id);

	return code ? code : container_check_alive(container);
}

DIR *container_all(void)
{
	return opendir(mkrun_root);
}

bool container_next(DIR *all, struct container *container)
{
	struct dirent *entry;

	while (all && (entry = readdir(all))) {
		if (!id_is_sane(entry->d_name) || entry->d_type != DT_DIR)
			continue;
		if (!container_find(container, entry->d_name) && container->state)
			return true;
	}
	return false;
}

json_t *container_config(const struct container *container)
{
	const char *bundle = json_string_value(json_object_get(container->state, "bundle"));
	char path[PATH_MAX];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/config.json", bundle);
	return json_file_read(path, 0, &error);
}

static int refuse_file(const struct container *container, const char *name, int err)
{
	return log_refuse("%s/%s: %s", container->directory, name, strerror(err));
}

static int prepare(const struct container *container, const char *part, json_t *value)
{
	char path[CONTAINER_PATH];

	container_path(container, part, path);
	return json_dump_file(value, path, JSON_INDENT(2)) ? refuse_file(container, part, errno) : CLI_OK;
}

static int put_in_place(const struct container *container, const char *part, const char *name)
{
	char from[CONTAINER_PATH], to[CONTAINER_PATH];

	container_path(container, part, from);
	container_path(container, name, to);
	return rename(from, to) ? refuse_file(container, name, errno) : CLI_OK;
}

int container_save(const struct container *container)
{
	char path[CONTAINER_PATH], spare[CONTAINER_PATH];
	int err;

	container_path(container, "state.json", path);
	container_path(container, "state.part", spare);
	err = kept_file_write(path, spare, container->state);
	return err ? refuse_file(container, "state.json", -err) : CLI_OK;
}

int container_set_status(const struct container *container, const char *status)
{
	json_object_set_new(container->state, "status", json_string(status));
	return container_save(container);
}

json_t *container_resources(const struct container *container)
{
	char path[CONTAINER_PATH];
	json_t *resources;

	container_path(container, "resources.json", path);
	resources = json_load_file(path, 0, NULL);
	return resources ? resources : json_object();
}

int container_prepare_resources(const struct container *container, json_t *resources)
{
	return prepare(container, "resources.part", resources);
}

int container_keep_resources(const struct container *container)
{
	return put_in_place(container, "resources.part", "resources.json");
}

/* A directory that is taken away has no files, whatever has its name. */
bool container_pin(struct container *container)
{
	container->held = open(container->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(container->files, sizeof(container->files), "/proc/self/fd/%d", container->held);
	return container->held >= 0;
}

/* The number of one that is held is no other's. */
static bool is_in_place(const struct container *container)
{
	struct stat held, named;

	return !fstat(container->held, &held) && !stat(container->directory, &named) &&
		held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

bool container_lock(const struct container *container)
{
	int err;

	do
		err = flock(container->held, LOCK_EX);
	while (err && errno == EINTR);
	return !err && is_in_place(container);	/* the descriptor stays open */
}

static int open_lock(const struct container *container, int flags)
{
	char path[CONTAINER_PATH];

	container_path(container, "lock", path);
	return open(path, O_RDWR | O_CLOEXEC | flags, 0600);
}

int container_hold(const struct container *container)
{
	int fd = open_lock(container, O_CREAT);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB))
		return log_refuse("%s: %s", container->directory, strerror(errno));
	return CLI_OK;		/* the descriptor stays open */
}

/* Who looks makes none, or a directory that goes meanwhile would keep it. */
static bool is_alive(const struct container *container)
{
	int fd = open_lock(container, 0);
	bool alive = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return alive;
}

const char *container_status(const struct container *container)
{
	const char *status = json_string_value(json_object_get(container->state, "status"));

	return status && is_alive(container) ? status : "stopped";
}

/* Who holds the lock has that pid, and no other process. */
void container_kill(const struct container *container)
{
	json_int_t pid = json_integer_value(json_object_get(container->state, "pid"));

	if (pid > 1 && is_alive(container))
		kill(pid, SIGKILL);
}

void container_remove(const struct container *container)
{
	static const char *const names[] = {
		"state.json", "state.part", "resources.json", "resources.part", "lock", "control"
	};
	char path[CONTAINER_PATH];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		container_path(container, names[i], path);
		unlink(path);
	}
	container_path(container, "share", path);
	rmdir(path);
	rmdir(container->directory);
}

/* The process that stands for a container may be stopped, or wait for a kernel that says nothing. */
static int converse(int fd, const struct sockaddr_un *address, const char *request, char *answer)
{
	const u32 ms = bound_ms("MKRUN_ASK_MS", ANSWER_MS);
	const struct timeval patience = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	ssize_t size;
	int err;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	/* What waits with a timeout ends also when it was stopped and goes on (signal(7)). */
	do
		err = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	while (err && errno == EINTR);
	if (err || send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return -errno;
	do
		size = recv(fd, answer, ANSWER_SIZE - 1, 0);
	while (size < 0 && errno == EINTR);
	answer[size > 0 ? size : 0] = '\0';
	if (size < 0)
		return -errno;
	return size ? 0 : -EPIPE;
}

int container_ask(const struct container *container, const char *request)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[CONTAINER_PATH], answer[ANSWER_SIZE];
	int fd, directory, err;

	/* A path of a socket has 107 characters, and an id may have more. */
	directory = open(container->files, O_PATH | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/control", directory);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	err = fd < 0 || directory < 0 ? -errno : converse(fd, &address, request, answer);
	close(fd);
	close(directory);
	if (err == -EAGAIN)
		return log_refuse("container \"%s\" does not answer", container->id);
	if (err)
		return refuse_gone(container);
	return strcmp(answer, "ok") ? log_refuse("%s", answer) : CLI_OK;
}

int container_ask_when(const char *id, const char *status, const char *request)
{
	static struct container container;
	int code = container_find(&container, id);
	const char *now;

	if (code)
		return code;
	now = container_status(&container);
	if (strcmp(now, status))
		return log_refuse("container \"%s\" is %s, and not %s", container.id, now, status);
	return container_ask(&container, request);
}
