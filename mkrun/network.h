/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network that an engine has made for a container: a namespace with interfaces, whose frames
 * are led to taps and back, and whose addresses and routes the container's kernel gets.
 */
#ifndef MKRUN_NETWORK_H
#define MKRUN_NETWORK_H

#include <jansson.h>
#include <net/if.h>

#include "instance.h"
#include "stream.h"

#define NETWORK_INTERFACES 4	/* more than engines make */

/**
 * struct network_interface - one of the namespace's
 * @name:   of it
 * @mac:    its Ethernet address
 * @mtu:    of it, as text
 * @tap:    the tap that is made beside it
 * @device: what the container's kernel sees of that, as mkio calls it
 */
struct network_interface {
	const char *name;
	const char *mac;
	char mtu[16];
	char tap[IF_NAMESIZE];
	char device[16];
};

/**
 * struct network - what is in it; all is 0 for nothing but loopback
 * @count:      of interfaces
 * @interface:  those that are up, without loopback
 * @links:      all interfaces with their addresses, as ip(8) tells them
 * @routes:     of the main table: IPv4, IPv6
 */
struct network {
	u32 count;
	struct network_interface interface[NETWORK_INTERFACES];
	json_t *links;
	json_t *routes[2];
};

/* Go into the namespace, for good. Returns an exit code, with a sentence. */
int network_enter(const char *path, char why[INSTANCE_WHY]);

/*
 * Go into the namespace, for good, and read what is there. Returns an exit code, with a sentence.
 */
int network_join(struct network *network, const char *path, char why[INSTANCE_WHY]);

/* Lead frames from each interface to its tap, which is there now, and back. The same. */
int network_mirror(const struct network *network, char why[INSTANCE_WHY]);

/* Tell the agent. Returns 0 or a negative errno. */
int network_tell(const struct network *network, struct stream *stream);

/* Undo network_mirror(), as far as it went. */
void network_end(const struct network *network);

/*
 * The same, for one that was ended by force, once its taps are gone: what is left then is its own,
 * and not another container's, which has come after it. This process stays in the namespace.
 */
void network_forget(const char *path);

#endif
