/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection of the host, and the process of the container that it stands for. */
#ifndef AGENT_SESSION_H
#define AGENT_SESSION_H

#include <poll.h>
#include <time.h>

#include "cgroup.h"
#include "process.h"
#include "stream.h"

/**
 * struct session - one of them
 * @stream:    the connection
 * @spec:      what its process is to be
 * @process:   it
 * @cgroup:    the container's, if the process is its first one
 * @paused:    it is stopped, or is to be
 * @pause_by:  the host waits for that, until this second of CLOCK_MONOTONIC; 0 for not
 * @welcome:   both sides speak the same version
 * @input:     what the process has still to be given
 * @input_size: bytes of it
 * @input_ends: nothing comes behind that
 * @leave_by:  its process has ended or was refused: it goes when the host has closed its end, or at
 *             this second of CLOCK_MONOTONIC; 0 before
 */
struct session {
	struct stream stream;
	struct spec spec;
	struct process process;
	struct cgroup cgroup;
	bool paused;
	time_t pause_by;
	bool welcome;
	u8 input[AGENT_WINDOW];
	size_t input_size;
	bool input_ends;
	time_t leave_by;
};

/* For so long a host that has been sent the last word may leave its end open, and a pause may take. */
#define SESSION_PATIENCE_S 30
/* And for so long it may not read, as one does whose terminal is stopped. */
#define SESSION_READER_S 600

/* What a session looks at: poll(2) takes these. */
enum { SESSION_SOCKET, SESSION_REPORT, SESSION_ENDED, SESSION_INPUT, SESSION_OUTPUT, SESSION_ERRORS,
       SESSION_CGROUP, SESSION_FILES };

/* Take a connection over; NULL without memory. */
struct session *session_new(int fd);

/* What it waits for now. */
void session_watch(const struct session *session, struct pollfd files[SESSION_FILES]);

/**
 * session_serve - do what can be done
 *
 * The last word is told to its end, and the connection is closed after the host: with bytes of the
 * host's unread, or of ours unsent, closing would take that word away from it.
 *
 * @session: which
 * @files:   as poll(2) has left them
 * @share:   where the container's files are
 * @first:   that of the container's first process; NULL while there is none
 *
 * Return: 0 while it goes on, or a negative errno when it has ended.
 */
int session_serve(struct session *session, const struct pollfd files[SESSION_FILES],
		  const char *share, const struct session *first);

/* Does it look at the clock? Then it is to be served within SESSION_PATIENCE_S. */
bool session_has_patience(const struct session *session);

/* End it, and its process. */
void session_free(struct session *session);

#endif
