// SPDX-License-Identifier: GPL-2.0-only
/* What the host says, done; what the process says, told. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "become.h"
#include "session.h"

/* Its last word is on the way; then the connection ends. */
#define SAID_ALL (-ESHUTDOWN)

#define NO_LIMIT "the container's kernel cannot limit its tasks (pids)"
#define NO_CGROUP "the container's kernel has no control groups of version 2"

static time_t seconds(void)
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
	short output = stream_has_room(&session->stream) ? POLLIN : 0;

	watch(&files[SESSION_SOCKET], session->stream.fd,
	      POLLIN | (session->stream.out_size ? POLLOUT : 0));
	watch(&files[SESSION_REPORT], process->report, POLLIN);
	/* A process that has failed to begin is told of by its report. */
	watch(&files[SESSION_ENDED], process->file, process->report < 0 ? POLLIN : 0);
	watch(&files[SESSION_INPUT], process->input, session->input_size ? POLLOUT : 0);
	watch(&files[SESSION_OUTPUT], process->output, output);
	watch(&files[SESSION_ERRORS], process->errors, output);
	watch(&files[SESSION_CGROUP], session->cgroup.events, session->pause_by ? POLLPRI : 0);
}

static int refuse(struct session *session, const char *sentence)
{
	const struct agent_message message = { .type = AGENT_REFUSED, .text = { sentence } };

	stream_send(&session->stream, &message);
	return SAID_ALL;
}

/* The container's filter holds for each process in it, whatever the host says of this one. */
static int take_filter(struct session *session, const struct session *first)
{
	struct agent_message filter;

	return first && spec_find(&first->spec, AGENT_FILTER, &filter) ?
		spec_add(&session->spec, &filter) : 0;
}

/* What nobody asks for, a kernel need not have. Says where to enter it. */
static int make_cgroup(struct session *session, int *entry)
{
	struct agent_message tasks;
	bool is_limited = spec_find(&session->spec, AGENT_TASKS, &tasks);
	int err = cgroup_make(&session->cgroup);

	*entry = -1;
	if (err)
		return is_limited ? err : 0;
	if (is_limited)
		err = cgroup_limit(&session->cgroup, tasks.number[0]);
	if (!err)
		*entry = err = cgroup_open(&session->cgroup);
	return err < 0 ? err : 0;
}

static int refuse_with(struct session *session, const char *what, int err)
{
	char sentence[PROCESS_REASON];

	snprintf(sentence, sizeof(sentence), "%s: %s", what, strerror(-err));
	return refuse(session, sentence);
}

static int create(struct session *session, const char *share)
{
	int entry, err = make_cgroup(session, &entry);

	if (err)
		return refuse_with(session, NO_LIMIT, err);
	err = process_start(&session->process, &session->spec, share, NULL, entry);
	return err ? refuse_with(session, "cannot make a process", err) : 0;
}

static int exec(struct session *session, const char *share, const struct session *first)
{
	int entry = -1, err = take_filter(session, first);

	if (first->paused)
		return refuse(session, "the container is paused");
	if (!err && first->cgroup.directory >= 0)
		entry = err = cgroup_open_of(first->process.pid);
	if (err >= 0)
		err = process_start(&session->process, &session->spec, share, &first->process,
				    entry);
	return err ? refuse_with(session, "cannot make a process", err) : 0;
}

static bool get_name(const char *pid, char *name, size_t room)
{
	char path[64];
	FILE *file;
	bool got;

	snprintf(path, sizeof(path), "/proc/%.32s/comm", pid);
	file = fopen(path, "re");
	got = file && fgets(name, room, file);
	if (file)
		fclose(file);
	name[got ? strcspn(name, "\n") : 0] = '\0';
	return got;
}

/* Processes go while they are told. */
static int tell_processes(struct session *session, const struct cgroup *cgroup, DIR *directory)
{
	struct agent_message message = { .type = AGENT_PROCESS };
	struct dirent *entry;
	char name[64];

	while ((entry = readdir(directory))) {
		message.number[0] = strtoul(entry->d_name, NULL, 10);
		if (!message.number[0] || !cgroup_has(cgroup, message.number[0]) ||
		    !get_name(entry->d_name, name, sizeof(name)))
			continue;
		if (!stream_has_room(&session->stream))
			return refuse(session, "there are more processes than can be told");
		message.text[0] = name;
		stream_send(&session->stream, &message);
	}
	stream_send_number(&session->stream, AGENT_LISTED, 0);
	return SAID_ALL;
}

static int list(struct session *session, const struct session *first)
{
	DIR *directory;
	int err;

	if (first->cgroup.directory < 0)
		return refuse(session, NO_CGROUP);
	directory = opendir("/proc");
	if (!directory)
		return refuse_with(session, "/proc", -errno);
	err = tell_processes(session, &first->cgroup, directory);
	closedir(directory);
	return err;
}

static int let_go(struct session *session)
{
	return process_go(&session->process) ?
		refuse(session, "no process waits to be started") : 0;
}

/* The window keeps the host from sending more than there is room for. */
static int take_input(struct session *session, const struct agent_message *message)
{
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

/* Where nobody reads any more, it is gone. */
static int give_input(struct session *session)
{
	ssize_t size = session->input_size;

	if (session->process.input >= 0)
		size = write(session->process.input, session->input, session->input_size);
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

/* By the table of doc/containers.md: what a process is given before and after it is there. */
static int before_process(struct session *session, const struct agent_message *message,
			  const char *share, const struct session *first)
{
	if (message->type >= AGENT_HOSTNAME && message->type <= AGENT_TERMINAL)
		return spec_add(&session->spec, message);
	if (message->type == AGENT_CREATE)
		return first ? refuse(session, "there is a container already") :
			create(session, share);
	if (message->type != AGENT_EXEC && message->type != AGENT_LIST)
		return -EBADMSG;
	if (!first || first->leave_by)
		return refuse(session, "there is no container");
	return message->type == AGENT_EXEC ? exec(session, share, first) : list(session, first);
}

static int fail(struct session *session, const char *sentence)
{
	const struct agent_message message = { .type = AGENT_FAILED, .text = { sentence } };

	return stream_send(&session->stream, &message);
}

static int fail_with(struct session *session, const char *what, int err)
{
	char sentence[PROCESS_REASON];

	snprintf(sentence, sizeof(sentence), "%s: %s", what, strerror(-err));
	return fail(session, sentence);
}

static int resume(struct session *session)
{
	int err = cgroup_freeze(&session->cgroup, false);

	if (!err)
		session->paused = false;
	return err;
}

/* A task that waits for what cannot be interrupted stops only after that. */
static int look_at_pause(struct session *session)
{
	if (cgroup_is_frozen(&session->cgroup)) {
		session->pause_by = 0;
		return stream_send_number(&session->stream, AGENT_DONE, 0);
	}
	if (seconds() < session->pause_by)
		return 0;
	session->pause_by = 0;
	resume(session);
	return fail(session, "a process of the container waits for something, and cannot be paused");
}

static int begin_pause(struct session *session)
{
	int err = cgroup_freeze(&session->cgroup, true);

	if (err)
		return err;
	session->paused = true;
	session->pause_by = seconds() + SESSION_PATIENCE_S;
	return 0;
}

/* To the connection of the container alone; a pause is answered when it is one. */
static int change(struct session *session, const struct agent_message *message)
{
	int err;

	if (session->cgroup.directory < 0)
		return fail(session, NO_CGROUP);
	if (session->pause_by)
		return fail(session, "the container is being paused");
	if (message->type == AGENT_PAUSE)
		err = begin_pause(session);
	else if (message->type == AGENT_RESUME)
		err = resume(session);
	else
		err = cgroup_limit(&session->cgroup, message->number[0]);
	if (err)
		return fail_with(session, message->type == AGENT_TASKS ? NO_LIMIT : "freezer", err);
	return session->pause_by ? look_at_pause(session) :
		stream_send_number(&session->stream, AGENT_DONE, 0);
}

static int with_process(struct session *session, const struct agent_message *message,
			const struct session *first)
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
		kill(session->process.pid, message->number[0]);
		return 0;
	case AGENT_PAUSE:
	case AGENT_RESUME:
	case AGENT_TASKS:
		return session == first ? change(session, message) : -EBADMSG;
	default:
		return -EBADMSG;
	}
}

static int greet(struct session *session, const struct agent_message *message)
{
	if (message->type != AGENT_HELLO)
		return -EBADMSG;
	if (message->number[0] != AGENT_VERSION)
		return refuse(session, "this agent speaks another version");
	session->welcome = true;
	return stream_send_number(&session->stream, AGENT_WELCOME, AGENT_VERSION);
}

static int hear(struct session *session, const char *share, const struct session *first)
{
	struct agent_message message;
	int err = stream_receive(&session->stream), got = 0;

	while (!err && (got = stream_next(&session->stream, &message)) > 0) {
		if (!session->welcome)
			err = greet(session, &message);
		else if (!session->process.pid)
			err = before_process(session, &message, share, first);
		else
			err = with_process(session, &message, first);
	}
	return err ? err : got;
}

/* Until its program runs: ready, not at all, or begun. */
static int read_report(struct session *session)
{
	char report[PROCESS_REASON];
	ssize_t size = read(session->process.report, report, sizeof(report) - 1);

	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (size == 1 && *report == AGENT_READY)
		return stream_send_number(&session->stream, AGENT_CREATED, 0);
	process_close(&session->process.report);
	report[size] = '\0';
	return size ? refuse(session, report) :
		stream_send_number(&session->stream, AGENT_STARTED, 0);
}

/* A piece of what it writes; false when nothing more is there now. A terminal ends with EIO. */
static bool tell(struct session *session, int *fd, enum agent_type type)
{
	u8 piece[AGENT_PIECE];
	struct agent_message message = { .type = type, .bytes = piece };
	ssize_t size;

	if (*fd < 0 || !stream_has_room(&session->stream))
		return false;
	size = read(*fd, piece, sizeof(piece));
	if (!size || (size < 0 && errno != EAGAIN && errno != EINTR))
		process_close(fd);
	if (size <= 0)
		return false;
	message.size = size;
	stream_send(&session->stream, &message);
	return true;
}

/*
 * What it has written before its end comes first; what others of its kin write later is nobody's.
 * While there is no room the end waits.
 */
static int tell_end(struct session *session)
{
	struct process *process = &session->process;

	while (tell(session, &process->output, AGENT_OUTPUT) ||
	       tell(session, &process->errors, AGENT_ERRORS))
		;
	if (!stream_has_room(&session->stream))
		return 0;
	stream_send_number(&session->stream, AGENT_EXITED, process_exit_code(process));
	return SAID_ALL;
}

static int look_at_process(struct session *session, const struct pollfd files[SESSION_FILES])
{
	int err = 0;

	if (files[SESSION_REPORT].revents)
		err = read_report(session);
	if (!err && files[SESSION_INPUT].revents)
		err = give_input(session);
	if (!err && files[SESSION_OUTPUT].revents)
		tell(session, &session->process.output, AGENT_OUTPUT);
	if (!err && files[SESSION_ERRORS].revents)
		tell(session, &session->process.errors, AGENT_ERRORS);
	if (!err && session->pause_by)
		err = look_at_pause(session);
	if (!err && files[SESSION_ENDED].revents)
		err = tell_end(session);
	return err;
}

static time_t leave_by(const struct session *session)
{
	return seconds() + (session->stream.out_size ? SESSION_READER_S : SESSION_PATIENCE_S);
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
		session->leave_by = leave_by(session);
	return err || seconds() < session->leave_by ? err : -ETIMEDOUT;
}

int session_serve(struct session *session, const struct pollfd files[SESSION_FILES],
		  const char *share, const struct session *first)
{
	short revents = files[SESSION_SOCKET].revents;
	int err = 0;

	if (session->leave_by)
		return leave(session, revents);
	if (revents & POLLOUT)
		err = stream_flush(&session->stream);
	if (!err && revents & ~POLLOUT)
		err = hear(session, share, first);
	if (!err)
		err = look_at_process(session, files);
	if (err != SAID_ALL)
		return err;
	process_end(&session->process);
	session->leave_by = leave_by(session);
	return leave(session, 0);
}

bool session_has_patience(const struct session *session)
{
	return session->leave_by || session->pause_by;
}

void session_free(struct session *session)
{
	close(session->stream.fd);
	process_end(&session->process);
	cgroup_remove(&session->cgroup);
	spec_free(&session->spec);
	free(session);
}
