// SPDX-License-Identifier: GPL-2.0-only
/* One loop; writing to standard output may wait, as it does for any program. */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link.h"
#include "relay.h"

/* Those that are handed on, and two that are for us. */
static const int caught[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
			      SIGCHLD, SIGWINCH };

enum { AGENT, INPUT, SIGNALS, CONTROL, FILES };

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

/* Where nobody reads, what the container says is lost, and the container goes on. */
static void write_output(int fd, const struct agent_message *message)
{
	u32 at = 0;
	ssize_t size;

	while (at < message->size) {
		size = write(fd, message->bytes + at, message->size - at);
		if (size < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		else if (size < 0 && errno != EINTR)
			return;
		at += size > 0 ? size : 0;
	}
}

/* Its exit code, or one more than any for "it goes on". */
#define GOES_ON 256

static int take(struct relay *relay, const struct agent_message *message)
{
	switch (message->type) {
	case AGENT_OUTPUT:
		write_output(STDOUT_FILENO, message);
		break;
	case AGENT_ERRORS:
		write_output(STDERR_FILENO, message);
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

static int hear(struct relay *relay)
{
	struct agent_message message;
	int code = GOES_ON, err = stream_receive(relay->stream), got = 0;

	while (code == GOES_ON && (got = stream_next(relay->stream, &message)) > 0)
		code = take(relay, &message);
	if (code != GOES_ON)
		return code;
	return err || got < 0 ? RELAY_LOST : GOES_ON;
}

static void watch(const struct relay *relay, struct pollfd files[FILES])
{
	bool room = relay->input && relay->sent + AGENT_PIECE <= AGENT_WINDOW;

	files[AGENT] = (struct pollfd){ relay->stream->fd, POLLIN };
	if (relay->stream->out_size)
		files[AGENT].events |= POLLOUT;
	files[INPUT] = (struct pollfd){ room ? STDIN_FILENO : -1, POLLIN };
	files[SIGNALS] = (struct pollfd){ relay->signals, POLLIN };
	files[CONTROL] = (struct pollfd){ relay->control, POLLIN };
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
		if (poll(files, FILES, -1) < 0)
			continue;
		/* An agent that hears nothing more may have said the exit code: only hear() ends. */
		if (files[AGENT].revents & POLLOUT && stream_flush(relay->stream))
			relay->stream->out_size = 0;
		if (files[AGENT].revents & ~POLLOUT)
			code = hear(relay);
		if (code == GOES_ON && files[INPUT].revents)
			read_input(relay);
		if (code == GOES_ON && files[CONTROL].revents)
			serve_control(relay);
		if (code == GOES_ON && files[SIGNALS].revents && !serve_signals(relay))
			return RELAY_LOST;
	}
	return code;
}
