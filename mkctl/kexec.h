/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of the module: by its device, which is there whatever becomes of the livepatch of
 * kexec_file_load, and which says to each caller why his own call is refused.
 */
#ifndef MKCTL_KEXEC_H
#define MKCTL_KEXEC_H

#include "instances.h"

/**
 * struct kexec_call - one call
 * @instance:   the instance, as it was found: its id never stands for another one
 * @generation: the generation that it must be in; 0 is any
 * @flags:      beside those that name the instance
 * @kernel:     file descriptor or -1
 * @initrd:     file descriptor or -1
 * @append:     command line; may be NULL
 * @sentence:   written when the call is refused: why; may be empty
 */
struct kexec_call {
	const struct instance *instance;
	u64 generation;
	unsigned long flags;
	int kernel;
	int initrd;
	const char *append;
	char sentence[MK_REASON_SIZE];
};

/* Makes it. Returns 0 or a negative errno. */
int kexec_call(struct kexec_call *call);

/* Says on stderr that it was refused with this negative errno; returns CLI_REFUSED. */
int kexec_refuse(const struct kexec_call *call, int err);

#endif
