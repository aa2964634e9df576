// SPDX-License-Identifier: GPL-2.0-only
/* Speaking to the kernel about one device: /dev/multikernel, and the memory behind it. */
#include <fcntl.h>
#include <linux/virtio_ring.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "attachment.h"
#include "mkio.h"
#include "sysfs.h"

static int call(struct attachment *attachment, unsigned long command, void *argument)
{
	return ioctl(attachment->fd, command, argument) < 0 ? -errno : 0;
}

static int refuse(const struct attachment *attachment, int error, const char *sentence)
{
	if (*sentence)
		return cli_refuse("%s: %s", attachment->about, sentence);
	return cli_refuse("%s: cannot attach the device: %s", attachment->about, strerror(error));
}

void attachment_init(struct attachment *attachment, const char *instance, const char *device)
{
	memset(attachment, 0, sizeof(*attachment));
	attachment->fd = -1;
	snprintf(attachment->about, sizeof(attachment->about), "%s: %s", instance, device);
}

int attachment_open(struct attachment *attachment, struct multikernel_attach *what)
{
	char path[SYSFS_PATH_SIZE], sentence[SYSFS_TEXT_SIZE] = "";
	int err;

	device_path(path, "multikernel");
	attachment->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (attachment->fd < 0)
		return cli_refuse("cannot open %s: %s", path, strerror(errno));
	what->size = sizeof(*what);
	what->text = (uintptr_t)sentence;
	what->text_size = sizeof(sentence);
	err = call(attachment, MULTIKERNEL_ATTACH, what);
	sentence[sizeof(sentence) - 1] = '\0';
	if (!err)
		return CLI_OK;
	attachment_close(attachment);
	return refuse(attachment, -err, sentence);
}

void attachment_close(struct attachment *attachment)
{
	attachment_unmap(attachment);
	if (attachment->fd >= 0)
		close(attachment->fd);
	attachment->fd = -1;
}

int attachment_detach(struct attachment *attachment)
{
	return call(attachment, MULTIKERNEL_DETACH, NULL);
}

int attachment_unplug(struct attachment *attachment)
{
	return call(attachment, MULTIKERNEL_UNPLUG, NULL);
}

int attachment_event(struct attachment *attachment, struct multikernel_event *event)
{
	ssize_t size = read(attachment->fd, event, sizeof(*event));

	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return size == sizeof(*event) ? 1 : -EIO;
}

int attachment_answer(struct attachment *attachment, u32 number,
		      enum multikernel_answer_kind kind)
{
	struct multikernel_answer answer = {
		.size = sizeof(answer), .number = number, .kind = kind,
	};
	int err = call(attachment, MULTIKERNEL_ANSWER, &answer);

	return err == -ESTALE ? 0 : err;
}

static int map_region(struct attachment *attachment, const struct multikernel_memory *memory)
{
	struct region *region = &attachment->region[attachment->region_count];

	region->start = memory->start;
	region->size = memory->bytes;
	region->fd = memory->fd;
	region->at = mmap(NULL, region->size, PROT_READ | PROT_WRITE, MAP_SHARED, region->fd, 0);
	if (region->at == MAP_FAILED) {
		int err = -errno;

		close(region->fd);
		return err;
	}
	attachment->region_count++;
	return 0;
}

int attachment_map(struct attachment *attachment)
{
	struct multikernel_memory memory = { .size = sizeof(memory), .count = 1 };
	u32 i;
	int err = 0;

	for (i = 0; !err && i < memory.count && i < MK_INSTANCE_RANGES_MAX; i++) {
		memory.index = i;
		err = call(attachment, MULTIKERNEL_MEMORY, &memory);
		if (!err)
			err = map_region(attachment, &memory);
	}
	if (err)
		attachment_unmap(attachment);
	return err;
}

void attachment_unmap(struct attachment *attachment)
{
	struct region *region;

	while (attachment->region_count) {
		region = &attachment->region[--attachment->region_count];
		munmap(region->at, region->size);
		close(region->fd);
	}
}

void *attachment_at(const struct attachment *attachment, u64 address, u64 size)
{
	const struct region *region;
	u32 i;

	for (i = 0; i < attachment->region_count; i++) {
		region = &attachment->region[i];
		if (address >= region->start && size <= region->size &&
		    address - region->start <= region->size - size)
			return (u8 *)region->at + (address - region->start);
	}
	return NULL;
}

static int bind_fd(struct attachment *attachment, unsigned long command, u32 index, int fd)
{
	struct multikernel_queue_fd queue = { .size = sizeof(queue), .index = index, .fd = fd };

	return call(attachment, command, &queue);
}

static int bind_both(struct attachment *attachment, struct queue *queue)
{
	int err;

	queue->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	queue->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->kick < 0 || queue->call < 0)
		return -errno;
	err = bind_fd(attachment, MULTIKERNEL_QUEUE_KICK, queue->index, queue->kick);
	return err ? err : bind_fd(attachment, MULTIKERNEL_QUEUE_CALL, queue->index, queue->call);
}

/* Split rings: virtio 1.2, 2.7. */
static int check(const struct attachment *attachment, struct queue *queue)
{
	u64 avail_size = offsetof(struct vring_avail, ring) + 2ULL * queue->size + 2;
	u64 used_size = offsetof(struct vring_used, ring) + 2 +
			sizeof(struct vring_used_elem) * (u64)queue->size;
	const struct vring_used *used = attachment_at(attachment, queue->device, used_size);

	if (!queue->size || queue->size > MK_DEVICE_QUEUE_SIZE_MAX ||
	    queue->size & (queue->size - 1) ||
	    queue->descriptors % 16 || queue->driver % 2 || queue->device % 4 || !used ||
	    !attachment_at(attachment, queue->driver, avail_size) ||
	    !attachment_at(attachment, queue->descriptors,
			   sizeof(struct vring_desc) * (u64)queue->size))
		return -EINVAL;
	queue->base = __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
	return 1;
}

int attachment_queue(struct attachment *attachment, u32 index, struct queue *queue)
{
	struct multikernel_queue setup = { .size = sizeof(setup), .index = index };
	int err;

	memset(queue, 0, sizeof(*queue));
	queue->index = index;
	queue->kick = queue->call = -1;
	err = call(attachment, MULTIKERNEL_QUEUE, &setup);
	if (err || !setup.ready)
		return err;
	queue->size = setup.queue_size;
	queue->descriptors = setup.descriptors;
	queue->driver = setup.driver;
	queue->device = setup.device;
	queue->abandoned = setup.abandoned;
	err = bind_both(attachment, queue);
	return err ? err : check(attachment, queue);
}

void attachment_put_queue(struct attachment *attachment, struct queue *queue)
{
	if (queue->call >= 0) {
		bind_fd(attachment, MULTIKERNEL_QUEUE_CALL, queue->index, -1);
		close(queue->call);
	}
	if (queue->kick >= 0) {
		bind_fd(attachment, MULTIKERNEL_QUEUE_KICK, queue->index, -1);
		close(queue->kick);
	}
	queue->kick = queue->call = -1;
}

u16 attachment_outstanding(const struct attachment *attachment, const struct queue *queue)
{
	const struct vring_avail *avail = attachment_at(attachment, queue->driver, sizeof(*avail));
	const struct vring_used *used = attachment_at(attachment, queue->device, sizeof(*used));

	if (!avail || !used)
		return 0;
	return __atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
}

/**
 * struct head - what the rings still hold of a request's first descriptor
 * @asked: how many entries ago it was last made available; 0 for never
 * @done:  the same of the used ring, counted from the same end
 */
struct head {
	u16 asked;
	u16 done;
};

/*
 * The newest entry of each, read once: the spawn may write there between a look and its use.
 * Returns whether all ids are descriptors.
 */
static bool read_rings(const struct attachment *attachment, const struct queue *queue,
		       struct head heads[MK_DEVICE_QUEUE_SIZE_MAX], u16 *outstanding)
{
	const struct vring_avail *avail =
		attachment_at(attachment, queue->driver, sizeof(*avail) + 2ULL * queue->size);
	const struct vring_used *used =
		attachment_at(attachment, queue->device,
			      sizeof(*used) + sizeof(*used->ring) * (u64)queue->size);
	u16 asked, done, age;

	if (!avail || !used)
		return false;
	asked = __atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE);
	done = __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
	*outstanding = asked - done;
	for (age = queue->size; age; age--) {
		u32 available = __atomic_load_n(&avail->ring[(u16)(asked - age) % queue->size],
						__ATOMIC_RELAXED);
		u32 finished = __atomic_load_n(&used->ring[(u16)(done - age) % queue->size].id,
					       __ATOMIC_RELAXED);

		if (available >= queue->size || finished >= queue->size)
			return false;
		heads[available].asked = age;
		heads[finished].done = age + *outstanding;
	}
	return true;
}

/*
 * What was finished is not before what was asked for: so a head whose last place in the used ring is
 * before its last in the available one may be outstanding, and any other is not. If those are as many as
 * are outstanding, they are it. A request that is older than the ring is long is not seen, and another
 * can be taken for it: one head that is asked for and done again and again looks the same with it and
 * without. Only the engine could tell (INFLIGHT_SHMFD), and qemu-storage-daemon 7.2 does not offer that.
 */
bool attachment_is_known(const struct attachment *attachment, const struct queue *queue)
{
	struct head heads[MK_DEVICE_QUEUE_SIZE_MAX] = { 0 };
	u32 i, maybe = 0, newest = 0;
	u16 outstanding;

	if (!read_rings(attachment, queue, heads, &outstanding))
		return false;
	for (i = 0; i < queue->size; i++) {
		if (!heads[i].asked || (heads[i].done && heads[i].done <= heads[i].asked))
			continue;
		maybe++;
		newest += heads[i].asked <= outstanding;
	}
	return maybe == outstanding && newest == outstanding;
}

int attachment_config(struct attachment *attachment, const u8 *config, u32 size)
{
	struct multikernel_config new = { .size = sizeof(new), .config_size = size };

	memcpy(new.config, config, size);
	return call(attachment, MULTIKERNEL_CONFIG, &new);
}
