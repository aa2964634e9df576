// SPDX-License-Identifier: GPL-2.0-only
/* Stands in for the kernel; see fake.h. */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/vhost.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "fake.h"
#include "multikernel.h"

#define PATH_SIZE 512
#define NAME_SIZE 128		/* below that directory */
#define WORDS_MAX 32
#define ANSWER_MS 40000

struct fake fake;
static char directory[] = "/tmp/mkio-test-XXXXXX";
static int events = -1, memory_fd[FAKE_RANGES];
static int netlink[2] = { -1, -1 };	/* its end, and ours */

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

static void note(const char *format, ...)
{
	size_t length = strlen(fake.log);
	va_list args;

	va_start(args, format);
	vsnprintf(fake.log + length, sizeof(fake.log) - length, format, args);
	va_end(args);
}

static void path_of(char path[PATH_SIZE], const char *name)
{
	snprintf(path, PATH_SIZE, "%s/%s", directory, name);
}

static void make_directory(const char *name)
{
	char path[PATH_SIZE];

	path_of(path, name);
	must(!mkdir(path, 0700), path);
}

static void write_text(const char *name, const char *text)
{
	char path[PATH_SIZE];
	FILE *file;

	path_of(path, name);
	file = fopen(path, "w");
	must(file && fputs(text, file) >= 0 && !fclose(file), path);
}

static void make_instance(void)
{
	make_directory("fs");
	make_directory("fs/multikernel");
	make_directory("fs/multikernel/instances");
	make_directory("fs/multikernel/instances/web");
	write_text("fs/multikernel/version", MULTIKERNEL_VERSION "\n");
	write_text("fs/multikernel/instances/web/id", "7\n");
	write_text("fs/multikernel/instances/web/serial", "107\n");
	write_text("fs/multikernel/instances/web/generation", "5\n");
	write_text("fs/multikernel/instances/web/status", "active\n");
	write_text("fs/multikernel/instances/web/failure", "\n");
	write_text("fs/multikernel/instances/web/device_tree_source",
		   "cpus = <1>;\nmemory-bytes = <0x800000>;\n");
}

void fake_begin(void)
{
	char path[PATH_SIZE];
	int i;

	memset(&fake, 0, sizeof(fake));
	strcpy(directory, "/tmp/mkio-test-XXXXXX");
	must(mkdtemp(directory), directory);
	setenv("MKCTL_DEV", directory, 1);
	setenv("MKCTL_SYSFS", directory, 1);
	setenv("MKCTL_RUN", directory, 1);
	make_instance();
	write_text("vhost-vsock", "");
	write_text("vhost-net", "");
	make_directory("class");
	make_directory("class/net");
	make_directory("net");
	write_text("net/tun", "");
	path_of(path, "multikernel");
	must(!mkfifo(path, 0600), path);
	events = open(path, O_RDWR | O_CLOEXEC);
	must(events >= 0, path);
	must(!pipe2(fake.answers, O_CLOEXEC), "pipe");
	for (i = 0; i < FAKE_RANGES; i++) {
		memory_fd[i] = memfd_create("spawn", MFD_CLOEXEC);
		must(!ftruncate(memory_fd[i], FAKE_BYTES), "memfd");
		fake.memory[i] = mmap(NULL, FAKE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
				      memory_fd[i], 0);
		must(fake.memory[i] != MAP_FAILED, "memfd");
	}
	for (i = 0; i < MK_DEVICE_QUEUES; i++)
		fake.call_fd[i] = fake.kick_fd[i] = -1;
	fake.called = fake.taken = -1;
}

static void put(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void fake_end(void)
{
	char command[PATH_SIZE];
	int i;

	for (i = 0; i < MK_DEVICE_QUEUES; i++) {
		put(&fake.call_fd[i]);
		put(&fake.kick_fd[i]);
	}
	for (i = 0; i < FAKE_RANGES; i++) {
		munmap(fake.memory[i], FAKE_BYTES);
		close(memory_fd[i]);
	}
	put(&netlink[1]);
	put(&fake.called);
	put(&fake.taken);
	put(&events);
	put(&fake.answers[0]);
	put(&fake.answers[1]);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	must(!system(command), command);
}

void fake_queue(u32 index, u64 at, u32 size)
{
	fake.queue[index] = (struct multikernel_queue){
		.descriptors = at, .driver = at + 0x1000, .device = at + 0x2000,
		.queue_size = size, .ready = 1,
	};
}

int fake_run(const struct cli_command *kind, const char *const *words)
{
	const struct cli_command *const kinds[] = { kind, NULL };
	const struct cli_program program = { .name = "mkio", .commands = kinds };
	char *argv[WORDS_MAX] = { "mkio" };
	int argc = 1;

	for (; *words; words++) {
		must(argc < WORDS_MAX, "words");
		argv[argc++] = (char *)*words;
	}
	return cli_main(&program, argc, argv);
}

/* With its own header and the legacy bits. */
#define VHOST_NET_FEATURES 0x33f008000ULL

void fake_begin_net(void)
{
	u32 i;

	fake_begin();
	fake.vhost_features = VHOST_NET_FEATURES;
	for (i = 0; i < 2; i++)
		fake_queue(i, FAKE_START(0) + 0x4000 * i, 128);
}

void fake_event(u32 number, u32 kind, u64 features)
{
	struct multikernel_event event = {
		.number = number, .kind = kind, .features = { features },
	};

	must(write(events, &event, sizeof(event)) == sizeof(event), "event");
}

void fake_nonsense(void)
{
	must(write(events, "", 1) == 1, "event");
}

static struct {
	int kept;
	FILE *file;
	char line[PATH_SIZE];
} heard;

void fake_hear(void)
{
	heard.kept = dup(STDERR_FILENO);
	heard.file = tmpfile();
	must(heard.kept >= 0 && heard.file, "standard error");
	must(dup2(fileno(heard.file), STDERR_FILENO) >= 0, "standard error");
}

const char *fake_heard(void)
{
	must(dup2(heard.kept, STDERR_FILENO) >= 0, "standard error");
	close(heard.kept);
	rewind(heard.file);
	if (!fgets(heard.line, sizeof(heard.line), heard.file))
		*heard.line = '\0';
	fclose(heard.file);
	return heard.line;
}

static struct {
	pthread_t thread;
	const char *device;
	const char *question;
	char answer[CONTROL_TEXT];
} asked;

static void *ask(void *data)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	int tries = ANSWER_MS / 10;

	strcpy(asked.answer, "no answer");
	while (control_ask("web", asked.device, asked.question, CONTROL_MS, asked.answer) && --tries)
		nanosleep(&moment, NULL);
	fake_event(99, MULTIKERNEL_EVENT_GONE, 0);
	return data;
}

void fake_ask(const char *device, const char *question)
{
	asked.device = device;
	asked.question = question;
	must(!pthread_create(&asked.thread, NULL, ask, NULL), "thread");
}

const char *fake_answered(void)
{
	must(!pthread_join(asked.thread, NULL), "thread");
	return asked.answer;
}

void *fake_at(u64 address)
{
	int i;

	for (i = 0; i < FAKE_RANGES; i++)
		if (address >= FAKE_START(i) && address < FAKE_START(i) + FAKE_BYTES)
			return fake.memory[i] + (address - FAKE_START(i));
	must(false, "address");
	return NULL;
}

struct multikernel_answer fake_answer(void)
{
	struct multikernel_answer answer = { 0 };
	struct pollfd wait = { .fd = fake.answers[0], .events = POLLIN };

	if (poll(&wait, 1, ANSWER_MS) == 1)
		must(read(fake.answers[0], &answer, sizeof(answer)) == sizeof(answer), "answer");
	return answer;
}

/* This test has each range mapped once. */
bool fake_is_mapped(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[PATH_SIZE];
	int count = 0;

	must(maps, "maps");
	while (fgets(line, sizeof(line), maps))
		count += !!strstr(line, "memfd:spawn");
	fclose(maps);
	return count > FAKE_RANGES;
}

static int fail(int error)
{
	errno = error;
	return error ? -1 : 0;
}

static int attach(struct multikernel_attach *what)
{
	must(what->size == sizeof(*what), "size");
	note("attach %s serial %llu\n", what->name, (unsigned long long)what->serial);
	fake.attached = *what;
	memcpy(fake.config, what->config, sizeof(fake.config));
	if (fake.attach_error && fake.sentence)
		snprintf((char *)(uintptr_t)what->text, what->text_size, "%s", fake.sentence);
	return fail(fake.attach_error);
}

static int give_memory(struct multikernel_memory *memory)
{
	must(memory->size == sizeof(*memory), "size");
	memory->count = FAKE_RANGES;
	if (fake.memory_error)
		return fail(fake.memory_error);
	if (memory->index >= FAKE_RANGES)
		return fail(ERANGE);
	memory->start = FAKE_START(memory->index);
	memory->bytes = FAKE_BYTES;
	memory->fd = fcntl(memory_fd[memory->index], F_DUPFD_CLOEXEC, 0);
	must(memory->fd >= 0, "memory");
	return 0;
}

static int give_queue(struct multikernel_queue *queue)
{
	u32 index = queue->index;

	must(queue->size == sizeof(*queue) && index < MK_DEVICE_QUEUES, "queue");
	*queue = fake.queue[index];
	queue->size = sizeof(*queue);
	queue->index = index;
	return 0;
}

static int bind_fd(const struct multikernel_queue_fd *queue, int *place)
{
	must(queue->size == sizeof(*queue) && queue->index < MK_DEVICE_QUEUES, "queue");
	put(&place[queue->index]);
	if (queue->fd >= 0)
		place[queue->index] = fcntl(queue->fd, F_DUPFD_CLOEXEC, 0);
	if (queue->fd >= 0 && place == fake.call_fd && !queue->index) {
		put(&fake.called);
		fake.called = fcntl(queue->fd, F_DUPFD_CLOEXEC, 0);
	}
	return 0;
}

static void interrupt(void)
{
	if (fake.interrupts && fake.interrupts--)
		raise(SIGINT);
}

static int take_answer(const struct multikernel_answer *answer)
{
	static const char *const kinds[] = { "", "started", "stopped", "failed" };

	must(answer->size == sizeof(*answer) && answer->kind < ARRAY_SIZE(kinds), "answer");
	must(write(fake.answers[1], answer, sizeof(*answer)) == sizeof(*answer), "answer");
	note("answer %u %s%s\n", answer->number, kinds[answer->kind],
	     fake_is_mapped() ? ", memory mapped" : "");
	if (answer->kind == MULTIKERNEL_ANSWER_STARTED) {
		fake.vanished = fake.vanishes;
		interrupt();
	}
	return 0;
}

static int take_config(const struct multikernel_config *config)
{
	must(config->size == sizeof(*config), "config");
	must(config->config_size == fake.attached.config_size, "config");
	memcpy(fake.config, config->config, sizeof(fake.config));
	note("config\n");
	return 0;
}

static int multikernel(unsigned long command, void *argument)
{
	switch (command) {
	case MULTIKERNEL_ATTACH:
		return attach(argument);
	case MULTIKERNEL_DETACH:
		note("detach\n");
		return 0;
	case MULTIKERNEL_UNPLUG:
		note("unplug\n");
		if (fake.lets_go)
			fake_event(fake.lets_go, MULTIKERNEL_EVENT_RESET, 0);
		interrupt();
		return 0;
	case MULTIKERNEL_MEMORY:
		return give_memory(argument);
	case MULTIKERNEL_QUEUE:
		return give_queue(argument);
	case MULTIKERNEL_QUEUE_KICK:
		return bind_fd(argument, fake.kick_fd);
	case MULTIKERNEL_QUEUE_CALL:
		return bind_fd(argument, fake.call_fd);
	case MULTIKERNEL_CONFIG:
		return take_config(argument);
	case MULTIKERNEL_ANSWER:
		return take_answer(argument);
	}
	must(false, "unknown command");
	return -1;
}

/* One byte changed in one mapping must be seen in the other. */
static void must_be_same(u64 theirs, u64 address)
{
	volatile u8 *mapped = (u8 *)(uintptr_t)theirs, *memory = fake_at(address);
	u8 byte = *memory;

	*memory = byte + 1;
	must(*mapped == (u8)(byte + 1), "address");
	*memory = byte;
}

/* Every address must be one of the spawn's, by the mapping of who asks. */
static void note_queue(const struct vhost_vring_addr *where)
{
	u32 queue = where->index;

	must_be_same(where->desc_user_addr, fake.queue[queue].descriptors);
	must_be_same(where->avail_user_addr, fake.queue[queue].driver);
	must_be_same(where->used_user_addr, fake.queue[queue].device);
	note("queue %u placed\n", queue);
}

static void note_memory(const struct vhost_memory *memory)
{
	u32 i;

	for (i = 0; i < memory->nregions; i++)
		note("region %#llx %#llx\n", (unsigned long long)memory->regions[i].guest_phys_addr,
		     (unsigned long long)memory->regions[i].memory_size);
}

static int vhost(unsigned long command, void *argument)
{
	const struct vhost_vring_state *state = argument;
	const struct vhost_vring_file *file = argument;

	if (command == fake.vhost_command && fake.vhost_error)
		return fail(fake.vhost_error);
	switch (command) {
	case VHOST_GET_FEATURES:
		*(__u64 *)argument = fake.vhost_features;
		break;
	case VHOST_SET_FEATURES:
		note("features %#llx\n", (unsigned long long)*(__u64 *)argument);
		break;
	case VHOST_SET_OWNER:
		note("owner\n");
		break;
	case VHOST_SET_MEM_TABLE:
		note_memory(argument);
		break;
	case VHOST_SET_VRING_NUM:
		note("queue %u size %u\n", state->index, state->num);
		break;
	case VHOST_SET_VRING_BASE:
		note("queue %u base %u\n", state->index, state->num);
		break;
	case VHOST_SET_VRING_ADDR:
		note_queue(argument);
		break;
	case VHOST_SET_VRING_KICK:
		must(file->fd >= 0, "kick");
		break;
	case VHOST_SET_VRING_CALL:
		must(file->fd >= 0, "call");
		break;
	case VHOST_VSOCK_SET_GUEST_CID:
		note("cid %llu\n", (unsigned long long)*(__u64 *)argument);
		break;
	case VHOST_VSOCK_SET_RUNNING:
		note("running %d\n", *(int *)argument);
		break;
	case VHOST_NET_SET_BACKEND:
		note("queue %u backend%s\n", file->index, file->fd < 0 ? " none" : "");
		break;
	default:
		must(false, "unknown vhost command");
	}
	return 0;
}

/* The host's network; there is a bridge "br0", and the interface "taken" is in use. */
static int network(unsigned long command, void *argument)
{
	struct ifreq *request = argument;

	switch (command) {
	case TUNSETIFF:
		must(request->ifr_flags == (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR), "flags");
		note("tap %s\n", request->ifr_name);
		return fail(strcmp(request->ifr_name, "taken") ? 0 : EBUSY);
	case TUNGETIFF:
		return fail(fake.vanished ? EBADFD : 0);
	case TUNSETVNETHDRSZ:
		must(*(int *)argument == 12, "header");
		return 0;
	case TUNSETOFFLOAD:
		note("offloads %#lx\n", (unsigned long)argument);
		return 0;
	case TUNSETCARRIER:
		note("carrier %d\n", *(int *)argument);
		return 0;
	case SIOCSIFMTU:
		note("mtu %d\n", request->ifr_mtu);
		return fail(fake.mtu_error);
	case SIOCGIFFLAGS:
		request->ifr_flags = IFF_BROADCAST;
		return 0;
	case SIOCSIFFLAGS:
		note("flags %#x\n", request->ifr_flags);
		return 0;
	case SIOCGIFINDEX:
		request->ifr_ifindex = 3;
		return 0;
	case SIOCBRADDIF:
		note("bridge %s gets %d\n", request->ifr_name, request->ifr_ifindex);
		return fail(strcmp(request->ifr_name, "br0") ? ENODEV : 0);
	}
	must(false, "unknown command of the network");
	return -1;
}

void fake_interface(const char *name, u32 index, const char *file, const char *text)
{
	char path[NAME_SIZE], number[16];

	snprintf(path, sizeof(path), "class/net/%s", name);
	make_directory(path);
	snprintf(path, sizeof(path), "class/net/%s/ifindex", name);
	snprintf(number, sizeof(number), "%u\n", index);
	write_text(path, number);
	snprintf(path, sizeof(path), "class/net/%s/%s", name, file);
	write_text(path, text);
}

/* Its device is a file here, and no device. */
void fake_macvtap(const char *name, const char *mac, const char *alias)
{
	char path[NAME_SIZE];

	fake_interface(name, FAKE_MACVTAP, "address", mac);
	snprintf(path, sizeof(path), "class/net/%s/ifalias", name);
	write_text(path, alias);
	snprintf(path, sizeof(path), "class/net/%s/lower_eth0", name);
	make_directory(path);
	snprintf(path, sizeof(path), "class/net/%s/tap9", name);
	make_directory(path);
	snprintf(path, sizeof(path), "class/net/%s/tap9/dev", name);
	write_text(path, "0:0\n");
	write_text("tap9", "");
}

bool fake_is_removed(void)
{
	char path[PATH_SIZE];

	path_of(path, "removed");
	return !access(path, F_OK);
}

int socket(int domain, int type, int protocol)
{
	if (domain != AF_NETLINK)
		return syscall(SYS_socket, domain, type, protocol);
	put(&netlink[1]);
	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, netlink), "socketpair");
	return netlink[0];
}

static void note_attribute(const struct rtattr *at)
{
	const u8 *bytes = RTA_DATA(at);
	size_t i;

	note(" %u=", at->rta_type & NLA_TYPE_MASK);
	for (i = 0; i < RTA_PAYLOAD(at); i++)
		note(bytes[i] >= ' ' && bytes[i] <= '~' ? "%c" : "<%02x>", bytes[i]);
}

static void be_found(void)
{
	char path[PATH_SIZE];

	path_of(path, "tap9");
	fake.taken = open(path, O_RDWR | O_CLOEXEC);
	must(fake.taken >= 0 && !flock(fake.taken, LOCK_EX | LOCK_NB), path);
}

/* Returns the verdict. */
static int take_link(const struct nlmsghdr *header)
{
	const struct ifinfomsg *link = NLMSG_DATA(header);
	const struct rtattr *at = IFLA_RTA(link);
	int left = IFLA_PAYLOAD(header);
	char name[IFNAMSIZ] = "";
	bool is_alias = false;

	if (header->nlmsg_type == RTM_DELLINK) {
		must(link->ifi_index == FAKE_MACVTAP, "index");
		write_text("removed", "");
		return 0;
	}
	note("link %d%s", link->ifi_index, header->nlmsg_flags & NLM_F_CREATE ? " new" : "");
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		note_attribute(at);
		is_alias |= at->rta_type == IFLA_IFALIAS;
		if (at->rta_type == IFLA_IFNAME)
			snprintf(name, sizeof(name), "%s", (char *)RTA_DATA(at));
	}
	must(!left, "attributes");
	note("\n");
	if (*name && !fake.link_error) {
		fake_macvtap(name, "52:54:00:00:00:09\n", "\n");
		if (fake.is_taken)
			be_found();
	}
	if (is_alias)
		return -fake.alias_error;
	return *name ? -fake.link_error : 0;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	const struct nlmsghdr *header = bytes;
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer = { .header = { .nlmsg_len = sizeof(answer), .nlmsg_type = NLMSG_ERROR } };

	if (fd < 0 || fd != netlink[0])
		return syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0);
	must(size == header->nlmsg_len, "length");
	answer.error.error = take_link(header);
	must(write(netlink[1], &answer, sizeof(answer)) == sizeof(answer), "verdict");
	netlink[0] = -1;	/* it is closed then, and its number another's */
	return size;
}

int fcntl(int fd, int command, ...)
{
	void *argument;
	va_list args;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	if (command == F_OFD_SETLK && fake.lock_error)
		return fail(fake.lock_error);
	return syscall(SYS_fcntl, fd, command, argument);
}

static bool is_network(unsigned long command)
{
	return _IOC_TYPE(command) == _IOC_TYPE(TUNSETIFF) ||
	       _IOC_TYPE(command) == _IOC_TYPE(SIOCSIFMTU);
}

int ioctl(int fd, unsigned long command, ...)
{
	void *argument;
	va_list args;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	if (_IOC_TYPE(command) == _IOC_TYPE(MULTIKERNEL_ATTACH))
		return multikernel(command, argument);
	if (_IOC_TYPE(command) == VHOST_VIRTIO)
		return vhost(command, argument);
	if (is_network(command))
		return network(command, argument);
	return syscall(SYS_ioctl, fd, command, argument);
}
