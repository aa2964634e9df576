/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel that a container is in: its own, or that of its pod's sandbox. Each step has its undo in
 * kernel_give_up().
 */
#ifndef MKRUN_KERNEL_H
#define MKRUN_KERNEL_H

#include "container.h"
#include "network.h"
#include "share.h"

/**
 * struct kernel - one of them
 * @machine: its instance
 * @network: that is led to it; of a sandbox's nothing is known to its containers
 * @share:   files for its containers
 * @stream:  the connection to its agent
 * @sandbox: whose it is; NULL for one of its own
 */
struct kernel {
	struct machine machine;
	struct network network;
	struct share share;
	struct stream stream;
	const struct container *sandbox;
};

/* What must be there before files are put into the share. Returns an exit code, with a sentence. */
int kernel_prepare(struct kernel *kernel, const struct container *container,
		   const struct bundle *bundle, const struct conf *conf, char why[INSTANCE_WHY]);

/* Start it where it is one of its own, and connect to its agent for that container. The same. */
int kernel_connect(struct kernel *kernel, const struct container *container,
		   const struct bundle *bundle, const struct conf *conf, char why[INSTANCE_WHY]);

/* All is told: have it made. The same. */
int kernel_create(struct kernel *kernel, enum agent_type type, char why[INSTANCE_WHY]);

/*
 * Write the container's state, and what it may have: first what is about to be made, as "creating", for
 * who is ended by force meanwhile leaves the rest to kernel_forget(); then what is there. The same.
 */
int kernel_save(const struct kernel *kernel, struct container *container,
		const struct bundle *bundle, const struct conf *conf, const char *status,
		char why[INSTANCE_WHY]);

/* Does all go on that it needs from this process? */
bool kernel_is_served(const struct kernel *kernel);

/* The connection has ended: why, in words that may be said behind a colon; "" where that is not known. */
void kernel_failure(const struct kernel *kernel, char why[INSTANCE_WHY]);

/*
 * One of its own is stopped, and gone; of another's nothing of this container is left. If that fails the container's
 * state goes on to name what is there, for a delete.
 */
void kernel_give_up(struct kernel *kernel, struct container *container);

/* The same at the end of a container that was made, and its state says so. */
void kernel_stop(struct kernel *kernel, struct container *container, int exit_code);

/* The same for a container whose process was ended by force. Returns an exit code, with a sentence. */
int kernel_forget(const struct container *container, char why[INSTANCE_WHY]);

#endif
