/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's end of a spawn's network as a macvtap: beside another interface of the host, with an address of
 * its own on the same wire.
 */
#ifndef MKIO_MACVTAP_H
#define MKIO_MACVTAP_H

#include <linux/if_ether.h>
#include <sys/types.h>

#include "port.h"

/**
 * struct macvtap - one that is open
 * @fd:     its character device, or -1
 * @leash:  who takes the interface away waits for the end of this pipe; -1 where nobody does
 * @keeper: that process, or 0
 */
struct macvtap {
	int fd;
	int leash;
	pid_t keeper;
};

#define MACVTAP_NONE { .fd = -1, .leash = -1 }

/* Is there an interface of that name, and is it one? */
bool macvtap_is(const char *name);

/**
 * struct macvtap_wish - which one
 * @name:  of the interface
 * @lower: beside which it is made if it is not there; NULL takes only one that is there
 * @owner: for whom: by this word one is known that was made for the same, and was left over
 * @given: the address was given, and one that is there must have it
 * @mtu:   what it shall carry at most, or 0 to leave that as it is
 */
struct macvtap_wish {
	const char *name;
	const char *lower;
	const char *owner;
	bool given;
	u32 mtu;
};

/**
 * macvtap_open - have one, and nobody else
 * @macvtap: MACVTAP_NONE; to be closed also after a failure
 * @wish:    which
 * @mac:     its address; receives that of one that was there
 *
 * One that was made goes away when it is closed, or this process ends. Another process sees to that, since by
 * then this one has no right to.
 *
 * Return: an exit code, with the reason on stderr.
 */
int macvtap_open(struct macvtap *macvtap, const struct macvtap_wish *wish, u8 mac[ETH_ALEN]);
void macvtap_close(struct macvtap *macvtap);

#endif
