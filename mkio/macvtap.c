// SPDX-License-Identifier: GPL-2.0-only
/* Making, opening and removing macvtap interfaces (rtnetlink(7); linux/if_link.h). */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "macvtap.h"
#include "mkio.h"
#include "rights.h"
#include "sysfs.h"
#include "tap.h"

#define KIND "macvtap"
#define NO_ADDRESS 1		/* IN6_ADDR_GEN_MODE_NONE, of linux/if_link.h */

/* One message, about one interface. */
struct request {
	struct nlmsghdr header;
	struct ifinfomsg link;
	u8 attributes[512];
};

static struct request new_request(u16 type, u16 flags, int index)
{
	return (struct request){
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
		},
		.link = { .ifi_index = index },
	};
}

/* What is said here is short, and fits. */
static struct rtattr *put(struct request *request, u16 type, const void *data, size_t size)
{
	struct rtattr *at = (void *)((u8 *)request + request->header.nlmsg_len);

	at->rta_type = type;
	at->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(at), data, size);
	request->header.nlmsg_len += RTA_ALIGN(at->rta_len);
	return at;
}

static void end_nest(struct request *request, struct rtattr *nest)
{
	nest->rta_len = (u8 *)request + request->header.nlmsg_len - (u8 *)nest;
}

static int take_verdict(int fd)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		u8 rest[sizeof(struct request)];
	} answer;
	ssize_t size = recv(fd, &answer, sizeof(answer), 0);

	if (size < 0)
		return -errno;
	if (size < (ssize_t)NLMSG_LENGTH(sizeof(answer.error)) || answer.header.nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return answer.error.error;
}

static int call(const struct request *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	err = send(fd, request, request->header.nlmsg_len, 0) < 0 ? -errno : take_verdict(fd);
	close(fd);
	return err;
}

static int add_link(const char *name, u32 lower, const u8 mac[ETH_ALEN])
{
	struct request request = new_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct rtattr *info, *data;
	u32 mode = MACVLAN_MODE_BRIDGE;		/* those beside the same interface see each other */

	put(&request, IFLA_IFNAME, name, strlen(name) + 1);
	put(&request, IFLA_LINK, &lower, sizeof(lower));
	put(&request, IFLA_ADDRESS, mac, ETH_ALEN);
	info = put(&request, IFLA_LINKINFO, NULL, 0);
	put(&request, IFLA_INFO_KIND, KIND, strlen(KIND));
	data = put(&request, IFLA_INFO_DATA, NULL, 0);
	put(&request, IFLA_MACVLAN_MODE, &mode, sizeof(mode));
	end_nest(&request, data);
	end_nest(&request, info);
	return call(&request);
}

static int set_alias(u32 index, const char *owner)
{
	struct request request = new_request(RTM_NEWLINK, 0, index);

	put(&request, IFLA_IFALIAS, owner, strlen(owner));
	return call(&request);
}

/* The host itself shall say nothing by it: its address by IPv6 would be the spawn's. */
static void have_no_address(u32 index)
{
	struct request request = new_request(RTM_NEWLINK, 0, index);
	struct rtattr *families = put(&request, IFLA_AF_SPEC, NULL, 0);
	struct rtattr *family = put(&request, AF_INET6, NULL, 0);
	u8 mode = NO_ADDRESS;

	put(&request, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof(mode));
	end_nest(&request, family);
	end_nest(&request, families);
	call(&request);		/* a kernel without IPv6 refuses it */
}

static int remove_link(u32 index)
{
	struct request request = new_request(RTM_DELLINK, 0, index);

	return call(&request);
}

static int open_path(char path[SYSFS_PATH_SIZE], u64 index)
{
	char device[32];

	snprintf(device, sizeof(device), "tap%llu", (unsigned long long)index);
	device_path(path, device);
	return open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

/*
 * What was made for nothing. Another process may have found it meanwhile, and has locked it then: it is that
 * one's by now, and stays.
 */
static void give_up(u64 index)
{
	char path[SYSFS_PATH_SIZE];
	int fd = open_path(path, index);

	if (fd < 0 || !flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		remove_link(index);
	if (fd >= 0)
		close(fd);
}

static bool read_index(const char *name, u64 *index)
{
	return !sysfs_read_number(index, "class/net/%s/ifindex", name);
}

bool macvtap_is(const char *name)
{
	u64 index;

	return read_index(name, &index) &&
	       sysfs_exists("class/net/%s/tap%llu/dev", name, (unsigned long long)index);
}

static int refuse_link(const char *name, const char *lower, int error)
{
	switch (error) {
	case EEXIST:
		return cli_refuse("the macvtap %s is in use: another program has just made it", name);
	case EOPNOTSUPP:
		return cli_refuse("this kernel makes no macvtap: it takes the kernel module macvtap");
	case EBUSY:
		return cli_refuse("%s is a port of a bridge or a bond, or has another use already", lower);
	case EINVAL:
		return cli_refuse("%s is no Ethernet interface", lower);
	}
	return cli_refuse("cannot make a macvtap of %s: %s", lower, strerror(error));
}

static int make(const struct macvtap_wish *wish, const u8 mac[ETH_ALEN])
{
	const char *name = wish->name, *lower = wish->lower;
	u64 beside, index;
	int err;

	if (!read_index(lower, &beside))
		return cli_refuse("there is no interface %s", lower);
	if (sysfs_exists("class/net/%s/phy80211", lower) || sysfs_exists("class/net/%s/wireless", lower))
		return cli_refuse("%s is wireless: it carries frames of its own address only, so none of a macvtap",
				   lower);
	err = add_link(name, beside, mac);
	if (err)
		return refuse_link(name, lower, -err);
	if (!read_index(name, &index))
		return cli_refuse("the macvtap %s has gone at once", name);
	err = set_alias(index, wish->owner);
	if (err) {
		give_up(index);
		return cli_refuse("cannot set up the interface %s: %s", name, strerror(-err));
	}
	have_no_address(index);
	return CLI_OK;
}

/* Where it is, the spawn's address is its own: frames to no other come there. */
static int take_address(const char *name, u8 mac[ETH_ALEN], bool given)
{
	char text[SYSFS_TEXT_SIZE];
	u8 own[ETH_ALEN];

	if (sysfs_read_text(text, sizeof(text), "class/net/%s/address", name) ||
	    sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &own[0], &own[1], &own[2], &own[3], &own[4],
		   &own[5]) != ETH_ALEN)
		return cli_refuse("cannot read the address of %s", name);
	if (given && memcmp(own, mac, ETH_ALEN))
		return cli_refuse("%s has the address %s: leave out --mac, or give it another one first", name, text);
	memcpy(mac, own, ETH_ALEN);
	return CLI_OK;
}

/* One that is there is taken as it is, or, left over by one of us, as if it were made. */
static int find(const struct macvtap_wish *wish, u8 mac[ETH_ALEN], bool *ours)
{
	char alias[SYSFS_TEXT_SIZE];

	if (!macvtap_is(wish->name))
		return cli_refuse("%s is there, and is no macvtap", wish->name);
	if (wish->lower && !sysfs_exists("class/net/%s/lower_%s", wish->name, wish->lower))
		return cli_refuse("%s is there, and is no macvtap of %s", wish->name, wish->lower);
	*ours = wish->lower && !sysfs_read_text(alias, sizeof(alias), "class/net/%s/ifalias", wish->name) &&
		!strcmp(alias, wish->owner);
	return take_address(wish->name, mac, wish->given);
}

/* Is what stands in /dev that interface's? */
static bool is_device_of(int fd, const char *name, u64 index)
{
	char text[SYSFS_TEXT_SIZE];
	unsigned int major, minor;
	struct stat about;

	return !fstat(fd, &about) &&
	       !sysfs_read_text(text, sizeof(text), "class/net/%s/tap%llu/dev", name,
				(unsigned long long)index) &&
	       sscanf(text, "%u:%u", &major, &minor) == 2 && about.st_rdev == makedev(major, minor);
}

/* Each who opens it would get some of its frames, so who has it locks it. */
static int open_device(const char *name, u64 index)
{
	char path[SYSFS_PATH_SIZE];
	int fd = open_path(path, index);

	if (fd < 0) {
		cli_refuse("cannot open %s of %s: %s", path, name, strerror(errno));
		return -1;
	}
	if (!is_device_of(fd, name, index))
		cli_refuse("%s is not the device of %s", path, name);
	else if (flock(fd, LOCK_EX | LOCK_NB))
		cli_refuse("the macvtap %s is in use", name);
	else
		return fd;
	close(fd);
	return -1;
}

/*
 * The process that takes the interface away when the other end of its leash is closed, however that came
 * about. It has no other right, and listens to nothing else. Until then it has the device open as well, and
 * so the lock: nobody takes up what is about to go.
 */
static void __attribute__((noreturn)) keep(int leash, u32 index)
{
	ssize_t got;
	char byte;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (rights_keep(RIGHT(CAP_NET_ADMIN)))
		_exit(1);
	do
		got = read(leash, &byte, 1);
	while (got < 0 && errno == EINTR);
	_exit(remove_link(index) ? 1 : 0);
}

static int start_keeper(struct macvtap *macvtap, u32 index)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	macvtap->keeper = fork();
	if (!macvtap->keeper) {
		close(ends[1]);
		keep(ends[0], index);
	}
	close(ends[0]);
	macvtap->leash = ends[1];
	return macvtap->keeper < 0 ? -errno : 0;
}

static int take(struct macvtap *macvtap, const struct macvtap_wish *wish, u64 index, bool ours)
{
	int err;

	macvtap->fd = open_device(wish->name, index);
	if (macvtap->fd < 0)
		return CLI_REFUSED;
	err = ours ? start_keeper(macvtap, index) : 0;
	if (err)
		return cli_refuse("cannot start a process for %s: %s", wish->name, strerror(-err));
	/* All that is sent to several: which of it the spawn wants, nobody here knows. */
	return tap_set_up(macvtap->fd, wish->name, wish->mtu, IFF_UP | IFF_ALLMULTI);
}

static void close_device(struct macvtap *macvtap)
{
	if (macvtap->fd >= 0)
		close(macvtap->fd);
	macvtap->fd = -1;
}

int macvtap_open(struct macvtap *macvtap, const struct macvtap_wish *wish, u8 mac[ETH_ALEN])
{
	bool is_new = wish->lower && !sysfs_exists("class/net/%s", wish->name), ours = is_new;
	int code = is_new ? make(wish, mac) : find(wish, mac, &ours);
	u64 index;

	if (code)
		return code;
	if (!read_index(wish->name, &index))
		return cli_refuse("the macvtap %s has gone at once", wish->name);
	code = take(macvtap, wish, index, ours);
	if (code && is_new && macvtap->keeper <= 0) {
		close_device(macvtap);
		give_up(index);
	}
	return code;
}

void macvtap_close(struct macvtap *macvtap)
{
	close_device(macvtap);
	if (macvtap->leash >= 0)
		close(macvtap->leash);
	if (macvtap->keeper > 0)
		waitpid(macvtap->keeper, NULL, 0);
	macvtap->leash = -1;
	macvtap->keeper = 0;
}
