/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's end of a spawn's network: a tap interface. */
#ifndef MKIO_TAP_H
#define MKIO_TAP_H

#include "port.h"

/**
 * tap_open - make an interface, or take over one that was made for it
 * @name: of the interface
 * @mtu:  what it shall carry at most, or 0 to leave that as it is
 *
 * It is up then, but without a carrier. One that we have made goes away with the descriptor.
 *
 * Return: a descriptor, or -1 with the reason on stderr.
 */
int tap_open(const char *name, u32 mtu);

/**
 * tap_set_up - what a tap interface and a macvtap need to be used
 * @fd:    of its device
 * @name:  of the interface
 * @mtu:   what it shall carry at most, or 0
 * @flags: that it shall have (netdevice(7))
 *
 * Return: an exit code, with the reason on stderr.
 */
int tap_set_up(int fd, const char *name, u32 mtu, short flags);

/* Make it a port of a bridge; returns an exit code, with the reason on stderr. */
int tap_join(const char *name, const char *bridge);

/* What may be sent to the spawn, by the virtio features that its driver has taken. */
int tap_set_offloads(int fd, u64 features);

/* Is the interface there? It may be removed while it is open, and comes back to no descriptor. */
bool tap_is_there(int fd);

/* Is someone at the other end? A macvtap has the carrier of the interface that it is beside. */
void tap_set_carrier(int fd, bool on);

/*
 * What the spawn has sent and received by it, in bytes: a tap interface counts the other way round, a macvtap
 * does not. Returns 0 or a negative errno.
 */
int tap_bytes(const char *name, bool is_macvtap, u64 *sent, u64 *received);

#endif
