/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether running kernels live, also those that know nothing of us. */
#ifndef MK_MODULE_PULSE_H
#define MK_MODULE_PULSE_H

#include <linux/types.h>

struct instance;

int pulse_init(void);
void pulse_exit(void);

/**
 * pulse_begin - feel a kernel's pulse once a second from now on
 * @instance: its @control is mapped, and it holds its memory
 *
 * Context: process.
 * Return: 0, or -ENOMEM: it cannot be told whether a kernel hangs there.
 */
int pulse_begin(struct instance *instance);

/*
 * The kernel's CPUs are about to be stopped, and what it has left may be read for a while: that it is
 * silent then says nothing. May be called again. Context: process, and not beside pulse_renew();
 * waits for a look under way to end.
 */
void pulse_rest(struct instance *instance);

/* Has the kernel ever shown a sign of life? Context: between pulse_begin() and pulse_end(). */
bool pulse_seen(const struct instance *instance);

/*
 * No longer: from here on its memory and its @control are not read. Context: process; waits for a
 * look under way to end.
 */
void pulse_end(struct instance *instance);

/*
 * Some memory has left the instance: a look that is under way ends, and the next one begins anew.
 * Context: process, under multikernel_lock.
 */
void pulse_renew(struct instance *instance);

#endif
