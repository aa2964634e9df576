// SPDX-License-Identifier: GPL-2.0-only
/* One loop, in which nobody is waited for: who does not read must not keep others from being heard. */
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bound.h"
#include "clock.h"
#include "link.h"
#include "relay.h"

#define READER_MS 10000		/* for so long output waits for a reader when its kernel is gone */

/* Those that are handed on, and two that are for us. */
static const int caught[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
			      SIGCHLD, SIGWINCH };

enum { AGENT, INPUT, OUTPUT, SIGNALS, CONTROL, SAID, FILES };

int relay_begin(struct relay *relay)
{
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	relay->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	relay->input = true;
	return relay->signals < 0 ? -errno : 0;
}

void relay_resize(struct relay *relay)
{
	struct winsize size;
	struct agent_message message = { .type = AGENT_RESIZE };

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		return;
	message.number[0] = size.ws_row;
	message.number[1] = size.ws_col;
	link_send(relay->stream, &message);
}

static bool serve_signals(struct relay *relay)
{
	struct signalfd_siginfo signal;
	struct agent_message message = { .type = AGENT_SIGNAL };

	while (read(relay->signals, &signal, sizeof(signal)) == sizeof(signal)) {
		message.number[0] = signal.ssi_signo;
		if (signal.ssi_signo == SIGWINCH)
			relay_resize(relay);
		else if (signal.ssi_signo != SIGCHLD)
			link_send(relay->stream, &message);
		else if (relay->child && !relay->child())
			return false;
	}
	return true;
}

static void read_input(struct relay *relay)
{
	u8 piece[AGENT_PIECE];
	struct agent_message message = { .type = AGENT_INPUT, .bytes = piece };
	ssize_t size = read(STDIN_FILENO, piece, sizeof(piece));

	if (size < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (size <= 0) {
		relay->input = false;
		link_send_type(relay->stream, AGENT_INPUT_END);
		return;
	}
	message.size = size;
	relay->sent += size;
	link_send(relay->stream, &message);
}

static bool has_unwritten(const struct relay *relay)
{
	return relay->at < relay->size;
}

static bool is_nobodys(const struct relay *relay)
{
	return relay->gone_by && clock_ms() >= relay->gone_by;
}

/*
 * As far as it can be done at once: a pipe that has room at all has it for PIPE_BUF bytes. Where there
 * is no reader any more, what the container says is lost, and the container goes on.
 */
static void write_output(struct relay *relay)
{
	struct pollfd file = { .fd = relay->to, .events = POLLOUT };
	ssize_t size;

	while (has_unwritten(relay) && poll(&file, 1, 0) == 1) {
		size = relay->size - relay->at;
		size = write(relay->to, relay->bytes + relay->at, size < PIPE_BUF ? size : PIPE_BUF);
		if (size < 0 && errno == EAGAIN)
			return;
		if (size < 0 && errno != EINTR)
			relay->at = relay->size;
		relay->at += size > 0 ? size : 0;
	}
}

static void take_output(struct relay *relay, int to, const struct agent_message *message)
{
	memcpy(relay->bytes, message->bytes, message->size);
	relay->size = message->size;
	relay->at = 0;
	relay->to = to;
	write_output(relay);
	if (is_nobodys(relay))
		relay->at = relay->size;
}

/* Its exit code, or one more than any for "it goes on". */
#define GOES_ON 256

static int take(struct relay *relay, const struct agent_message *message)
{
	switch (message->type) {
	case AGENT_OUTPUT:
		take_output(relay, STDOUT_FILENO, message);
		break;
	case AGENT_ERRORS:
		take_output(relay, STDERR_FILENO, message);
		break;
	case AGENT_TAKEN:
		relay->sent -= message->number[0] < relay->sent ? message->number[0] : relay->sent;
		break;
	case AGENT_EXITED:
		return message->number[0] & 0xff;
	default:
		if (relay->message)
			relay->message(relay, message);
	}
	return GOES_ON;
}

/* What has come already; behind output that is not written it waits. */
static int take_all(struct relay *relay)
{
	struct agent_message message;
	int code = GOES_ON, got = 0;

	while (code == GOES_ON && !has_unwritten(relay) &&
	       (got = stream_next(relay->stream, &message)) > 0)
		code = take(relay, &message);
	return got < 0 ? RELAY_LOST : code;
}

/* The connection may have ended with more to be taken: its end is there still when all is. */
static int hear(struct relay *relay)
{
	int err = stream_receive(relay->stream), code = take_all(relay);

	return code == GOES_ON && err && !has_unwritten(relay) ? RELAY_LOST : code;
}

static int go_on_writing(struct relay *relay)
{
	write_output(relay);
	return take_all(relay);
}

/*
 * Nothing of the agent is read while output is stuck, but its end is seen. A reader that is merely slow gets
 * what is there; one that does not read at all must not keep what has ended from being taken down. What
 * the agent has said before, such as an exit code, is heard also then.
 */
static int see_end(struct relay *relay, short revents)
{
	if (revents & (POLLHUP | POLLERR) && !relay->gone_by)
		relay->gone_by = clock_ms() + bound_ms("MKRUN_READER_MS", READER_MS);
	if (!has_unwritten(relay) || !is_nobodys(relay))
		return GOES_ON;
	relay->at = relay->size;
	return hear(relay);
}

static void watch(const struct relay *relay, struct pollfd files[FILES])
{
	bool room = relay->input && relay->sent + AGENT_PIECE <= AGENT_WINDOW;
	short events = (has_unwritten(relay) ? 0 : POLLIN) | (relay->stream->out_size ? POLLOUT : 0);

	files[AGENT] = (struct pollfd){ events || !relay->gone_by ? relay->stream->fd : -1, events };
	files[OUTPUT] = (struct pollfd){ has_unwritten(relay) ? relay->to : -1, POLLOUT };
	files[INPUT] = (struct pollfd){ room ? STDIN_FILENO : -1, POLLIN };
	files[SIGNALS] = (struct pollfd){ relay->signals, POLLIN };
	files[CONTROL] = (struct pollfd){ relay->control, POLLIN };
	files[SAID] = (struct pollfd){ relay->said, POLLIN };
}

/* Milliseconds; -1 for any number. */
static int patience(const struct relay *relay)
{
	u64 now = clock_ms();

	if (!relay->gone_by || !has_unwritten(relay))
		return -1;
	return relay->gone_by > now ? relay->gone_by - now : 0;
}

static void serve_control(struct relay *relay)
{
	int fd = accept4(relay->control, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		relay->request(relay, fd);
}

int relay_run(struct relay *relay)
{
	struct pollfd files[FILES];
	int code = GOES_ON;

	while (code == GOES_ON) {
		watch(relay, files);
		if (poll(files, FILES, patience(relay)) < 0)
			continue;
		/* An agent that hears nothing more may have said the exit code: only hear() ends. */
		if (files[AGENT].revents & ~POLLIN && stream_flush(relay->stream))
			relay->stream->out_size = 0;
		if (files[OUTPUT].revents)
			code = go_on_writing(relay);
		else if (!has_unwritten(relay) && files[AGENT].revents & ~POLLOUT)
			code = hear(relay);
		if (code == GOES_ON && has_unwritten(relay))
			code = see_end(relay, files[AGENT].revents);
		if (files[SAID].revents)
			relay->hear();
		if (code == GOES_ON && files[INPUT].revents)
			read_input(relay);
		if (code == GOES_ON && files[CONTROL].revents)
			serve_control(relay);
		if (code == GOES_ON && files[SIGNALS].revents && !serve_signals(relay))
			return RELAY_LOST;
	}
	return code;
}
