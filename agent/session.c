// SPDX-License-Identifier: GPL-2.0-only
/* What all that is done with a connection needs. */
#include <signal.h>
#include <stdlib.h>

#include "session.h"

time_t session_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

struct session *session_new(int fd)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session) {
		session->process = (struct process)PROCESS_NONE;
		session->cgroup = (struct cgroup)CGROUP_NONE;
		stream_begin(&session->stream, fd);
	}
	return session;
}

static void watch(struct pollfd *file, int fd, short events)
{
	file->fd = events ? fd : -1;
	file->events = events;
	file->revents = 0;
}

void session_watch(const struct session *session, struct pollfd files[SESSION_FILES])
{
	const struct process *process = &session->process;
	bool room = stream_has_room(&session->stream);
	short output = room && process->pid ? POLLIN : 0;

	watch(&files[SESSION_SOCKET], session->stream.fd,
	      POLLIN | (session->stream.out_size ? POLLOUT : 0));
	watch(&files[SESSION_REPORT], process->report, POLLIN);
	/*
	 * A process that has failed to begin is told of by its report; one that has ended, when there is
	 * room for it.
	 */
	watch(&files[SESSION_ENDED], process->file,
	      process->report < 0 && (room || process->pid) ? POLLIN : 0);
	watch(&files[SESSION_INPUT], process->input, session->input_size ? POLLOUT : 0);
	watch(&files[SESSION_OUTPUT], process->output, output);
	watch(&files[SESSION_ERRORS], process->errors, output);
	watch(&files[SESSION_CGROUP], session->cgroup.events, session->pause_by ? POLLPRI : 0);
}

int session_refuse(struct session *session, const char *sentence, int err)
{
	char text[PROCESS_REASON + 64];
	const struct agent_message message = { .type = AGENT_REFUSED, .text = { text } };

	snprintf(text, sizeof(text), "%s%s%s", sentence, err ? ": " : "", err ? strerror(-err) : "");
	stream_send(&session->stream, &message);
	return SESSION_SAID_ALL;
}

time_t session_leave_by(const struct session *session)
{
	return session_seconds() + (session->stream.out_size ? SESSION_READER_S : SESSION_PATIENCE_S);
}

bool session_has_patience(const struct session *session)
{
	return session->leave_by || session->pause_by;
}

void session_kill(struct session *session)
{
	process_end(&session->process);
	stream_send_number(&session->stream, AGENT_EXITED, 128 + SIGKILL);
	session->leave_by = session_leave_by(session);
}
