// SPDX-License-Identifier: GPL-2.0-only
/* A disk: a virtio-blk device, served by qemu-storage-daemon or by an engine that others run. */
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkio.h"
#include "qmp.h"
#include "rights.h"
#include "vhost_user.h"

#define QUEUE_SIZE 128
#define SECTOR 512

/*
 * All fields that QEMU 7.2 has: it refuses to tell more than it knows. What came later is for
 * secure erasure and zones, which are not offered.
 */
#define CONFIG_SIZE offsetof(struct virtio_blk_config, max_secure_erase_sectors)
#define ZONED 17		/* VIRTIO_BLK_F_ZONED, which older headers do not have */

/* Nothing is written to a configuration space here, so the write cache stays as it is. */
#define FEATURES (~(1ULL << VIRTIO_BLK_F_CONFIG_WCE | 1ULL << VIRTIO_BLK_F_MQ | \
		    1ULL << VIRTIO_BLK_F_SECURE_ERASE | 1ULL << ZONED))

static const char *file_text, *format_text, *socket_text, *engine_text, *name_text;
static bool read_only, replaceable;

/**
 * struct disk - the engine
 * @user:    the conversation with it
 * @peer:    where it is had from
 * @image:   the image, with our locks on it; -1 without one
 * @control: our end of the socket by which it is told more, or -1
 * @file:    argument of qemu-storage-daemon: the file as it is
 * @node:    what is in it
 * @export:  how it is given to us
 * @command: all of it
 */
struct disk {
	struct vhost_user user;
	struct vhost_user_peer peer;
	int image;
	int control;
	char *file;
	char *node;
	char *export;
	const char *command[12];
};

static int read_config(struct disk *disk, struct device *device)
{
	int err = vhost_user_config(&disk->user, device->config, CONFIG_SIZE);

	if (err)
		return cli_refuse("%s: the engine does not tell the size of the disk",
				   device->attachment.about);
	return CLI_OK;
}

/* The engine's end of the socket is to be closed when it has it. */
static int make_control(struct disk *disk)
{
	int ends[2];

	if (disk->peer.path)
		return CLI_OK;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return cli_refuse("cannot make a socket: %s", strerror(errno));
	disk->control = ends[0];
	disk->peer.control = ends[1];
	return CLI_OK;
}

static int begin_engine(struct disk *disk, struct device *device)
{
	int code = make_control(disk);

	if (!code)
		code = vhost_user_begin(&disk->user, device, &disk->peer);
	if (disk->peer.control)
		close(disk->peer.control);
	disk->peer.control = 0;
	return code;
}

static int prepare(struct device *device)
{
	struct disk *disk = device->data;
	int code = begin_engine(disk, device);

	device->features &= FEATURES;
	return code ? code : read_config(disk, device);
}

static int start(struct device *device, u64 features)
{
	return vhost_user_start(&((struct disk *)device->data)->user, device, features);
}

static enum engine_end stop(struct device *device, u32 ms)
{
	struct disk *disk = device->data;
	enum engine_end end = vhost_user_end(&disk->user, ms);

	if (disk->control >= 0)
		close(disk->control);
	disk->control = -1;
	return end;
}

static bool end(struct device *device)
{
	return vhost_user_wait(&((struct disk *)device->data)->user);
}

/*
 * QEMU 7.2 neither says that a disk has another size nor tells it when it is asked: its first one is
 * what it knows. So the driver is told here. What it may read and write goes by the new size at once.
 */
static void resize(struct device *device, u64 bytes, char why[CONTROL_TEXT])
{
	struct disk *disk = device->data;
	u64 sectors = mk_get_le64(device->config);	/* virtio 1.2, 5.2.4: capacity */

	if (disk->control < 0)
		snprintf(why, CONTROL_TEXT, "its engine is not mkio's: resize it there");
	else if (bytes % SECTOR)
		snprintf(why, CONTROL_TEXT, "%llu bytes are not whole sectors of %d",
			 (unsigned long long)bytes, SECTOR);
	else if (bytes / SECTOR < sectors)
		snprintf(why, CONTROL_TEXT, "it has %llu bytes, and can only grow",
			 (unsigned long long)sectors * SECTOR);
	else if (qmp_command(disk->control, "block_resize",
			     json_pack("{s:s, s:I}", "node-name", "disk", "size", (json_int_t)bytes),
			     why, CONTROL_TEXT)) {
		mk_put_le64(device->config, bytes / SECTOR);
		attachment_config(&device->attachment, device->config, device->config_size);
	}
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

static void describe(struct device *device, char text[CONTROL_TEXT])
{
	const struct disk *disk = device->data;

	vhost_user_describe(&disk->user, &disk->peer, text);
}

static void origin(struct device *device, struct origin *origin)
{
	const struct disk *disk = device->data;
	char how[32];
	struct stat about;

	snprintf(how, sizeof(how), "%s%s", format_text ? format_text : "raw", read_only ? ", read-only" : "");
	if (disk->image < 0 || fstat(disk->image, &about))
		origin_of_name(origin, "disk", "an engine at", socket_text ? socket_text : "?");
	else
		origin_of_file(origin, "disk", how, &about, file_text);
}

static const struct engine engine = {
	.prepare = prepare, .start = start, .stop = stop, .end = end, .fd = watched, .ready = ready,
	.resize = resize, .describe = describe, .origin = origin,
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
	disk->command[7] = "--chardev";
	disk->command[8] = "socket,id=control,server=off,fd=" PROCESS_CONTROL_TEXT;
	disk->command[9] = "--monitor";
	disk->command[10] = "chardev=control";
	disk->peer.command = disk->command;
	disk->peer.package = "qemu-system-common on Debian 12, qemu-utils on Debian 13";
	return CLI_OK;
}

/*
 * Programs of QEMU say by locks on single bytes what they do with an image: from byte 100 what they
 * use, from 200 what they do not share; the second of each is writing (QEMU's block/file-posix.c,
 * raw_apply_lock_bytes). They would say the same, but in other words.
 */
#define LOCK_USED 100
#define LOCK_NOT_SHARED 200
#define LOCK_WRITING 1
#define LOCK_OURS 300		/* none of QEMU's: by it two mkio know of each other */

static int look_for_locks(int fd)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_start = read_only ? LOCK_USED + LOCK_WRITING : LOCK_USED,
		.l_len = read_only ? 1 : LOCK_OURS - LOCK_USED,
	};

	if (fcntl(fd, F_OFD_GETLK, &lock))
		return -errno;
	return lock.l_type == F_UNLCK ? 0 : -EBUSY;
}

static int lock_byte(int fd, off_t byte, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	if (!fcntl(fd, F_OFD_SETLK, &lock))
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

/*
 * Held as long as the image is served, also from one engine to the next. An engine that only reads says
 * of itself that others may write, but a file system that changes under its reader is none.
 *
 * Return: 0, -EBUSY where another has one that does not go with it, or a negative errno.
 */
static int lock_image(int fd)
{
	int err = lock_byte(fd, LOCK_OURS, read_only ? F_RDLCK : F_WRLCK);

	if (!err)
		err = look_for_locks(fd);
	if (!err && read_only)
		err = lock_byte(fd, LOCK_NOT_SHARED + LOCK_WRITING, F_RDLCK);
	return err;
}

static int look_at(int fd, bool *is_block_device)
{
	u8 magic[4] = "";
	struct stat about;
	int err;

	if (fstat(fd, &about))
		return cli_refuse("cannot look at %s: %s", file_text, strerror(errno));
	*is_block_device = S_ISBLK(about.st_mode);
	if (!S_ISREG(about.st_mode) && !*is_block_device)
		return cli_refuse("%s is neither a file nor a block device", file_text);
	if (S_ISREG(about.st_mode) && about.st_size < SECTOR)
		return cli_refuse("%s has no sector of %d bytes", file_text, SECTOR);
	err = lock_image(fd);
	if (err == -EBUSY)
		return cli_refuse("%s is in use by another program", file_text);
	if (err)
		return cli_refuse("cannot lock %s, and so not know who else uses it: %s", file_text,
				  strerror(-err));
	if (pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && !format_text &&
	    !memcmp(magic, "QFI\xfb", sizeof(magic)))
		return cli_refuse("%s looks like a qcow2 image: say --format qcow2, or raw if its bytes are the disk's",
				   file_text);
	return CLI_OK;
}

/* What this kernel has mounted, swaps to or has a part of in use is not to be written beside it (open(2), O_EXCL). */
static int open_image(void)
{
	int flags = (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	struct stat about;

	if (!read_only && !stat(file_text, &about) && S_ISBLK(about.st_mode))
		flags |= O_EXCL;
	return open(file_text, flags);
}

static int check_file(struct disk *disk, bool *is_block_device)
{
	disk->image = open_image();
	if (disk->image < 0 && errno == EBUSY)
		return cli_refuse("%s is in use by this kernel, as by a mount, or by another program", file_text);
	if (disk->image < 0)
		return cli_refuse("cannot open %s: %s", file_text, strerror(errno));
	return look_at(disk->image, is_block_device);
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
		code = check_file(disk, &is_block_device);
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
	struct disk disk = { .user = VHOST_USER_NONE, .image = -1, .control = -1 };
	struct device device = {
		.virtio_id = VIRTIO_ID_BLOCK,
		.queue_count = 1,
		.served = 1,
		.queue_size = QUEUE_SIZE,
		.config_size = CONFIG_SIZE,
		.engine = &engine,
		.data = &disk,
		.rights = RIGHTS_OF_DISK,
		.replaceable = replaceable,
	};
	int code = check_words();

	(void)count;
	if (!code)
		code = device_find(&device, NULL, operand[0], name_text ? name_text : "disk");
	if (!code)
		code = serve(&device, &disk);
	if (disk.image >= 0)
		close(disk.image);
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
	{ "replaceable", 0, CLI_FLAG, NULL,
	  "mkctl boot may put another device in its place", &replaceable },
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
