/* SPDX-License-Identifier: GPL-2.0-only */
/* A container from inside: its root, its mounts, what it may not see, its name. */
#ifndef AGENT_CONTAINER_H
#define AGENT_CONTAINER_H

#include "spec.h"

/**
 * container_make - become the container that a spec describes
 * @spec:   of it and its first process
 * @share:  where the directory with its files is mounted
 * @reason: receives a sentence when it cannot be made
 * @room:   for it
 *
 * Context: in the container's first process, with namespaces of its own.
 * Return: 0, or a negative errno.
 */
int container_make(const struct spec *spec, const char *share, char *reason, size_t room);

/* In the container's first process: have the terminal of that number as /dev/console. */
void container_show_console(int number);

/*
 * Have the kernel let go of what it knows of a container's root, which is in the share no more: so do
 * those then who serve the share.
 */
void container_forget(const struct spec *spec, const char *share);

#endif
