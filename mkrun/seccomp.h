/* SPDX-License-Identifier: GPL-2.0-only */
/* A container's filter of system calls: from the words of config.json to a program for the kernel. */
#ifndef MKRUN_SECCOMP_H
#define MKRUN_SECCOMP_H

#include <jansson.h>

#include "protocol.h"

/**
 * struct filter - the program
 * @bytes: instructions as seccomp(2) takes them, struct sock_filter
 * @size:  bytes of them; 0 for no filter
 * @flags: for seccomp(2)
 */
struct filter {
	u8 bytes[AGENT_FILTER_MAX];
	size_t size;
	u64 flags;
};

/**
 * seccomp_compile - make a filter
 * @filter:  receives it; about 32 KB
 * @profile: linux.seccomp of config.json; NULL for none
 *
 * System calls that the library does not know are passed over, as by other runtimes: profiles name
 * those of newer kernels, too.
 *
 * Return: an exit code; what cannot be is refused by its name.
 */
int seccomp_compile(struct filter *filter, json_t *profile);

/* What it knows of, as the specification's "Features Structure" has it; a new reference. */
json_t *seccomp_features(void);

#endif
