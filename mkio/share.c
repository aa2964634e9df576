// SPDX-License-Identifier: GPL-2.0-only
/* A directory of the host: a virtio-fs device, served by virtiofsd or by another's engine. */
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mkio.h"
#include "rights.h"
#include "vhost_user.h"

/* The high priority queue, and one for requests (virtio 1.2, 5.11.2). */
#define QUEUES 2
#define QUEUE_SIZE 128

/* The one written in Rust, and the one of QEMU 7.2, written in C: they have other arguments. */
#define RUST_ENGINE "/usr/libexec/virtiofsd"
#define C_ENGINE "/usr/lib/qemu/virtiofsd"

static const char *tag_text, *dir_text, *socket_text, *engine_text, *name_text;
static bool read_only, replaceable;

/**
 * struct share - the engine
 * @user:    the conversation with it
 * @peer:    where it is had from
 * @about:   the directory, as it was when the engine was told of it
 * @source:  argument of the C virtiofsd, or NULL
 * @command: all of them
 */
struct share {
	struct vhost_user user;
	struct vhost_user_peer peer;
	struct stat about;
	char *source;
	const char *command[8];
};

static int prepare(struct device *device)
{
	struct share *share = device->data;

	if (dir_text && stat(dir_text, &share->about))
		return cli_refuse("cannot look at %s: %s", dir_text, strerror(errno));
	return vhost_user_begin(&share->user, device, &share->peer);
}

/*
 * What the driver has said to an engine at its mount, and the files that it holds open there, are
 * gone with that engine. One whose rings are not new has such a mount.
 */
static int start(struct device *device, u64 features)
{
	struct share *share = device->data;
	u32 i;

	for (i = 0; i < device->served; i++)
		if (device->queue[i].kick >= 0 && device->queue[i].base)
			return cli_refuse("%s: it was served before, and its mount is lost: unmount it there, and mount it again",
					   device->attachment.about);
	return vhost_user_start(&share->user, device, features);
}

static enum engine_end stop(struct device *device, u32 ms)
{
	return vhost_user_end(&((struct share *)device->data)->user, ms);
}

static bool end(struct device *device)
{
	return vhost_user_wait(&((struct share *)device->data)->user);
}

static int watched(struct device *device)
{
	return ((struct share *)device->data)->user.either;
}

static int ready(struct device *device)
{
	bool changed;

	return vhost_user_ready(&((struct share *)device->data)->user, &changed);
}

static void describe(struct device *device, char text[CONTROL_TEXT])
{
	const struct share *share = device->data;

	vhost_user_describe(&share->user, &share->peer, text);
}

static void origin(struct device *device, struct origin *origin)
{
	const struct share *share = device->data;
	char how[64];

	snprintf(how, sizeof(how), "tag %s%s", tag_text, read_only ? ", read-only" : "");
	if (dir_text)
		origin_of_file(origin, "share", how, &share->about, dir_text);
	else
		origin_of_name(origin, "share", "an engine at", socket_text);
}

static const struct engine engine = {
	.prepare = prepare, .start = start, .stop = stop, .end = end, .fd = watched, .ready = ready,
	.describe = describe, .origin = origin,
};

/* In the engine's process: the directory, and what is mounted below it, cannot be written to. */
static bool make_read_only(void)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };

	if (!unshare(CLONE_NEWNS) && !mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	    !mount(dir_text, dir_text, NULL, MS_BIND | MS_REC, NULL) &&
	    !syscall(SYS_mount_setattr, AT_FDCWD, dir_text, AT_RECURSIVE, &attributes,
		     sizeof(attributes)))
		return true;
	cli_refuse("cannot make %s read-only: %s", dir_text, strerror(errno));
	return false;
}

static const char *choose_engine(void)
{
	if (engine_text)
		return engine_text;
	return access(RUST_ENGINE, X_OK) && !access(C_ENGINE, X_OK) ? C_ENGINE : RUST_ENGINE;
}

/* QEMU's own is told by its place; what else there is takes the arguments of the newer one. */
static bool is_c_engine(const char *program)
{
	return strstr(program, "/qemu/");
}

/*
 * Its options are separated by commas, and a backslash takes away what the letter behind it means
 * (QEMU 7.2's tools/virtiofsd/fuse_opt.c). A name in which it finds one would be another
 * directory's, which is then served in its place, and can be written where this one is to be read
 * only.
 */
static char *escape(const char *text)
{
	char *escaped = malloc(2 * strlen(text) + 1), *to = escaped;

	if (!escaped)
		return NULL;
	for (; *text; text++) {
		if (*text == ',' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '\0';
	return escaped;
}

static int set_source(struct share *share)
{
	char *name = escape(dir_text);
	int length = name ? asprintf(&share->source, "log_level=err,source=%s", name) : -1;

	free(name);
	if (length >= 0)
		return CLI_OK;
	share->source = NULL;
	return cli_refuse("no memory for arguments");
}

static int set_command(struct share *share)
{
	const char **word = share->command;
	int code;

	*word++ = choose_engine();
	share->peer.command = share->command;
	share->peer.package = "virtiofsd on Debian 13, qemu-system-common on Debian 12";
	if (read_only)
		share->peer.before = make_read_only;
	if (!is_c_engine(*share->command)) {
		*word++ = "--fd=" PROCESS_SOCKET_TEXT;
		*word++ = "--shared-dir";
		*word++ = dir_text;
		return CLI_OK;
	}
	code = set_source(share);
	*word++ = "--fd=" PROCESS_SOCKET_TEXT;
	*word++ = "-o";
	*word++ = share->source;
	return code;
}

static int check_directory(void)
{
	struct stat about;

	if (stat(dir_text, &about))
		return cli_refuse("cannot look at %s: %s", dir_text, strerror(errno));
	if (!S_ISDIR(about.st_mode))
		return cli_refuse("%s is no directory", dir_text);
	return CLI_OK;
}

static int check_words(void)
{
	size_t room = sizeof(((struct virtio_fs_config *)NULL)->tag);

	if (!dir_text == !socket_text)
		return cli_usage("share wants either --dir or --socket");
	if (socket_text && (read_only || engine_text))
		return cli_usage("--read-only and --engine go with --dir");
	if (dir_text && *dir_text != '/')
		return cli_usage("\"%s\" is no whole path of a directory", dir_text);
	if (!*tag_text || strlen(tag_text) > room)
		return cli_usage("\"%s\" is no tag: 1 to %zu bytes", tag_text, room);
	return CLI_OK;
}

static int serve(struct device *device, struct share *share)
{
	struct virtio_fs_config config = { .num_request_queues = 1 };
	int code = CLI_OK;

	memcpy(config.tag, tag_text, strlen(tag_text));
	memcpy(device->config, &config, sizeof(config));
	share->peer.path = socket_text;
	if (dir_text)
		code = check_directory();
	if (!code && dir_text)
		code = set_command(share);
	return code ? code : life_run(device);
}

static int run(int count, char **operand)
{
	struct share share = { .user = VHOST_USER_NONE };
	struct device device = {
		.virtio_id = VIRTIO_ID_FS,
		.queue_count = QUEUES,
		.served = QUEUES,
		.queue_size = QUEUE_SIZE,
		.config_size = sizeof(struct virtio_fs_config),
		.engine = &engine,
		.data = &share,
		.rights = RIGHTS_OF_SHARE,
		.replaceable = replaceable,
	};
	int code = check_words();

	(void)count;
	if (!code)
		code = device_find(&device, NULL, operand[0], name_text ? name_text : tag_text);
	if (!code)
		code = serve(&device, &share);
	free(share.source);
	return code;
}

static const struct cli_option options[] = {
	{ "tag", 0, CLI_TEXT, "TAG",
	  "by what the spawn mounts it", &tag_text, 0, true },
	{ "dir", 0, CLI_TEXT, "DIRECTORY",
	  "of the host", &dir_text },
	{ "read-only", 0, CLI_FLAG, NULL,
	  "nothing can be written there", &read_only },
	{ "engine", 0, CLI_TEXT, "PROGRAM",
	  "else the virtiofsd that is installed", &engine_text },
	{ "socket", 0, CLI_TEXT, "PATH",
	  "of an engine that runs already, instead of a directory", &socket_text },
	{ "name", 0, CLI_TEXT, "DEVICE",
	  "the device's name in the instance; else the tag", &name_text },
	{ "replaceable", 0, CLI_FLAG, NULL,
	  "mkctl boot may put another device in its place", &replaceable },
	{ 0 },
};

const struct cli_command mkio_share = {
	.name = "share",
	.operands = "NAME",
	.summary = "a directory of the host",
	.help =
"A directory of the host, which a spawn mounts by \"mount -t virtiofs TAG PLACE\". Served by\n"
"virtiofsd, which is started for it; or by any engine that speaks vhost-user.\n",
	.options = options,
	.run = run,
};
