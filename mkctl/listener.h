/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance's console as long as nobody else wants it. A byte of output goes to one reader only,
 * so a listener steps aside as soon as another process opens the line, and comes back when it is
 * left.
 */
#ifndef MKCTL_LISTENER_H
#define MKCTL_LISTENER_H

#include "line.h"
#include "sysfs.h"

/**
 * struct listener - one console
 * @path:  of the line, /dev/mktty<id>
 * @fd:    the line while we have it, else -1; for poll(2)
 * @opens: becomes readable when someone opens or closes the line, else -1; for poll(2)
 * @line:  what was heard
 */
struct listener {
	char path[SYSFS_PATH_SIZE];
	int fd;
	int opens;
	struct line line;
};

/* Begin to listen to the console of the instance with this id. Without one nothing is heard. */
void listener_begin(struct listener *listener, u32 id);

/* To be called when @fd is readable. */
void listener_read(struct listener *listener);

/* To be called when @opens is readable: take the line or leave it. */
void listener_look(struct listener *listener);

void listener_end(struct listener *listener);

#endif
