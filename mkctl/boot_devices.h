/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that "mkctl boot" starts for an instance, each served by an mkio of its own. */
#ifndef MKCTL_BOOT_DEVICES_H
#define MKCTL_BOOT_DEVICES_H

#include "instances.h"
#include "options.h"

/**
 * struct boot_devices - what is asked for
 * @disk:  image files; those whose name ends in .qcow2 are such
 * @net:   bridges, or macvtap=INTERFACE
 * @share: directories, each DIRECTORY or TAG=DIRECTORY; else the tag is the directory's own name
 * @vsock: sockets
 */
struct boot_devices {
	struct cli_texts disk;
	struct cli_texts net;
	struct cli_texts share;
	bool vsock;
};

/**
 * boot_devices_start - have these served, and no others that were started here
 * @devices:  what is asked for
 * @instance: for which
 *
 * What is served already stays if it is the same. If it is not, or is not asked for any more, it is taken away
 * where mkctl has started it; what others serve is never ended, and is refused where something else is wanted
 * of that name. Each that is asked for is attached when this returns.
 *
 * Return: an exit code, with the reason on stderr.
 */
int boot_devices_start(const struct boot_devices *devices, const struct instance *instance);

#endif
