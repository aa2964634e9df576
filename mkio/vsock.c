// SPDX-License-Identifier: GPL-2.0-only
/* Sockets between the host and a spawn: a virtio-vsock device, served by /dev/vhost-vsock. */
#include <linux/vhost.h>
#include <linux/virtio_ids.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mkio.h"
#include "vhost_kernel.h"

/* 0 to 2 are the hypervisor, this machine itself and the host; ids of instances begin with 1. */
#define FIRST_CID 3
#define LAST_CID 0xfffffffeULL	/* the last one is VMADDR_CID_ANY */

/* Receive, transmit, and events, which vhost leaves alone (virtio 1.2, 5.10.2). */
#define QUEUES 3
#define VHOST_QUEUES 2
#define QUEUE_SIZE 128

static const char *name_text = "vsock";
static u64 cid;
static bool replaceable;

/**
 * struct vsock - the engine
 * @fd:  /dev/vhost-vsock, which holds the address as long as it is open
 * @cid: address of the spawn
 */
struct vsock {
	int fd;
	u64 cid;
};

static int prepare(struct device *device)
{
	struct vsock *vsock = device->data;
	__u64 address = vsock->cid;

	vsock->fd = vhost_open(device, "vhost-vsock", "vhost_vsock");
	if (vsock->fd < 0)
		return CLI_REFUSED;
	if (!ioctl(vsock->fd, VHOST_VSOCK_SET_GUEST_CID, &address))
		return CLI_OK;
	if (errno == EADDRINUSE)
		return cli_refuse("%s: CID %llu is in use", device->attachment.about,
				   (unsigned long long)vsock->cid);
	return cli_refuse("%s: cannot have CID %llu: %s", device->attachment.about,
			   (unsigned long long)vsock->cid, strerror(errno));
}

static int start(struct device *device, u64 features)
{
	struct vsock *vsock = device->data;
	int on = 1;
	int err = vhost_set_up(vsock->fd, device, features);

	if (!err && ioctl(vsock->fd, VHOST_VSOCK_SET_RUNNING, &on))
		err = -errno;
	return err;
}

static enum engine_end stop(struct device *device, u32 ms)
{
	struct vsock *vsock = device->data;

	(void)ms;
	if (vsock->fd >= 0)
		close(vsock->fd);
	vsock->fd = -1;
	return ENGINE_FINISHED;
}

static void describe(struct device *device, char text[CONTROL_TEXT])
{
	(void)device;
	strcpy(text, "vhost_vsock");
}

/* Whatever its address: there is one host to talk to. */
static void origin(struct device *device, struct origin *origin)
{
	(void)device;
	origin_of_name(origin, "vsock", "sockets", "");
}

static const struct engine engine = {
	.prepare = prepare, .start = start, .stop = stop, .describe = describe, .origin = origin,
};

static int run(int count, char **operand)
{
	struct vsock vsock = { .fd = -1 };
	struct device device = {
		.virtio_id = VIRTIO_ID_VSOCK,
		.queue_count = QUEUES,
		.served = VHOST_QUEUES,
		.queue_size = QUEUE_SIZE,
		.config_size = sizeof(u64),
		.engine = &engine,
		.data = &vsock,
		.in_order = true,
		.replaceable = replaceable,
	};
	int code;
	u32 id;

	(void)count;
	code = device_find(&device, &id, operand[0], name_text);
	if (code)
		return code;
	vsock.cid = cid ? cid : id + FIRST_CID - 1;
	mk_put_le64(device.config, vsock.cid);	/* virtio 1.2, 5.10.4 */
	return life_run(&device);
}

static const struct cli_option options[] = {
	{ "cid", 0, CLI_NUMBER, "NUMBER",
	  "address of the spawn; else the instance's id and 2", &cid, LAST_CID, .least = FIRST_CID },
	{ "name", 0, CLI_TEXT, "DEVICE",
	  "the device's name in the instance; else vsock", &name_text },
	{ "replaceable", 0, CLI_FLAG, NULL,
	  "mkctl boot may put another device in its place", &replaceable },
	{ 0 },
};

const struct cli_command mkio_vsock = {
	.name = "vsock",
	.operands = "NAME",
	.summary = "sockets between host and spawn",
	.help =
"Sockets of the family AF_VSOCK between programs of the host, whose address there is 2, and\n"
"programs of the spawn. Served by the host's kernel module vhost_vsock.\n",
	.options = options,
	.run = run,
};
