// SPDX-License-Identifier: GPL-2.0-only
/* What the host says, done; what the process says, told. */
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "become.h"
#include "begin.h"
#include "container.h"
#include "control.h"
#include "serve.h"

static int let_go(struct session *session)
{
	return process_go(&session->process) ?
		session_refuse(session, "no process waits to be started", 0) : 0;
}

/* The window keeps the host from sending more than there is room for. Where nobody reads, it is gone. */
static int take_input(struct session *session, const struct agent_message *message)
{
	if (session->process.input < 0)
		return stream_send_number(&session->stream, AGENT_TAKEN, message->size);
	if (message->size > sizeof(session->input) - session->input_size)
		return -EBADMSG;
	memcpy(session->input + session->input_size, message->bytes, message->size);
	session->input_size += message->size;
	return 0;
}

static void end_input(struct session *session)
{
	if (session->input_ends && !session->input_size)
		process_close(&session->process.input);
}

/* Where nobody reads any more, it is gone as well. */
static int give_input(struct session *session)
{
	ssize_t size = write(session->process.input, session->input, session->input_size);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size < 0) {
		process_close(&session->process.input);
		size = session->input_size;
	}
	session->input_size -= size;
	memmove(session->input, session->input + size, session->input_size);
	end_input(session);
	return stream_send_number(&session->stream, AGENT_TAKEN, size);
}

static void resize(struct session *session, const struct agent_message *message)
{
	const struct winsize size = { .ws_row = message->number[0], .ws_col = message->number[1] };

	ioctl(session->process.input, TIOCSWINSZ, &size);
}

/* A pause and limits are asked for on the connection of the container alone. */
static int with_process(struct session *session, const struct agent_message *message)
{
	switch (message->type) {
	case AGENT_START:
		return let_go(session);
	case AGENT_INPUT:
		return take_input(session, message);
	case AGENT_INPUT_END:
		session->input_ends = true;
		end_input(session);
		return 0;
	case AGENT_RESIZE:
		resize(session, message);
		return 0;
	case AGENT_SIGNAL:
		if (session->process.pid)
			kill(session->process.pid, message->number[0]);
		return 0;
	case AGENT_PAUSE:
	case AGENT_RESUME:
	case AGENT_RESOURCES:
		return session->role == SESSION_CONTAINER ? control_take(session, message) :
			-EBADMSG;
	default:
		return -EBADMSG;
	}
}

static int greet(struct session *session, const struct agent_message *message)
{
	if (message->type != AGENT_HELLO)
		return -EBADMSG;
	if (message->number[0] != AGENT_VERSION)
		return session_refuse(session, "this agent speaks another version", 0);
	session->welcome = true;
	return stream_send_number(&session->stream, AGENT_WELCOME, AGENT_VERSION);
}

static int take(struct session *session, const struct agent_message *message, struct agent *agent)
{
	if (!session->welcome)
		return greet(session, message);
	if (session->role == SESSION_NEW)
		return begin_take(session, message, agent);
	return session->role == SESSION_SANDBOX ? -EBADMSG : with_process(session, message);
}

static int hear(struct session *session, struct agent *agent)
{
	struct agent_message message;
	int err = stream_receive(&session->stream), got = 0;

	while (!err && (got = stream_next(&session->stream, &message)) > 0)
		err = take(session, &message, agent);
	return err ? err : got;
}

/* Until its program runs: ready, not at all, or begun. */
static int read_report(struct session *session)
{
	char report[PROCESS_REASON];
	ssize_t size = read(session->process.report, report, sizeof(report) - 1);

	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (size == 1 && *report == AGENT_READY) {
		process_is_ready(&session->process);
		return stream_send_number(&session->stream, AGENT_CREATED, 0);
	}
	process_close(&session->process.report);
	report[size] = '\0';
	/* Killed before it was let go: its end is all there is to tell. */
	if (!size && session->process.go >= 0)
		return 0;
	return size ? session_refuse(session, report, 0) :
		stream_send_number(&session->stream, AGENT_STARTED, 0);
}

/* A piece of what it writes, of so many bytes at most. Returns how many; 0 when nothing more is there now. */
static size_t tell(struct session *session, int *fd, enum agent_type type, size_t most)
{
	u8 piece[AGENT_PIECE];
	struct agent_message message = { .type = type, .bytes = piece };
	ssize_t size;

	if (*fd < 0 || !most || !stream_has_room(&session->stream))
		return 0;
	size = read(*fd, piece, most < sizeof(piece) ? most : sizeof(piece));
	if (!size || (size < 0 && errno != EAGAIN && errno != EINTR))
		process_close(fd);	/* a terminal ends with EIO */
	if (size <= 0)
		return 0;
	message.size = size;
	stream_send(&session->stream, &message);
	return size;
}

/* As much as it has still to say, or as there is room for. */
static void tell_left(struct session *session, int *fd, enum agent_type type, size_t *left)
{
	size_t size;

	while ((size = tell(session, fd, type, *left)))
		*left -= size;
}

/*
 * What it has written before its end comes first; what others of its kin write later is nobody's, and
 * they may write without an end. While there is no room its end waits to be told, but not to be taken:
 * before that, the first process of its namespace cannot end.
 */
static int tell_end(struct session *session)
{
	struct process *process = &session->process;

	if (process->pid) {
		session->exit_code = process_exit_code(process);
		session->output_left = process_unread(process->output);
		session->errors_left = process_unread(process->errors);
	}
	tell_left(session, &process->output, AGENT_OUTPUT, &session->output_left);
	tell_left(session, &process->errors, AGENT_ERRORS, &session->errors_left);
	if (!stream_has_room(&session->stream))
		return 0;
	stream_send_number(&session->stream, AGENT_EXITED, session->exit_code);
	return SESSION_SAID_ALL;
}

static int look_at_process(struct session *session, const struct pollfd files[SESSION_FILES])
{
	int err = 0;

	if (files[SESSION_REPORT].revents)
		err = read_report(session);
	if (!err && files[SESSION_INPUT].revents)
		err = give_input(session);
	if (!err && files[SESSION_OUTPUT].revents)
		tell(session, &session->process.output, AGENT_OUTPUT, AGENT_PIECE);
	if (!err && files[SESSION_ERRORS].revents)
		tell(session, &session->process.errors, AGENT_ERRORS, AGENT_PIECE);
	if (!err && session->pause_by)
		err = control_look(session);
	if (!err && files[SESSION_ENDED].revents)
		err = tell_end(session);
	return err;
}

/* The host may still be sending: nobody wants that any more. */
static int leave(struct session *session, short revents)
{
	struct stream *stream = &session->stream;
	u8 unread[AGENT_PIECE];
	int err = stream_flush(stream);
	ssize_t size = 0;

	if (!err && !stream->out_size)
		shutdown(stream->fd, SHUT_WR);
	if (!err && revents & ~POLLOUT) {
		size = recv(stream->fd, unread, sizeof(unread), MSG_DONTWAIT);
		if (!size || (size < 0 && errno != EAGAIN && errno != EINTR))
			return -EPIPE;
	}
	if (revents)
		session->leave_by = session_leave_by(session);
	return err || session_seconds() < session->leave_by ? err : -ETIMEDOUT;
}

/* With a container its further processes end. */
static void end_process(struct session *session, const struct agent *agent)
{
	if (session->role == SESSION_CONTAINER && session->process.pid)
		agent_end_processes(agent, session);
	process_end(&session->process);
}

int serve(struct session *session, const struct pollfd files[SESSION_FILES],
		  struct agent *agent)
{
	short revents = files[SESSION_SOCKET].revents;
	int err = 0;

	if (session->leave_by)
		return leave(session, revents);
	if (revents & POLLOUT)
		err = stream_flush(&session->stream);
	if (!err && revents & ~POLLOUT)
		err = hear(session, agent);
	if (!err)
		err = look_at_process(session, files);
	if (err != SESSION_SAID_ALL)
		return err;
	end_process(session, agent);
	session->leave_by = session_leave_by(session);
	return leave(session, 0);
}

void serve_end(struct session *session, const struct agent *agent)
{
	close(session->stream.fd);
	end_process(session, agent);
	if (session->role == SESSION_CONTAINER)
		container_forget(&session->spec, agent->share);
	cgroup_remove(&session->cgroup);
	spec_free(&session->spec);
	free(session);
}
