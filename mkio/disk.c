// SPDX-License-Identifier: GPL-2.0-only
/* A disk: a virtio-blk device, served by qemu-storage-daemon or by an engine that others run. */
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkio.h"
#include "rights.h"
#include "vhost_user.h"

#define QUEUE_SIZE 128
#define SECTOR 512

/*
 * All fields that QEMU 7.2 has: it refuses to tell more than it knows. What came later is for
 * secure erasure and zones, which are not offered.
 */
#define CONFIG_SIZE offsetof(struct virtio_blk_config, max_secure_erase_sectors)

/* Nothing is written to a configuration space here, so the write cache stays as it is. */
#define FEATURES (~(1ULL << VIRTIO_BLK_F_CONFIG_WCE | 1ULL << VIRTIO_BLK_F_MQ))

static const char *file_text, *format_text, *socket_text, *engine_text, *name_text;
static bool read_only;

/**
 * struct disk - the engine
 * @user:    the conversation with it
 * @peer:    where it is had from
 * @file:    argument of qemu-storage-daemon: the file as it is
 * @node:    what is in it
 * @export:  how it is given to us
 * @command: all of it
 */
struct disk {
	struct vhost_user user;
	struct vhost_user_peer peer;
	char *file;
	char *node;
	char *export;
	const char *command[8];
};

static int read_config(struct disk *disk, struct device *device)
{
	int err = vhost_user_config(&disk->user, device->config, CONFIG_SIZE);

	if (err)
		return cli_refuse("%s: the engine does not tell the size of the disk",
				   device->attachment.about);
	return CLI_OK;
}

static int prepare(struct device *device)
{
	struct disk *disk = device->data;
	int code = vhost_user_begin(&disk->user, device, &disk->peer);

	device->features &= FEATURES;
	return code ? code : read_config(disk, device);
}

static int start(struct device *device, u64 features)
{
	return vhost_user_start(&((struct disk *)device->data)->user, device, features);
}

static void stop(struct device *device)
{
	vhost_user_end(&((struct disk *)device->data)->user);
}

static int watched(struct device *device)
{
	return ((struct disk *)device->data)->user.either;
}

/* The disk has another size now. */
static int ready(struct device *device)
{
	struct disk *disk = device->data;
	bool changed;
	int code = vhost_user_ready(&disk->user, &changed);

	if (code || !changed)
		return code;
	code = read_config(disk, device);
	if (!code)
		attachment_config(&device->attachment, device->config, device->config_size);
	return code;
}

static const struct engine engine = {
	.prepare = prepare, .start = start, .stop = stop, .fd = watched, .ready = ready,
};

/* A comma in a value is written twice (QEMU's util/keyval.c). */
static char *escape(const char *text)
{
	char *escaped = malloc(2 * strlen(text) + 1), *to = escaped;

	if (!escaped)
		return NULL;
	for (; *text; text++) {
		if (*text == ',')
			*to++ = ',';
		*to++ = *text;
	}
	*to = '\0';
	return escaped;
}

static int set_command(struct disk *disk, bool is_block_device)
{
	const char *mode = read_only ? "on" : "off";
	char *name = escape(file_text);

	if (!name ||
	    asprintf(&disk->file, "driver=%s,node-name=file,read-only=%s,filename=%s",
		     is_block_device ? "host_device" : "file", mode, name) < 0 ||
	    asprintf(&disk->node, "driver=%s,node-name=disk,read-only=%s,file=file",
		     format_text ? format_text : "raw", mode) < 0 ||
	    asprintf(&disk->export, "type=vhost-user-blk,id=export,node-name=disk,writable=%s,"
		     "addr.type=fd,addr.str=" PROCESS_SOCKET_TEXT, read_only ? "off" : "on") < 0)
		return cli_refuse("no memory for arguments");
	free(name);
	disk->command[0] = engine_text ? engine_text : "qemu-storage-daemon";
	disk->command[1] = "--blockdev";
	disk->command[2] = disk->file;
	disk->command[3] = "--blockdev";
	disk->command[4] = disk->node;
	disk->command[5] = "--export";
	disk->command[6] = disk->export;
	disk->peer.command = disk->command;
	disk->peer.package = "qemu-system-common on Debian 12, qemu-utils on Debian 13";
	return CLI_OK;
}

/*
 * Programs of QEMU say by locks on single bytes what they do with an image: from byte 100 what they
 * use, from 200 what they do not share; the second of each is writing (QEMU's block/file-posix.c,
 * raw_apply_lock_bytes). They would say the same, but in other words.
 */
static bool is_locked(int fd)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_start = read_only ? 101 : 100, .l_len = read_only ? 1 : 200,
	};

	return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

static int look_at(int fd, bool *is_block_device)
{
	u8 magic[4] = "";
	struct stat about;

	if (fstat(fd, &about))
		return cli_refuse("cannot look at %s: %s", file_text, strerror(errno));
	*is_block_device = S_ISBLK(about.st_mode);
	if (!S_ISREG(about.st_mode) && !*is_block_device)
		return cli_refuse("%s is neither a file nor a block device", file_text);
	if (S_ISREG(about.st_mode) && about.st_size < SECTOR)
		return cli_refuse("%s has no sector of %d bytes", file_text, SECTOR);
	if (is_locked(fd))
		return cli_refuse("%s is in use by another program", file_text);
	if (pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && !format_text &&
	    !memcmp(magic, "QFI\xfb", sizeof(magic)))
		return cli_refuse("%s looks like a qcow2 image: say --format qcow2, or raw if its bytes are the disk's",
				   file_text);
	return CLI_OK;
}

static int check_file(bool *is_block_device)
{
	int fd = open(file_text, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
	int code;

	if (fd < 0)
		return cli_refuse("cannot open %s: %s", file_text, strerror(errno));
	code = look_at(fd, is_block_device);
	close(fd);
	return code;
}

static int check_words(void)
{
	if (!file_text == !socket_text)
		return cli_usage("disk wants either --file or --socket");
	if (socket_text && (format_text || read_only || engine_text))
		return cli_usage("--format, --read-only and --engine go with --file");
	if (format_text && strcmp(format_text, "raw") && strcmp(format_text, "qcow2"))
		return cli_usage("\"%s\" is no format: raw or qcow2", format_text);
	return CLI_OK;
}

static int serve(struct device *device, struct disk *disk)
{
	bool is_block_device = false;
	int code;

	if (file_text) {
		code = check_file(&is_block_device);
		if (!code)
			code = set_command(disk, is_block_device);
		if (code)
			return code;
	}
	disk->peer.path = socket_text;
	return life_run(device);
}

static int run(int count, char **operand)
{
	struct disk disk = { .user = VHOST_USER_NONE };
	struct device device = {
		.virtio_id = VIRTIO_ID_BLOCK,
		.queue_count = 1,
		.served = 1,
		.queue_size = QUEUE_SIZE,
		.config_size = CONFIG_SIZE,
		.engine = &engine,
		.data = &disk,
		.rights = RIGHTS_OF_DISK,
	};
	int code = check_words();

	(void)count;
	if (!code)
		code = device_find(&device, NULL, operand[0], name_text ? name_text : "disk");
	if (!code)
		code = serve(&device, &disk);
	free(disk.file);
	free(disk.node);
	free(disk.export);
	return code;
}

static const struct cli_option options[] = {
	{ "file", 0, CLI_TEXT, "FILE",
	  "image file or block device of the host", &file_text },
	{ "format", 0, CLI_TEXT, "raw|qcow2",
	  "what is in it; else raw", &format_text },
	{ "read-only", 0, CLI_FLAG, NULL,
	  "nothing can be written to it", &read_only },
	{ "engine", 0, CLI_TEXT, "PROGRAM",
	  "else qemu-storage-daemon", &engine_text },
	{ "socket", 0, CLI_TEXT, "PATH",
	  "of an engine that runs already", &socket_text },
	{ "name", 0, CLI_TEXT, "DEVICE",
	  "the device's name in the instance; else disk", &name_text },
	{ 0 },
};

const struct cli_command mkio_disk = {
	.name = "disk",
	.operands = "NAME",
	.summary = "a disk",
	.help =
"A disk, which a spawn with the driver virtio_blk sees as /dev/vda, /dev/vdb ... Served by\n"
"qemu-storage-daemon, which is started for it; or by any engine that speaks vhost-user.\n",
	.options = options,
	.run = run,
};
