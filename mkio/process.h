/* SPDX-License-Identifier: GPL-2.0-only */
/* An engine that runs as a child of ours, and ends when we do. */
#ifndef MKIO_PROCESS_H
#define MKIO_PROCESS_H

#include <sys/types.h>

#include "port.h"

/* Where an engine finds its socket, and another by which it can be told more. */
#define PROCESS_SOCKET 3
#define PROCESS_CONTROL 4
#define PROCESS_CONTROL_TEXT "4"
#define PROCESS_FILES 2
#define PROCESS_SOCKET_TEXT "3"

/**
 * struct process - a child
 * @pid:  its id, or 0 for none
 * @file: its descriptor, which poll(2) calls readable when it has ended
 */
struct process {
	pid_t pid;
	int file;
};

/**
 * struct program - what a child is to become
 * @command: its name, found by PATH, and its arguments; NULL at the end
 * @files:   become its descriptors from PROCESS_SOCKET on, where they are not -1
 * @rights:  capabilities that it keeps at most, of ours
 * @before:  called in the child before it gives up the others; returns whether to go on; may be NULL
 */
struct program {
	const char *const *command;
	int files[PROCESS_FILES];
	u64 rights;
	bool (*before)(void);
};

/**
 * process_start - run a program
 * @process: filled in
 * @program: which
 *
 * It has a session of its own, so what a terminal sends to us does not reach it, reads nothing by its standard
 * input, and writes where we do; of our other descriptors it has none. When this process ends, it gets SIGTERM.
 * Where we ignore SIGTERM it does not hear that either, and SIGINT takes the place of it in all of this file.
 *
 * Return: 0 or a negative errno; -ENOENT when there is no such program.
 */
int process_start(struct process *process, const struct program *program);

/* Does this process ignore a signal, as whoever has started it wanted? */
bool process_ignores(int number);

/* Ask it to end: SIGTERM. Whether it has, process_end() sees to. */
void process_ask(const struct process *process);

/**
 * process_end - have it end: SIGTERM, then SIGKILL to it and to those that it has started
 * @process: which; nothing is done where there is none
 * @ms:      milliseconds that it has before the second
 *
 * Return: whether it ended by a signal of somebody else's, or by a fault of its own.
 */
bool process_end(struct process *process, int ms);

#endif
