// SPDX-License-Identifier: GPL-2.0-only
/* Making tap interfaces, and putting them into bridges. */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mkio.h"
#include "sysfs.h"
#include "tap.h"

/* With VIRTIO_F_VERSION_1 the header in front of a packet has always all fields. */
#define HEADER_SIZE ((int)sizeof(struct virtio_net_hdr_v1))

/* A macvtap takes the flags, and has its name already. */
static int attach(int fd, const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int size = HEADER_SIZE;

	strcpy(request.ifr_name, name);
	if (!ioctl(fd, TUNSETIFF, &request) && !ioctl(fd, TUNSETVNETHDRSZ, &size))
		return CLI_OK;
	if (errno == EBUSY)
		return cli_refuse("the tap interface %s is in use", name);
	if (errno == EINVAL)
		return cli_refuse("%s is there, and is no tap interface that we could take", name);
	return cli_refuse("cannot make the tap interface %s: %s", name, strerror(errno));
}

static int set_mtu(int net, const char *name, u32 mtu)
{
	struct ifreq request = { .ifr_mtu = mtu };
	int error;

	strcpy(request.ifr_name, name);
	if (!mtu || !ioctl(net, SIOCSIFMTU, &request))
		return CLI_OK;
	error = errno;
	return cli_refuse("%s cannot have an MTU of %u: %s%s", name, mtu, strerror(error),
			   error == EINVAL ? "; a macvtap has that of its interface at most" : "");
}

static int set_flags(int net, const char *name, short flags)
{
	struct ifreq request = { 0 };
	int error = 0;

	strcpy(request.ifr_name, name);
	if (ioctl(net, SIOCGIFFLAGS, &request))
		error = errno;
	request.ifr_flags |= flags;
	if (!error && ioctl(net, SIOCSIFFLAGS, &request))
		error = errno;
	if (error)
		return cli_refuse("cannot set up the interface %s: %s", name, strerror(error));
	return CLI_OK;
}

static int bring_up(const char *name, u32 mtu, short flags)
{
	int net = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), code;

	if (net < 0)
		return cli_refuse("cannot have a socket: %s", strerror(errno));
	code = set_mtu(net, name, mtu);
	if (!code)
		code = set_flags(net, name, flags);
	close(net);
	return code;
}

int tap_set_up(int fd, const char *name, u32 mtu, short flags)
{
	int code = attach(fd, name);

	return code ? code : bring_up(name, mtu, flags);
}

int tap_open(const char *name, u32 mtu)
{
	char path[SYSFS_PATH_SIZE];
	int fd;

	device_path(path, "net/tun");
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		cli_refuse("cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	if (tap_set_up(fd, name, mtu, IFF_UP)) {
		close(fd);
		return -1;
	}
	tap_set_carrier(fd, false);
	return fd;
}

/* The bridge that an interface is a port of, by sysfs; "" for none. */
static void read_bridge(const char *name, char bridge[SYSFS_PATH_SIZE])
{
	char path[SYSFS_PATH_SIZE], target[SYSFS_PATH_SIZE];
	ssize_t length = -1;

	if (!sysfs_path(path, "class/net/%s/brport/bridge", name))
		length = readlink(path, target, sizeof(target) - 1);
	target[length < 0 ? 0 : length] = '\0';
	strcpy(bridge, strrchr(target, '/') ? strrchr(target, '/') + 1 : "");
}

static int interface_index(int net, const char *name)
{
	struct ifreq request = { 0 };

	strcpy(request.ifr_name, name);
	return ioctl(net, SIOCGIFINDEX, &request) ? -1 : request.ifr_ifindex;
}

static int refuse_bridge(const char *name, const char *bridge, int error)
{
	char other[SYSFS_PATH_SIZE];

	read_bridge(name, other);
	if (!strcmp(other, bridge))
		return CLI_OK;
	if (error == EBUSY)
		return cli_refuse("%s is a port of %s, not of %s", name,
				   *other ? other : "something else", bridge);
	if (error == ENODEV)
		return cli_refuse("there is no bridge %s", bridge);
	if (error == EOPNOTSUPP)
		return cli_refuse("%s is no bridge; beside an Ethernet interface there is macvtap", bridge);
	return cli_refuse("cannot make %s a port of %s: %s", name, bridge, strerror(error));
}

int tap_join(const char *name, const char *bridge)
{
	struct ifreq request = { 0 };
	int net = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (net < 0)
		return cli_refuse("cannot have a socket: %s", strerror(errno));
	strcpy(request.ifr_name, bridge);
	request.ifr_ifindex = interface_index(net, name);
	if (ioctl(net, SIOCBRADDIF, &request))
		error = errno;
	close(net);
	return error ? refuse_bridge(name, bridge, error) : CLI_OK;
}

int tap_set_offloads(int fd, u64 features)
{
	unsigned long offloads = 0;

	if (features & 1ULL << VIRTIO_NET_F_GUEST_CSUM)
		offloads |= TUN_F_CSUM;
	if (features & 1ULL << VIRTIO_NET_F_GUEST_TSO4)
		offloads |= TUN_F_TSO4;
	if (features & 1ULL << VIRTIO_NET_F_GUEST_TSO6)
		offloads |= TUN_F_TSO6;
	if (features & 1ULL << VIRTIO_NET_F_GUEST_ECN)
		offloads |= TUN_F_TSO_ECN;
	return ioctl(fd, TUNSETOFFLOAD, offloads) ? -errno : 0;
}

bool tap_is_there(int fd)
{
	struct ifreq request;

	return !ioctl(fd, TUNGETIFF, &request) || (errno != EBADFD && errno != ENOLINK);
}

/* Kernels before 4.20 do not have it, and do not run here. */
void tap_set_carrier(int fd, bool on)
{
	int carrier = on;

	ioctl(fd, TUNSETCARRIER, &carrier);
}

int tap_bytes(const char *name, bool is_macvtap, u64 *sent, u64 *received)
{
	const char *out = is_macvtap ? "tx" : "rx", *in = is_macvtap ? "rx" : "tx";
	int err = sysfs_read_number(sent, "class/net/%s/statistics/%s_bytes", name, out);

	return err ? err : sysfs_read_number(received, "class/net/%s/statistics/%s_bytes", name, in);
}
