/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection of the host, and what it stands for: a process of a container, or the pod. */
#ifndef AGENT_SESSION_H
#define AGENT_SESSION_H

#include <poll.h>
#include <time.h>

#include "cgroup.h"
#include "process.h"
#include "stream.h"

enum session_role { SESSION_NEW, SESSION_PROCESS, SESSION_CONTAINER, SESSION_SANDBOX };

/**
 * struct session - one of them
 * @stream:    the connection
 * @role:      what it has become: a further process of a container, the first one, the pod
 * @spec:      what its process is to be
 * @process:   it
 * @cgroup:    the container's, where it is the first process
 * @paused:    it is stopped, or is to be
 * @pause_by:  the host waits for that, until this second of CLOCK_MONOTONIC; 0 for not
 * @welcome:   both sides speak the same version
 * @input:     what the process has still to be given
 * @input_size: bytes of it
 * @input_ends: nothing comes behind that
 * @exit_code: of its process, once that has ended
 * @output_left: bytes of output that it had written by then, and that are not told yet
 * @errors_left: the same of its standard error
 * @leave_by:  its process has ended or was refused: it goes when the host has closed its end, or at
 *             this second of CLOCK_MONOTONIC; 0 before
 */
struct session {
	struct stream stream;
	enum session_role role;
	struct spec spec;
	struct process process;
	struct cgroup cgroup;
	bool paused;
	time_t pause_by;
	bool welcome;
	u8 input[AGENT_WINDOW];
	size_t input_size;
	bool input_ends;
	u32 exit_code;
	size_t output_left;
	size_t errors_left;
	time_t leave_by;
};

/* Its last word is on the way; then the connection ends. */
#define SESSION_SAID_ALL (-ESHUTDOWN)

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

/* Of CLOCK_MONOTONIC. */
time_t session_seconds(void);

/* When one that has been sent its last word is to go, should the host not have heard it by then. */
time_t session_leave_by(const struct session *session);

/* Say that it cannot be, for a reason of ours and of the kernel's, or 0. Returns SESSION_SAID_ALL. */
int session_refuse(struct session *session, const char *sentence, int err);

/* Does it look at the clock? Then it is to be served within SESSION_PATIENCE_S. */
bool session_has_patience(const struct session *session);

/* End its process, and say so; it goes when the host has heard that. */
void session_kill(struct session *session);

#endif
