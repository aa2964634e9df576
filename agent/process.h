/* SPDX-License-Identifier: GPL-2.0-only */
/* A process of a container: how it is made, and what the agent holds of it. */
#ifndef AGENT_PROCESS_H
#define AGENT_PROCESS_H

#include <sys/types.h>

#include "spec.h"

#define PROCESS_REASON 512

/**
 * struct process - one of them; each descriptor is -1 where there is none
 * @pid:    as the agent sees it; 0 for none
 * @file:   its pidfd, readable when it has ended
 * @report: from it until it runs its program: a byte when it is ready and waits, a sentence why
 *          not, nothing when it has begun
 * @go:     a terminal's number to this, and it goes on
 * @input:  its standard input; with a terminal also its output, and then a copy of @output
 * @output: its standard output
 * @errors: its standard error
 * @place:  of a container's first process, once it is ready: where its terminals are
 */
struct process {
	pid_t pid;
	int file;
	int report;
	int go;
	int input;
	int output;
	int errors;
	int place;
};

#define PROCESS_NONE \
	{ .file = -1, .report = -1, .go = -1, .input = -1, .output = -1, .errors = -1, .place = -1 }

/**
 * process_start - make one
 * @process: receives it
 * @spec:    what it is to be
 * @share:   where the containers' files are
 * @own:     namespaces that the container has to itself, as unshare(2) counts them
 * @first:   the container's first process, into which this one follows; NULL if this is to be it
 * @cgroup:  where it enters its group (cgroup_open()), which is closed; -1 for none
 *
 * Return: 0 or a negative errno; what goes wrong later is reported.
 */
int process_start(struct process *process, const struct spec *spec, const char *share, int own,
		  const struct process *first, int cgroup);

/* The container's first process has made the container, and waits: its terminals are found now. */
void process_is_ready(struct process *process);

/*
 * Let the container's first process go on, which waits for that, with a terminal of the container
 * if it has one. Returns 0, or -ESRCH for none that waits.
 */
int process_go(struct process *process);

/* How it ended: its exit code, or 128 and the signal. It must have. */
u32 process_exit_code(struct process *process);

/* How many bytes of its output can be there still, one of @output and @errors; 0 for none. */
size_t process_unread(int fd);

void process_close(int *fd);

/* Close all, end it if it runs. */
void process_end(struct process *process);

#endif
