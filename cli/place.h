/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the system's files are. Only in the build for tests (MKCTL_TEST) the environment can say
 * otherwise: a program of root's must not be led elsewhere by it.
 */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include <stdlib.h>
#include <sys/stat.h>

static inline const char *place(const char *variable, const char *real)
{
#ifdef MKCTL_TEST
	const char *directory = getenv(variable);

	return directory && *directory ? directory : real;
#else
	(void)variable;
	return real;
#endif
}

#define PLACE_SYS place("MKCTL_SYSFS", "/sys")
#define PLACE_PROC place("MKCTL_PROC", "/proc")
#define PLACE_DEV place("MKCTL_DEV", "/dev")
#define PLACE_BOOT place("MKCTL_BOOT", "/boot")
#define PLACE_RUN place("MKCTL_RUN", "/run")
#define PLACE_CONFIG place("MKCTL_CONFIG", "/etc/multikernel")
#define PLACE_CACHE place("MKCTL_CACHE", "/var/cache/multikernel")
#define PLACE_AGENT place("MKCTL_AGENT", "/usr/libexec/multikernel/mk-agent")
#define PLACE_MODULES place("MKCTL_MODULES", "/lib/modules")

/* A small initramfs has no such directory. Whoever then opens a file in it tells what is wrong. */
static inline void place_make_run(void)
{
	mkdir(PLACE_RUN, 0755);
}

#endif
