/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pseudo terminals: those of the container, where it has a place for them, so that programs find
 * theirs by name.
 */
#ifndef AGENT_TERMINAL_H
#define AGENT_TERMINAL_H

#include <sys/ioctl.h>
#include <sys/types.h>

#define TERMINAL_NONE (-1)
#define TERMINAL_UNREAD_MAX 0x10000	/* what was written there and not read yet is less, in bytes */

/**
 * terminal_place - find where a container has its terminals
 * @pid: its first process, before it runs a program of the container's
 *
 * What the container mounts there later is nothing to the agent: it might be served by a process of
 * the container (FUSE) that never answers, and whoever only looks for a name there waits for it.
 *
 * Return: the directory, or -1 for none.
 */
int terminal_place(pid_t pid);

/**
 * terminal_open - make one
 * @place: the container's, or -1: then it is of the agent's
 * @size:  of its window
 *
 * Return: its master, or a negative errno.
 */
int terminal_open(int place, const struct winsize *size);

/* The other end of a master; a negative errno if that cannot be. */
int terminal_peer(int master);

/**
 * terminal_move - put one of the container in the place of one of the agent
 * @input:  the master, and then of the new one
 * @output: a copy of it, and then of the new one
 * @place:  the container's, or -1
 *
 * Return: the new one's number in the container's /dev/pts, or TERMINAL_NONE where @input is no
 * terminal or the container has no place for one: then nothing has changed.
 */
int terminal_move(int input, int output, int place);

/* Inside: open the one of that number. A negative errno if that cannot be. */
int terminal_open_number(int number);

#endif
