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

/* Make it a port of a bridge; returns an exit code, with the reason on stderr. */
int tap_join(const char *name, const char *bridge);

/* What may be sent to the spawn, by the virtio features that its driver has taken. */
int tap_set_offloads(int fd, u64 features);

/* Is someone at the other end? */
void tap_set_carrier(int fd, bool on);

/* What the interface has received and sent, in bytes; returns 0 or a negative errno. */
int tap_bytes(const char *name, u64 *received, u64 *sent);

#endif
