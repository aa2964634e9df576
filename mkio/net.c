// SPDX-License-Identifier: GPL-2.0-only
/* A network interface: a virtio-net device, served by /dev/vhost-net over a tap or a macvtap, or by passt. */
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/vhost.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "macvtap.h"
#include "mkio.h"
#include "rights.h"
#include "sysfs.h"
#include "tap.h"
#include "vhost_kernel.h"
#include "vhost_user.h"

/* Receive and transmit; without a control queue there is one pair (virtio 1.2, 5.1.2). */
#define QUEUES 2
#define QUEUE_SIZE 256
#define CONFIG_SIZE (offsetof(struct virtio_net_config, mtu) + sizeof(__u16))

#define BIT(feature) (1ULL << (feature))

/* What the device itself has: an address of its own, and a carrier. */
#define OURS (BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS))

/* What a tap interface can do with packets, both ways. */
#define OF_TAP (BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM) | \
		BIT(VIRTIO_NET_F_HOST_TSO4) | BIT(VIRTIO_NET_F_HOST_TSO6) | \
		BIT(VIRTIO_NET_F_HOST_ECN) | BIT(VIRTIO_NET_F_GUEST_TSO4) | \
		BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_GUEST_ECN))

/* Of the engines' own. Not VHOST_NET_F_VIRTIO_NET_HDR: the tap interface makes the header. */
#define OF_ENGINE (MKIO_RING_FEATURES | BIT(VIRTIO_NET_F_MRG_RXBUF))

#define MTU_LEAST 68		/* virtio 1.2, 5.1.4.1 */
#define MTU_MOST 65521		/* drivers/net/tun.c: without the header of a frame */

static const char *tap_text, *bridge_text, *macvtap_text, *mac_text, *name_text = "net";
static u64 mtu;
static bool passt, replaceable;

/**
 * struct net - the engine
 * @fd:      /dev/vhost-net, or -1
 * @tap:     the interface, or -1
 * @macvtap: the same where it is one
 * @mtu:     what it carries at most, or 0 for what is usual
 * @user:    the conversation with passt
 */
struct net {
	int fd;
	int tap;
	struct macvtap macvtap;
	u32 mtu;
	struct vhost_user user;
};

static void add_own_features(struct device *device, u64 more)
{
	struct net *net = device->data;

	device->features = (device->features & OF_ENGINE) | OURS | more;
	if (net->mtu)
		device->features |= BIT(VIRTIO_NET_F_MTU);
}

static int tap_prepare(struct device *device)
{
	struct net *net = device->data;

	/* Whoever starts this anew has another one made, or puts one there. */
	if (!tap_is_there(net->tap))
		return cli_refuse("%s: somebody has removed the interface %s",
				   device->attachment.about, tap_text);
	net->fd = vhost_open(device, "vhost-net", "vhost_net");
	if (net->fd < 0)
		return CLI_REFUSED;
	add_own_features(device, OF_TAP);
	return CLI_OK;
}

static int set_backend(struct net *net, const struct device *device)
{
	u32 i;

	for (i = 0; i < device->served; i++) {
		struct vhost_vring_file backend = { device->queue[i].index, net->tap };

		if (device->queue[i].kick >= 0 &&
		    ioctl(net->fd, VHOST_NET_SET_BACKEND, &backend))
			return -errno;
	}
	return 0;
}

static int tap_start(struct device *device, u64 features)
{
	struct net *net = device->data;
	int err = tap_set_offloads(net->tap, features);

	if (!err)
		err = vhost_set_up(net->fd, device, features);
	if (!err)
		err = set_backend(net, device);
	if (!err)
		tap_set_carrier(net->tap, true);
	return err;
}

static enum engine_end tap_stop(struct device *device, u32 ms)
{
	struct net *net = device->data;

	(void)ms;
	if (net->tap >= 0)
		tap_set_carrier(net->tap, false);
	if (net->fd >= 0)
		close(net->fd);
	net->fd = -1;
	return ENGINE_FINISHED;
}

static void tap_describe(struct device *device, char text[CONTROL_TEXT])
{
	const struct net *net = device->data;
	u64 sent, received;

	if (tap_bytes(tap_text, net->macvtap.fd >= 0, &sent, &received))
		strcpy(text, "vhost_net");
	else
		snprintf(text, CONTROL_TEXT, "vhost_net\t%llu\t%llu", (unsigned long long)sent,
			 (unsigned long long)received);
}

static void tap_origin(struct device *device, struct origin *origin)
{
	(void)device;
	if (bridge_text)
		origin_of_name(origin, "net", "bridge", bridge_text);
	else if (macvtap_text)
		origin_of_name(origin, "net", "macvtap of", macvtap_text);
	else
		origin_of_name(origin, "net", "interface", tap_text);
}

static const struct engine tap_engine = {
	.prepare = tap_prepare, .start = tap_start, .stop = tap_stop, .describe = tap_describe,
	.origin = tap_origin,
};

static int passt_prepare(struct device *device)
{
	static const char *const command[] = {
		"passt", "--vhost-user", "--foreground", "--quiet", "--fd", PROCESS_SOCKET_TEXT,
		NULL,
	};
	static const struct vhost_user_peer peer = {
		.command = command, .connected = true,
		.package = "passt of Debian 13; older ones do not know --vhost-user",
	};
	int code = vhost_user_begin(&((struct net *)device->data)->user, device, &peer);

	add_own_features(device, 0);
	return code;
}

static int passt_start(struct device *device, u64 features)
{
	return vhost_user_start(&((struct net *)device->data)->user, device, features);
}

static enum engine_end passt_stop(struct device *device, u32 ms)
{
	return vhost_user_end(&((struct net *)device->data)->user, ms);
}

static bool passt_end(struct device *device)
{
	return vhost_user_wait(&((struct net *)device->data)->user);
}

static int passt_watched(struct device *device)
{
	return ((struct net *)device->data)->user.either;
}

static int passt_ready(struct device *device)
{
	bool changed;

	return vhost_user_ready(&((struct net *)device->data)->user, &changed);
}

static void passt_describe(struct device *device, char text[CONTROL_TEXT])
{
	(void)device;
	strcpy(text, "passt");
}

static void passt_origin(struct device *device, struct origin *origin)
{
	(void)device;
	origin_of_name(origin, "net", "passt", "");
}

static const struct engine passt_engine = {
	.prepare = passt_prepare, .start = passt_start, .stop = passt_stop, .end = passt_end,
	.fd = passt_watched, .ready = passt_ready, .describe = passt_describe,
	.origin = passt_origin,
};

#define MAC_LENGTH (3 * ETH_ALEN - 1)

/* Of one interface: neither of a group nor zero, with which no driver takes it. */
static bool parse_mac(const char *text, u8 mac[ETH_ALEN])
{
	static const u8 none[ETH_ALEN];
	int end = 0;	/* all of it, which with two digits each is so long */

	return strspn(text, "0123456789abcdefABCDEF:") == MAC_LENGTH && !text[MAC_LENGTH] &&
	       sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5], &end) == ETH_ALEN && end == MAC_LENGTH &&
	       memcmp(mac, none, ETH_ALEN) && !(mac[0] & 1);
}

/* FNV-1a, as its authors publish it: any mixture would do. */
static u64 mix(u64 hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (u8)*text) * 0x100000001b3ULL;
	return (hash ^ '/') * 0x100000001b3ULL;
}

/*
 * The same at each start, another one on each machine, instance and device; it is marked as given
 * by someone else than a maker of hardware.
 */
static void make_mac(const struct device *device, u8 mac[ETH_ALEN])
{
	char machine[64] = "";
	FILE *id = fopen("/etc/machine-id", "r");
	u64 hash = 0xcbf29ce484222325ULL;
	int i;

	if (id && !fgets(machine, sizeof(machine), id))
		*machine = '\0';
	if (id)
		fclose(id);
	hash = mix(mix(mix(hash, machine), device->instance), device->name);
	for (i = 0; i < ETH_ALEN; i++)
		mac[i] = hash >> (8 * i + 8);
	mac[0] = (mac[0] & ~1) | 2;
}

static int set_config(struct device *device, const struct net *net)
{
	struct virtio_net_config config = {
		.status = VIRTIO_NET_S_LINK_UP, .max_virtqueue_pairs = 1, .mtu = net->mtu,
	};

	if (!mac_text)
		make_mac(device, config.mac);
	else if (!parse_mac(mac_text, config.mac))
		return cli_usage("\"%s\" is no address of an interface, like 52:54:00:12:34:56",
				  mac_text);
	memcpy(device->config, &config, CONFIG_SIZE);
	return CLI_OK;
}

/* What else is refused by the kernel, which does not say why (net/core/dev.c, dev_valid_name()). */
static bool names_interface(const char *text)
{
	return *text && strlen(text) < IFNAMSIZ && !strpbrk(text, "/: \t\n\v\f\r") && *text != '.';
}

static int check_words(struct net *net)
{
	if (!!tap_text == passt)
		return cli_usage("net wants either --tap or --passt");
	if (passt && (bridge_text || macvtap_text || mtu))
		return cli_usage("--bridge, --macvtap and --mtu go with --tap");
	if (bridge_text && macvtap_text)
		return cli_usage("net wants either --bridge or --macvtap");
	if (tap_text && !names_interface(tap_text))
		return cli_usage("\"%s\" is no name of an interface", tap_text);
	if (macvtap_text && !names_interface(macvtap_text))
		return cli_usage("\"%s\" is no name of an interface", macvtap_text);
	if (bridge_text && (!*bridge_text || strlen(bridge_text) >= IFNAMSIZ))
		return cli_usage("\"%s\" is no name of a bridge", bridge_text);
	net->mtu = mtu;
	return CLI_OK;
}

static int serve_macvtap(struct device *device, struct net *net)
{
	char owner[MK_NAME_MAX + MK_DEVICE_NAME + sizeof("mkio  ")];
	const struct macvtap_wish wish = {
		.name = tap_text, .lower = macvtap_text, .owner = owner, .given = mac_text,
		.mtu = net->mtu,
	};
	int code;

	if (bridge_text)
		return cli_refuse("%s is a macvtap, and no port of a bridge", tap_text);
	snprintf(owner, sizeof(owner), "mkio %s %s", device->instance, device->name);
	code = macvtap_open(&net->macvtap, &wish, device->config);
	net->tap = net->macvtap.fd;
	if (!code)
		code = life_run(device);
	macvtap_close(&net->macvtap);
	return code;
}

static int serve_tap(struct device *device, struct net *net)
{
	int code = CLI_OK;

	net->tap = tap_open(tap_text, net->mtu);
	if (net->tap < 0)
		return CLI_REFUSED;
	if (bridge_text)
		code = tap_join(tap_text, bridge_text);
	if (!code)
		code = life_run(device);
	close(net->tap);
	return code;
}

static int run(int count, char **operand)
{
	struct net net = { .fd = -1, .tap = -1, .macvtap = MACVTAP_NONE, .user = VHOST_USER_NONE };
	struct device device = {
		.virtio_id = VIRTIO_ID_NET,
		.queue_count = QUEUES,
		.served = QUEUES,
		.queue_size = QUEUE_SIZE,
		.config_size = CONFIG_SIZE,
		.engine = passt ? &passt_engine : &tap_engine,
		.data = &net,
		.rights = passt ? RIGHTS_ALL : 0,
		.in_order = true,
		.replaceable = replaceable,
	};
	int code = check_words(&net);

	(void)count;
	if (!code)
		code = device_find(&device, NULL, operand[0], name_text);
	if (!code)
		code = set_config(&device, &net);
	if (code)
		return code;
	if (passt)
		return life_run(&device);
	return macvtap_text || macvtap_is(tap_text) ? serve_macvtap(&device, &net) : serve_tap(&device, &net);
}

static const struct cli_option options[] = {
	{ "tap", 0, CLI_TEXT, "INTERFACE",
	  "the host's end, made if it is not there", &tap_text },
	{ "bridge", 0, CLI_TEXT, "BRIDGE",
	  "make it a port of this bridge", &bridge_text },
	{ "macvtap", 0, CLI_TEXT, "INTERFACE",
	  "make it a macvtap beside this interface", &macvtap_text },
	{ "mtu", 0, CLI_NUMBER, "BYTES",
	  "largest packet, for both ends", &mtu, MTU_MOST, .least = MTU_LEAST },
	{ "passt", 0, CLI_FLAG, NULL,
	  "instead of a tap interface: connections by passt", &passt },
	{ "mac", 0, CLI_TEXT, "ADDRESS",
	  "of the spawn's; else one that stays the same", &mac_text },
	{ "name", 0, CLI_TEXT, "DEVICE",
	  "the device's name in the instance; else net", &name_text },
	{ "replaceable", 0, CLI_FLAG, NULL,
	  "mkctl boot may put another device in its place", &replaceable },
	{ 0 },
};

const struct cli_command mkio_net = {
	.name = "net",
	.operands = "NAME",
	.summary = "a network interface",
	.help =
"A network interface for a spawn with the driver virtio_net. With --tap its other end is an\n"
"interface of the host, served by the host's kernel module vhost_net; with --bridge that is a\n"
"port of a bridge, and with --macvtap it is on the wire of another interface. With --passt\n"
"connections go out as the host's own, and nothing is set up.\n",
	.options = options,
	.run = run,
};
