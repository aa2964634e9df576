/* SPDX-License-Identifier: GPL-2.0-only */
/* kexec_file_load with our flags. */
#ifndef MKCTL_KEXEC_H
#define MKCTL_KEXEC_H

#include "instances.h"

/**
 * kexec_wait - wait until the running kernel knows our flags
 *
 * They must be sent only after this: only a livepatch in full effect keeps the stock call from
 * seeing them. Ten seconds at most.
 *
 * Return: an exit code; when refused it has been said why.
 */
int kexec_wait(void);

/**
 * kexec_call - the call itself, for one instance
 * @instance: which
 * @flags:    beside those that name the instance
 * @kernel:   file descriptor or -1
 * @initrd:   file descriptor or -1
 * @append:   command line; may be NULL
 *
 * Return: 0 or a negative errno.
 */
int kexec_call(const struct instance *instance, unsigned long flags, int kernel, int initrd,
	       const char *append);

#endif
