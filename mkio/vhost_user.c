// SPDX-License-Identifier: GPL-2.0-only
/*
 * The conversation with an engine that speaks vhost-user. Whatever it says is hostile: every answer
 * has one length that is right, and a time within which it must come.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "mkio.h"
#include "vhost_user.h"

#define REPLY_MS 5000
#define FORCE_MS 100	/* that an engine which holds on may take to end by itself */
#define WRITE_MS 4000	/* the same of one that has let go: what it has of an image is to be written first */

/* Requests: vhost-user.rst, "Front-end message types" and "Back-end message types". */
enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18,
	SET_BACKEND_REQ_FD = 21,
	GET_CONFIG = 24,
	GET_MAX_MEM_SLOTS = 36,
	ADD_MEM_REG = 37,
};

#define BACKEND_CONFIG_CHANGE 2

/* Flags of a message: "Header". */
#define VERSION 1
#define VERSION_MASK 3
#define REPLY 4
#define NEED_REPLY 8

#define F_PROTOCOL_FEATURES (1ULL << 30)

/* Protocol features. */
#define P_MQ (1ULL << 0)
#define P_REPLY_ACK (1ULL << 3)
#define P_BACKEND_REQ (1ULL << 5)
#define P_CONFIG (1ULL << 9)
#define P_CONFIGURE_MEM_SLOTS (1ULL << 15)
#define P_KNOWN (P_MQ | P_REPLY_ACK | P_BACKEND_REQ | P_CONFIG | P_CONFIGURE_MEM_SLOTS)

#define REGIONS_OF_TABLE 8	/* of SET_MEM_TABLE, in every engine */
#define VRING_NO_FD 0x100	/* "Vring descriptor index": no file comes along */

struct header {
	u32 request;
	u32 flags;
	u32 size;
};

struct vring_state {
	u32 index;
	u32 number;
};

struct vring_addresses {
	u32 index;
	u32 flags;
	u64 descriptors;
	u64 used;
	u64 available;
	u64 log;
};

struct memory_region {
	u64 start;
	u64 size;
	u64 user_address;
	u64 offset;
};

struct memory_table {
	u32 count;
	u32 padding;
	struct memory_region region[REGIONS_OF_TABLE];
};

struct one_region {
	u64 padding;
	struct memory_region region;
};

struct config_space {
	u32 offset;
	u32 size;
	u32 flags;
	u8 bytes[MK_DEVICE_CONFIG];
};

#define PAYLOAD_MAX sizeof(struct config_space)

/* Files go along with the first byte (unix(7)); a message is smaller than any socket's buffer. */
static int send_message(int fd, u32 request, u32 flags, const void *payload, u32 size,
			const int *files, u32 count)
{
	struct header header = { request, flags | VERSION, size };
	struct iovec parts[] = { { &header, sizeof(header) }, { (void *)payload, size } };
	char control[CMSG_SPACE(REGIONS_OF_TABLE * sizeof(int))] = "";
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = size ? 2 : 1 };
	struct cmsghdr *rights;
	ssize_t sent;

	if (count) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(rights), files, count * sizeof(int));
	}
	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	return (size_t)sent == sizeof(header) + size ? 0 : -EPIPE;
}

/*
 * All of it, by the deadline; what is there then is still taken, since we may have been late ourselves.
 * Files that come along are closed by the kernel: nobody asked. -ECANCELED when there is something to be
 * read from @news instead; it may be -1.
 */
static int receive(int fd, int news, void *buffer, size_t size, u64 deadline)
{
	struct pollfd wait[] = { { .fd = fd, .events = POLLIN }, { .fd = news, .events = POLLIN } };
	size_t have = 0;
	ssize_t got;
	u64 now;

	while (have < size) {
		now = clock_ms();
		if (poll(wait, ARRAY_SIZE(wait), now < deadline ? deadline - now : 0) <= 0) {
			if (now >= deadline)
				return -ETIMEDOUT;
			continue;
		}
		if (!wait[0].revents)
			return -ECANCELED;
		got = recv(fd, (u8 *)buffer + have, size - have, MSG_DONTWAIT);
		if (!got || (got < 0 && errno == ECONNRESET))
			return -EPIPE;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (got > 0)
			have += got;
	}
	return 0;
}

/* An answer is of the length that is asked for, or it is none. */
static int receive_reply(struct vhost_user *engine, u32 request, void *payload, u32 size)
{
	u64 deadline = clock_ms() + engine->reply_ms;
	struct header header;
	int err = receive(engine->fd, engine->news, &header, sizeof(header), deadline);

	if (err)
		return err;
	if (header.request != request || header.size != size ||
	    (header.flags & VERSION_MASK) != VERSION || !(header.flags & REPLY))
		return -EPROTO;
	return receive(engine->fd, engine->news, payload, size, deadline);
}

/* Where the engine can say so, it says whether it has done it. */
static int tell(struct vhost_user *engine, u32 request, const void *payload, u32 size,
		const int *files, u32 count)
{
	bool acknowledged = engine->protocol & P_REPLY_ACK;
	u64 verdict = 0;
	int err = send_message(engine->fd, request, acknowledged ? NEED_REPLY : 0, payload, size,
			       files, count);

	if (err || !acknowledged)
		return err;
	err = receive_reply(engine, request, &verdict, sizeof(verdict));
	if (err)
		return err;
	return verdict ? -EREMOTEIO : 0;
}

static int tell_number(struct vhost_user *engine, u32 request, u64 number)
{
	return tell(engine, request, &number, sizeof(number), NULL, 0);
}

static int ask_number(struct vhost_user *engine, u32 request, u64 *number)
{
	int err = send_message(engine->fd, request, 0, NULL, 0, NULL, 0);

	return err ? err : receive_reply(engine, request, number, sizeof(*number));
}

int vhost_user_config(struct vhost_user *engine, void *config, u32 size)
{
	struct config_space space = { .size = size };
	u32 length = offsetof(struct config_space, bytes) + size;
	int err;

	if (!(engine->protocol & P_CONFIG) || size > sizeof(space.bytes))
		return -EOPNOTSUPP;
	err = send_message(engine->fd, GET_CONFIG, 0, &space, length, NULL, 0);
	if (!err)
		err = receive_reply(engine, GET_CONFIG, &space, length);
	if (err)
		return err;
	if (space.size != size || space.offset)
		return -EPROTO;
	memcpy(config, space.bytes, size);
	return 0;
}

/* What the engine says by itself comes by a second socket. */
static int give_request_socket(struct vhost_user *engine)
{
	int ends[2], err;

	if (!(engine->protocol & P_BACKEND_REQ))
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	engine->requests = ends[0];
	err = tell(engine, SET_BACKEND_REQ_FD, NULL, 0, &ends[1], 1);
	close(ends[1]);
	return err;
}

static int agree(struct vhost_user *engine)
{
	u64 protocol = 0;
	int err = ask_number(engine, GET_FEATURES, &engine->features);

	if (!err && engine->features & F_PROTOCOL_FEATURES)
		err = ask_number(engine, GET_PROTOCOL_FEATURES, &protocol);
	if (!err && protocol & P_KNOWN)
		err = tell_number(engine, SET_PROTOCOL_FEATURES, protocol & P_KNOWN);
	engine->protocol = protocol & P_KNOWN;
	if (!err)
		err = tell(engine, SET_OWNER, NULL, 0, NULL, 0);
	if (!err && engine->protocol & P_MQ)
		err = ask_number(engine, GET_QUEUE_NUM, &engine->queue_count);
	if (!err && engine->protocol & P_CONFIGURE_MEM_SLOTS)
		err = ask_number(engine, GET_MAX_MEM_SLOTS, &engine->regions);
	return err ? err : give_request_socket(engine);
}

static int watch(struct vhost_user *engine, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (fd < 0)
		return 0;
	return epoll_ctl(engine->either, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int watch_both(struct vhost_user *engine)
{
	int err;

	engine->either = epoll_create1(EPOLL_CLOEXEC);
	if (engine->either < 0)
		return -errno;
	err = watch(engine, engine->fd);
	return err ? err : watch(engine, engine->requests);
}

/* What a negative errno of the conversation says. */
static const char *trouble(int err)
{
	switch (err) {
	case -EPIPE:
		return "it has ended";
	case -EPROTO:
		return "its answer makes no sense";
	case -ETIMEDOUT:
		return "it does not answer";
	case -EREMOTEIO:
		return "it cannot do what it is asked";
	}
	return strerror(-err);
}

int vhost_user_greet(struct vhost_user *engine, struct device *device, int fd)
{
	int err;

	engine->fd = fd;
	engine->protocol = 0;	/* what was agreed upon with the one before */
	engine->queue_count = device->served;
	engine->regions = REGIONS_OF_TABLE;
	err = agree(engine);
	engine->reply_ms = REPLY_MS;
	if (!err)
		err = watch_both(engine);
	if (err)
		return cli_refuse("%s: the engine cannot be used: %s", device->attachment.about,
				   trouble(err));
	if (engine->queue_count < device->served)
		return cli_refuse("%s: the engine has %llu queues, %u are needed",
				   device->attachment.about,
				   (unsigned long long)engine->queue_count, device->served);
	device->features = engine->features & (MKIO_RING_FEATURES | MKIO_DEVICE_FEATURES);
	return CLI_OK;
}

/* Where nobody is taken any more connect(2) would wait without an end, and signals with it. */
static int connect_to(const char *path)
{
	const struct timeval time = { .tv_sec = REPLY_MS / 1000 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) &&
	    !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	err = errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(fd);
	return err;
}

/*
 * A listening socket in which our connection waits, and to which nobody else can connect: its name
 * was in a directory of ours, and is gone. pair[0] is our end, pair[1] listens.
 */
static int listen_for_one(int pair[2])
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char place[] = "/run/mkio-XXXXXX", other[] = "/tmp/mkio-XXXXXX";
	char *directory = mkdtemp(place) ? place : mkdtemp(other);
	int err;

	if (!directory)
		return -errno;
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", directory);
	pair[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair[1] < 0 || bind(pair[1], (struct sockaddr *)&name, sizeof(name)) ||
	    listen(pair[1], 1))
		err = -errno;
	else
		err = pair[0] = connect_to(name.sun_path);
	unlink(name.sun_path);
	rmdir(directory);
	if (err >= 0)
		return 0;
	if (pair[1] >= 0)
		close(pair[1]);
	return err;
}

static int make_pair(int pair[2], bool connected)
{
	if (!connected)
		return listen_for_one(pair);
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ? -errno : 0;
}

static int start_engine(struct vhost_user *engine, struct device *device,
			const struct vhost_user_peer *peer)
{
	int pair[2], err = make_pair(pair, peer->connected);
	struct program program;

	if (err)
		return cli_refuse("%s: cannot make a socket: %s", device->attachment.about,
				   strerror(-err));
	engine->fd = pair[0];
	program = (struct program){
		.command = peer->command,
		.files = { pair[1], peer->control ? peer->control : -1 },
		.rights = device->rights,
		.before = peer->before,
	};
	err = process_start(&engine->process, &program);
	close(pair[1]);
	if (err == -ENOENT)
		return cli_refuse("%s: it takes the program %s (package %s)",
				   device->attachment.about, *peer->command, peer->package);
	if (err)
		return cli_refuse("%s: cannot start %s: %s", device->attachment.about,
				   *peer->command, strerror(-err));
	err = vhost_user_greet(engine, device, engine->fd);
	engine->counted = !err && traffic_read(engine->process.pid, &engine->before);
	return err;
}

int vhost_user_begin(struct vhost_user *engine, struct device *device,
		     const struct vhost_user_peer *peer)
{
	int fd;

	vhost_user_wait(engine);
	if (!peer->path)
		return start_engine(engine, device, peer);
	fd = connect_to(peer->path);
	if (fd < 0)
		return cli_refuse("%s: no engine listens at %s: %s", device->attachment.about,
				   peer->path, strerror(-fd));
	return vhost_user_greet(engine, device, fd);
}

static struct memory_region region_of(const struct region *region)
{
	return (struct memory_region){ region->start, region->size, region->start, 0 };
}

static int set_table(struct vhost_user *engine, const struct attachment *attachment)
{
	struct memory_table table = { .count = attachment->region_count };
	int files[REGIONS_OF_TABLE];
	u32 i;

	for (i = 0; i < table.count; i++) {
		table.region[i] = region_of(&attachment->region[i]);
		files[i] = attachment->region[i].fd;
	}
	return tell(engine, SET_MEM_TABLE, &table,
		    offsetof(struct memory_table, region) + table.count * sizeof(*table.region),
		    files, table.count);
}

static int add_region(struct vhost_user *engine, const struct region *region)
{
	struct one_region one = { .region = region_of(region) };

	return tell(engine, ADD_MEM_REG, &one, sizeof(one), &region->fd, 1);
}

static int set_memory(struct vhost_user *engine, const struct device *device)
{
	const struct attachment *attachment = &device->attachment;
	u32 i;
	int err = 0;

	if (attachment->region_count > engine->regions)
		return cli_refuse("%s: its instance has memory in %u pieces, the engine takes %llu",
				   attachment->about, attachment->region_count,
				   (unsigned long long)engine->regions);
	if (attachment->region_count <= REGIONS_OF_TABLE)
		return set_table(engine, attachment);
	for (i = 0; !err && i < attachment->region_count; i++)
		err = add_region(engine, &attachment->region[i]);
	return err;
}

static int set_file(struct vhost_user *engine, u32 request, u32 index, int fd)
{
	u64 number = fd < 0 ? index | VRING_NO_FD : index;

	return tell(engine, request, &number, sizeof(number), &fd, fd >= 0);
}

static int set_state(struct vhost_user *engine, u32 request, u32 index, u32 number)
{
	struct vring_state state = { index, number };

	return tell(engine, request, &state, sizeof(state), NULL, 0);
}

/*
 * An engine works on the queue from its kick on (vhost-user.rst, "Ring states"), and the driver's may have
 * come: QEMU 7.2's breaks the queue when it then has no call to tell of what it has done.
 */
static int set_queue(struct vhost_user *engine, const struct queue *queue)
{
	struct vring_addresses addresses = {
		.index = queue->index,
		.descriptors = queue->descriptors,
		.available = queue->driver,
		.used = queue->device,
	};
	int err = set_state(engine, SET_VRING_NUM, queue->index, queue->size);

	if (!err)
		err = set_state(engine, SET_VRING_BASE, queue->index, queue->base);
	if (!err)
		err = tell(engine, SET_VRING_ADDR, &addresses, sizeof(addresses), NULL, 0);
	if (!err)
		err = set_file(engine, SET_VRING_CALL, queue->index, queue->call);
	if (!err)
		err = set_file(engine, SET_VRING_KICK, queue->index, queue->kick);
	if (!err && engine->features & F_PROTOCOL_FEATURES)
		err = set_state(engine, SET_VRING_ENABLE, queue->index, 1);
	return err;
}

static int set_up(struct vhost_user *engine, const struct device *device, u64 features)
{
	u64 taken = features & engine->features;
	u32 i;
	int err = tell_number(engine, SET_FEATURES,
			      taken | (engine->features & F_PROTOCOL_FEATURES));

	if (!err)
		err = set_memory(engine, device);
	for (i = 0; !err && i < device->served; i++)
		if (device->queue[i].kick >= 0)
			err = set_queue(engine, &device->queue[i]);
	return err;
}

/*
 * A spawn whose root lies there is lost when this fails, and until then it waits. So an engine has as long
 * for each answer as a program that starts: on a busy host both are slow. Nobody waits for it when the
 * kernel wants something else by then.
 */
int vhost_user_start(struct vhost_user *engine, struct device *device, u64 features)
{
	int err;

	engine->reply_ms = VHOST_USER_START_MS;
	engine->news = device->attachment.fd;
	err = set_up(engine, device, features);
	engine->reply_ms = REPLY_MS;
	engine->news = -1;
	if (err == -ECANCELED)
		return -EAGAIN;
	if (err >= 0)
		return err;
	return cli_refuse("%s: the engine does not serve it: %s", device->attachment.about,
			   trouble(err));
}

static void put(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Returns whether its end of the socket is closed by then. What it still says does not matter. */
static bool drain(int fd, u32 ms)
{
	u64 deadline = clock_ms() + ms;
	u8 rest[256];
	int err = 0;

	shutdown(fd, SHUT_WR);
	while (!err && clock_ms() < deadline)
		err = receive(fd, -1, rest, 1, deadline);
	return err == -EPIPE;
}

static enum engine_end let_go(struct vhost_user *engine, u32 ms)
{
	if (engine->fd < 0)
		return ENGINE_FINISHED;
	if (drain(engine->fd, ms)) {
		process_ask(&engine->process);
		return ENGINE_FINISHED;
	}
	process_end(&engine->process, FORCE_MS);
	return drain(engine->fd, FORCE_MS) ? ENGINE_FORCED : ENGINE_HOLDS;
}

enum engine_end vhost_user_end(struct vhost_user *engine, u32 ms)
{
	enum engine_end end = let_go(engine, ms);

	put(&engine->either);
	put(&engine->fd);
	put(&engine->requests);
	engine->counted = false;
	engine->reply_ms = VHOST_USER_START_MS;
	return end;
}

bool vhost_user_wait(struct vhost_user *engine)
{
	return process_end(&engine->process, WRITE_MS);
}

/* One request of the engine; the only one that was agreed upon is news of its configuration. */
static int take_request(struct vhost_user *engine, bool *changed)
{
	u64 deadline = clock_ms() + REPLY_MS, done = 0;
	u8 payload[PAYLOAD_MAX];
	struct header header;
	int err = receive(engine->requests, -1, &header, sizeof(header), deadline);

	if (err || header.size > sizeof(payload))
		return -EPIPE;
	if (receive(engine->requests, -1, payload, header.size, deadline))
		return -EPIPE;
	if (header.request == BACKEND_CONFIG_CHANGE)
		*changed = true;
	else
		done = 1;	/* not zero: refused */
	if (header.flags & NEED_REPLY)
		err = send_message(engine->requests, header.request, REPLY, &done, sizeof(done),
				   NULL, 0);
	return err ? -EPIPE : 0;
}

int vhost_user_ready(struct vhost_user *engine, bool *changed)
{
	struct epoll_event event;

	*changed = false;
	if (epoll_wait(engine->either, &event, 1, 0) != 1)
		return 0;
	/* Nothing was asked, so what comes by the first socket is its end, or nonsense. */
	if (event.data.fd == engine->fd)
		return -EPIPE;
	return take_request(engine, changed);
}

void vhost_user_describe(const struct vhost_user *engine, const struct vhost_user_peer *peer,
			 char text[CONTROL_TEXT])
{
	const char *program = peer->path ? "vhost-user" : *peer->command;
	const char *slash = strrchr(program, '/');

	program = slash ? slash + 1 : program;
	if (!engine->counted)
		snprintf(text, CONTROL_TEXT, "%s", program);
	else
		snprintf(text, CONTROL_TEXT, "%s\tprocess\t%d\t%llu\t%llu", program,
			 (int)engine->process.pid, (unsigned long long)engine->before.read,
			 (unsigned long long)engine->before.written);
}
