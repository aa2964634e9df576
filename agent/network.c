// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces by ioctl (netdevice(7)), addresses and routes by rtnetlink(7). What the host says is
 * checked here only as far as our own buffers want it; the kernel knows its rules.
 */
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network.h"

#define LOOK_MS 10
#define APPEAR_MS 10000		/* a driver may still be at work with its device */
#define MAC_TEXT 18

/* Room for a header of a family and all attributes that we know. */
struct request {
	struct nlmsghdr header;
	u8 rest[256];
};

struct address {
	u8 family;
	u8 size;
	u8 bytes[sizeof(struct in6_addr)];
};

static int refuse(char *reason, size_t room, int err, const char *what, const char *about)
{
	snprintf(reason, room, "cannot %s %s: %s", what, about, strerror(-err));
	return err;
}

static int control(unsigned long number, struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 || ioctl(fd, number, request) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static int bring_up(const char *name)
{
	struct ifreq request = { 0 };
	int err;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	err = control(SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	return err ? err : control(SIOCSIFFLAGS, &request);
}

static int rename_interface(const char *name, const char *new_name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	snprintf(request.ifr_newname, sizeof(request.ifr_newname), "%s", new_name);
	return control(SIOCSIFNAME, &request);
}

static bool has_mac(const char *name, const char *mac)
{
	struct ifreq request = { 0 };
	char text[MAC_TEXT];
	const u8 *byte = (const u8 *)request.ifr_hwaddr.sa_data;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (control(SIOCGIFHWADDR, &request) || request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", byte[0], byte[1], byte[2],
		 byte[3], byte[4], byte[5]);
	return !strcmp(text, mac);
}

static bool find_by_mac(const char *mac, char name[IF_NAMESIZE])
{
	struct if_nameindex *all = if_nameindex(), *each;
	bool found = false;

	for (each = all; each && each->if_index && !found; each++) {
		found = has_mac(each->if_name, mac);
		snprintf(name, IF_NAMESIZE, "%s", each->if_name);
	}
	if (all)
		if_freenameindex(all);
	return found;
}

static int find_within(const char *mac, char name[IF_NAMESIZE])
{
	int ms;

	for (ms = 0; ms < APPEAR_MS; ms += LOOK_MS) {
		if (find_by_mac(mac, name))
			return 0;
		usleep(LOOK_MS * 1000);
	}
	return -ENODEV;
}

/* Whoever has its name by the order of drivers gives it up; the kernel puts a number there. */
static int take_interface(const struct agent_message *message)
{
	const char *wanted = message->text[0];
	char name[IF_NAMESIZE];
	int err = find_within(message->text[1], name);

	if (!err && strcmp(name, wanted)) {
		if (if_nametoindex(wanted))
			err = rename_interface(wanted, "other%d");
		if (!err)
			err = rename_interface(name, wanted);
	}
	return err ? err : bring_up(wanted);
}

static int parse(const char *text, struct address *address)
{
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	address->size = address->family == AF_INET6 ? sizeof(struct in6_addr) :
		sizeof(struct in_addr);
	return inet_pton(address->family, text, address->bytes) == 1 ? 0 : -EINVAL;
}

static void *extend(struct request *request, size_t size)
{
	void *at = (u8 *)request + request->header.nlmsg_len;

	request->header.nlmsg_len += NLMSG_ALIGN(size);
	return at;
}

static void *begin(struct request *request, u16 type, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	request->header.nlmsg_len = NLMSG_HDRLEN;
	return extend(request, size);
}

static void add(struct request *request, u16 type, const void *data, size_t size)
{
	struct rtattr *attribute = extend(request, RTA_LENGTH(size));

	attribute->rta_type = type;
	attribute->rta_len = RTA_LENGTH(size);
	memcpy(RTA_DATA(attribute), data, size);
}

static void add_number(struct request *request, u16 type, u32 number)
{
	add(request, type, &number, sizeof(number));
}

/* The kernel answers before send(2) returns. */
static int ask(const struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		u8 rest[sizeof(*request)];
	} answer = { .error.error = -EPROTO };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (send(fd, request, request->header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), MSG_DONTWAIT) < 0)
		err = -errno;
	close(fd);
	return err ? err : answer.error.error;
}

/* Routes come by themselves, also that to the prefix; and the engine has seen to duplicates. */
static int take_address(const struct agent_message *message)
{
	u32 flags = IFA_F_NOPREFIXROUTE;
	struct address address;
	struct request request;
	struct ifaddrmsg *header = begin(&request, RTM_NEWADDR, sizeof(*header));
	u32 index = if_nametoindex(message->text[0]);

	if (!index)
		return -ENODEV;
	if (parse(message->text[1], &address) || message->number[0] > 8 * address.size)
		return -EINVAL;
	if (address.family == AF_INET6)
		flags |= IFA_F_NODAD;
	header->ifa_family = address.family;
	header->ifa_prefixlen = message->number[0];
	header->ifa_index = index;
	add(&request, IFA_LOCAL, address.bytes, address.size);
	add(&request, IFA_ADDRESS, address.bytes, address.size);
	add_number(&request, IFA_FLAGS, flags);
	return ask(&request);
}

static int add_address(struct request *request, u16 type, const char *text, u8 family)
{
	struct address address;

	if (!*text)
		return 0;
	if (parse(text, &address) || address.family != family)
		return -EINVAL;
	add(request, type, address.bytes, address.size);
	return 0;
}

static int take_route(const struct agent_message *message)
{
	const char *gateway = message->text[2];
	struct address destination;
	struct request request;
	struct rtmsg *header = begin(&request, RTM_NEWROUTE, sizeof(*header));
	u32 index = if_nametoindex(message->text[0]);

	if (!index)
		return -ENODEV;
	if (parse(message->text[1], &destination) || message->number[0] > 8 * destination.size)
		return -EINVAL;
	*header = (struct rtmsg){
		.rtm_family = destination.family, .rtm_dst_len = message->number[0],
		.rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST,
		.rtm_scope = *gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_flags = message->number[2] & RTNH_F_ONLINK,
	};
	add(&request, RTA_DST, destination.bytes, destination.size);
	add_number(&request, RTA_OIF, index);
	if (message->number[1])
		add_number(&request, RTA_PRIORITY, message->number[1]);
	if (add_address(&request, RTA_GATEWAY, gateway, destination.family) ||
	    add_address(&request, RTA_PREFSRC, message->text[3], destination.family))
		return -EINVAL;
	return ask(&request);
}

int network_begin(char *reason, size_t room)
{
	int err = bring_up("lo");

	return err ? refuse(reason, room, err, "bring up", "lo") : 0;
}

int network_take(const struct agent_message *message, char *reason, size_t room)
{
	int err;

	switch (message->type) {
	case AGENT_INTERFACE:
		err = take_interface(message);
		return err ? refuse(reason, room, err, "have the interface", message->text[0]) : 0;
	case AGENT_ADDRESS:
		err = take_address(message);
		return err ? refuse(reason, room, err, "have the address", message->text[1]) : 0;
	default:
		err = take_route(message);
		return err ? refuse(reason, room, err, "have the route to", message->text[1]) : 0;
	}
}
