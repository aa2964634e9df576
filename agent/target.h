/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a container's mounts go: directories and files of its root, made where there are none. */
#ifndef AGENT_TARGET_H
#define AGENT_TARGET_H

#include "port.h"

/**
 * target_open - find a place, or make it, with all directories above it
 * @root:         that no path and no link leads out of
 * @path:         within it
 * @is_directory: or a file
 *
 * A link that leads to what is not there is one to what is made there.
 *
 * Return: a descriptor of O_PATH, or -1 and errno.
 */
int target_open(int root, const char *path, bool is_directory);

#endif
