/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that shall not outlive the one that has started it. */
#ifndef CLI_PARENT_H
#define CLI_PARENT_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * parent_end_with - have this process get a signal when its parent ends
 * @parent: as the parent saw itself before it forked
 * @number: the signal
 *
 * Called by the child, before it becomes a program.
 *
 * Return: false where that cannot be had, or the parent has ended already, so that no signal would
 * come: the child is to end then.
 */
bool parent_end_with(pid_t parent, int number);

#endif
