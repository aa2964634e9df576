/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process may still do once its device is attached. */
#ifndef MKIO_RIGHTS_H
#define MKIO_RIGHTS_H

#include <linux/capability.h>

#include "port.h"

#define RIGHT(capability) (1ULL << (capability))

/* To open any image. */
#define RIGHTS_OF_DISK RIGHT(CAP_DAC_OVERRIDE)

/*
 * To act for each user of the spawn in a directory, and to shut itself in there before (virtiofsd's
 * own list, and what its sandbox takes), with more files open than a process may have else.
 */
#define RIGHTS_OF_SHARE (RIGHT(CAP_CHOWN) | RIGHT(CAP_DAC_OVERRIDE) | RIGHT(CAP_DAC_READ_SEARCH) | \
			 RIGHT(CAP_FOWNER) | RIGHT(CAP_FSETID) | RIGHT(CAP_SETGID) | \
			 RIGHT(CAP_SETUID) | RIGHT(CAP_SETPCAP) | RIGHT(CAP_SYS_CHROOT) | \
			 RIGHT(CAP_SYS_ADMIN) | RIGHT(CAP_MKNOD) | RIGHT(CAP_SETFCAP) | \
			 RIGHT(CAP_SYS_RESOURCE))

/* passt becomes another user by itself. */
#define RIGHTS_ALL ~0ULL

/**
 * rights_keep - give up all capabilities but some, for good, also for programs that are started
 * @capabilities: to be kept, of those that there are
 *
 * Return: an exit code, with the reason on stderr.
 */
int rights_keep(u64 capabilities);

#endif
