// SPDX-License-Identifier: GPL-2.0-only
/* Handing a device's memory and queues to an engine of the kernel (linux/vhost.h). */
#include <fcntl.h>
#include <linux/vhost.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mkio.h"
#include "sysfs.h"
#include "vhost_kernel.h"

static int call(int fd, unsigned long command, void *argument)
{
	return ioctl(fd, command, argument) < 0 ? -errno : 0;
}

int vhost_open(struct device *device, const char *name, const char *module)
{
	char path[SYSFS_PATH_SIZE];
	int fd, err;
	__u64 features;

	device_path(path, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		cli_refuse("%s: cannot open %s: %s%s%s", device->attachment.about, path,
			    strerror(err),
			    err == ENOENT ? "; it comes with the kernel module " : "",
			    err == ENOENT ? module : "");
		return -1;
	}
	err = call(fd, VHOST_GET_FEATURES, &features);
	if (err) {
		cli_refuse("%s: %s does not tell its features: %s", device->attachment.about, path,
			    strerror(-err));
		close(fd);
		return -1;
	}
	device->features = features & (MKIO_RING_FEATURES | MKIO_DEVICE_FEATURES);
	return fd;
}

static int set_memory(int fd, const struct attachment *attachment)
{
	struct {
		struct vhost_memory table;
		struct vhost_memory_region region[MK_INSTANCE_RANGES_MAX];
	} memory = { .table.nregions = attachment->region_count };
	u32 i;

	for (i = 0; i < attachment->region_count; i++) {
		memory.region[i].guest_phys_addr = attachment->region[i].start;
		memory.region[i].memory_size = attachment->region[i].size;
		memory.region[i].userspace_addr = (uintptr_t)attachment->region[i].at;
	}
	return call(fd, VHOST_SET_MEM_TABLE, &memory);
}

/* The addresses were checked by attachment_queue(); 1 is as much as says that they are mapped. */
static u64 here(const struct attachment *attachment, u64 address)
{
	return (uintptr_t)attachment_at(attachment, address, 1);
}

static int set_queue(int fd, const struct attachment *attachment, const struct queue *queue)
{
	struct vhost_vring_state size = { queue->index, queue->size };
	struct vhost_vring_state base = { queue->index, queue->base };
	struct vhost_vring_file kick = { queue->index, queue->kick };
	struct vhost_vring_file calls = { queue->index, queue->call };
	struct vhost_vring_addr where = {
		.index = queue->index,
		.desc_user_addr = here(attachment, queue->descriptors),
		.avail_user_addr = here(attachment, queue->driver),
		.used_user_addr = here(attachment, queue->device),
	};
	int err = call(fd, VHOST_SET_VRING_NUM, &size);

	if (!err)
		err = call(fd, VHOST_SET_VRING_BASE, &base);
	if (!err)
		err = call(fd, VHOST_SET_VRING_ADDR, &where);
	if (!err)
		err = call(fd, VHOST_SET_VRING_KICK, &kick);
	return err ? err : call(fd, VHOST_SET_VRING_CALL, &calls);
}

int vhost_set_up(int fd, struct device *device, u64 features)
{
	__u64 known = 0;
	u32 i;
	int err = call(fd, VHOST_SET_OWNER, NULL);

	if (!err)
		err = call(fd, VHOST_GET_FEATURES, &known);
	known &= features;
	if (!err)
		err = call(fd, VHOST_SET_FEATURES, &known);
	if (!err)
		err = set_memory(fd, &device->attachment);
	for (i = 0; !err && i < device->served; i++)
		if (device->queue[i].kick >= 0)
			err = set_queue(fd, &device->attachment, &device->queue[i]);
	return err;
}
