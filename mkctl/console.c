// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl console: bytes between standard input and output and an instance's terminal line,
 * /dev/mktty<id>, which the module keeps. On a terminal it is raw meanwhile, and Ctrl-] leaves.
 */
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "instances.h"
#include "mkctl.h"
#include "sysfs.h"

#define LEAVE 0x1d		/* Ctrl-] */
#define BUFFER_BYTES 65536
#define PIECE_BYTES 4096	/* what a pipe or a terminal takes without a wait, once poll(2) says so */
#define CHECK_MS 200		/* between two looks at the instance's state */
#define QUIT_MAX 1000000	/* seconds */

/**
 * struct session - one connection
 * @name:        the instance
 * @line:        its terminal line, open without blocking
 * @interactive: standard input is a terminal
 * @state:       of the instance, as last seen
 * @input_open:  standard input has not come to its end
 * @quit_after:  milliseconds from there, and from the last byte of it that the line has taken, to
 *               our own end; negative: as long as a kernel runs
 * @quit_at:     when that is
 * @next_check:  when the state is looked at again
 * @heard:       there was output since the state was last looked at
 * @pending:     input that the line has not taken yet
 * @used:        bytes of it
 * @output:      output that is not written yet
 * @unwritten:   bytes of it
 */
struct session {
	const char *name;
	int line;
	bool interactive;
	int state;
	bool input_open;
	long long quit_after;
	u64 quit_at;
	u64 next_check;
	bool heard;
	u8 pending[BUFFER_BYTES];
	size_t used;
	u8 output[BUFFER_BYTES];
	size_t unwritten;
};

static volatile sig_atomic_t window_changed, ended;

static void on_signal(int number)
{
	if (number == SIGWINCH)
		window_changed = 1;
	else
		ended = 1;
}

/* The instance's state now, or a negative errno. */
static int state_now(const char *name)
{
	char status[SYSFS_TEXT_SIZE];
	enum mk_state state;
	int err;

	err = sysfs_read_text(status, sizeof(status), "fs/multikernel/instances/%s/status", name);
	if (!err)
		err = instance_parse_state(status, &state);
	return err ? err : (int)state;
}

/* What becomes of the instance is told where a person looks on. */
static void tell(const struct session *session, const char *text)
{
	if (session->interactive)
		fprintf(stderr, "\r\n[mkctl: %s: %s]\r\n", session->name, text);
}

static void forward_window(const struct session *session)
{
	struct winsize size;

	window_changed = 0;
	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		ioctl(session->line, TIOCSWINSZ, &size);
}

/* Returns false when the operator wants to leave. */
static bool accept_input(struct session *session, const u8 *bytes, size_t count)
{
	const u8 *leave = session->interactive ? memchr(bytes, LEAVE, count) : NULL;
	size_t room = BUFFER_BYTES - session->used;

	if (leave)
		count = leave - bytes;
	if (count > room) {
		count = room;
		fputc('\a', stderr);	/* the rest is dropped: no one reads what was typed before */
	}
	memcpy(session->pending + session->used, bytes, count);
	session->used += count;
	return !leave;
}

/* From a terminal we read even when there is no room, lest Ctrl-] be overlooked. */
static size_t input_room(const struct session *session)
{
	return session->interactive ? BUFFER_BYTES : BUFFER_BYTES - session->used;
}

static bool read_input(struct session *session)
{
	static u8 bytes[BUFFER_BYTES];
	ssize_t got = read(STDIN_FILENO, bytes, input_room(session));

	if (got > 0)
		return accept_input(session, bytes, got);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	session->input_open = false;
	session->quit_at = clock_ms() + session->quit_after;
	return !session->interactive;	/* a terminal that hung up */
}

/* Returns false when the line is gone. */
static bool write_input(struct session *session)
{
	ssize_t done = write(session->line, session->pending, session->used);

	if (done < 0)
		return errno == EAGAIN || errno == EINTR;
	if (done)
		session->quit_at = clock_ms() + session->quit_after;
	session->used -= done;
	memmove(session->pending, session->pending + done, session->used);
	return true;
}

/* What standard output takes now; 0 or a negative errno. */
static int write_output(struct session *session)
{
	size_t count = session->unwritten < PIECE_BYTES ? session->unwritten : PIECE_BYTES;
	ssize_t done = write(STDOUT_FILENO, session->output, count);

	if (done < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	session->unwritten -= done;
	memmove(session->output, session->output + done, session->unwritten);
	return 0;
}

/* Returns false when the line is gone. */
static bool read_output(struct session *session)
{
	ssize_t got = read(session->line, session->output + session->unwritten,
			   BUFFER_BYTES - session->unwritten);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	session->unwritten += got;
	session->heard = true;
	return got;
}

/* Returns false when there is no reason to go on. */
static bool check_state(struct session *session)
{
	int state = state_now(session->name);
	bool heard = session->heard;

	session->heard = false;
	session->next_check = clock_ms() + CHECK_MS;
	if (state != session->state && state >= 0)
		tell(session, mk_state_name(state));
	session->state = state;
	if (!session->input_open && session->quit_after >= 0 && clock_ms() >= session->quit_at)
		return false;
	if (session->interactive || heard)
		return true;
	return state >= 0 && mk_state_runs(state);
}

static int wait_ms(const struct session *session)
{
	u64 now = clock_ms();

	return session->next_check > now ? session->next_check - now : 0;
}

enum { INPUT, LINE, OUTPUT, WAITED };

/*
 * Waits for what can be done next; false when a signal came instead. Nothing else is waited for
 * anywhere, so that Ctrl-] and signals always reach us. The line is left alone when it has nothing
 * to say or to take that there is room for, even if it hangs up meanwhile.
 */
static bool wait_for_work(const struct session *session, bool going, struct pollfd fds[WAITED])
{
	short line = 0;

	if (going && session->unwritten < BUFFER_BYTES)
		line |= POLLIN;
	if (going && session->used)
		line |= POLLOUT;
	fds[INPUT] = (struct pollfd){
		.fd = session->input_open && input_room(session) &&
		      (going || session->interactive) ? STDIN_FILENO : -1,
		.events = POLLIN,
	};
	fds[LINE] = (struct pollfd){ .fd = line ? session->line : -1, .events = line };
	fds[OUTPUT] = (struct pollfd){
		.fd = session->unwritten ? STDOUT_FILENO : -1,
		.events = POLLOUT,
	};
	return poll(fds, WAITED, going ? wait_ms(session) : -1) >= 0;
}

/* Until the operator leaves or the line is gone, and all output is written; 0 or a negative errno. */
static int talk(struct session *session)
{
	bool going = true, gone = false;
	struct pollfd fds[WAITED];
	int err;

	while ((going || session->unwritten) && !ended) {
		if (window_changed)
			forward_window(session);
		if (!wait_for_work(session, going, fds)) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		if (fds[INPUT].revents && !read_input(session)) {
			if (going)
				write_input(session);	/* what was typed before Ctrl-] */
			return 0;
		}
		if (fds[OUTPUT].revents) {
			err = write_output(session);
			if (err)
				return err;
		}
		if (fds[LINE].revents & ~POLLOUT)
			gone = !read_output(session);
		if (!gone && fds[LINE].revents & POLLOUT)
			gone = !write_input(session);
		if (going && (gone || (!wait_ms(session) && !check_state(session))))
			going = false;
	}
	if (gone)
		tell(session, "gone");
	return 0;
}

/*
 * Lines go by ids, and an id can go to another instance. One that is still there, as its serial
 * number tells, has had its id all the time, so the line that was opened meanwhile is its own.
 */
static bool is_still_there(const struct instance *instance)
{
	u64 serial;

	return !sysfs_read_number(&serial, "fs/multikernel/instances/%s/serial",
				  instance->config.name) &&
	       serial == instance->serial;
}

static int open_line(const struct instance *instance)
{
	char path[SYSFS_PATH_SIZE], name[32];
	struct termios raw;
	int line;

	snprintf(name, sizeof(name), "mktty%u", instance->config.id);
	device_path(path, name);
	line = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (line < 0)
		return mkctl_refuse("%s: %s", path, strerror(errno)), -1;
	if (!is_still_there(instance)) {
		close(line);
		return mkctl_refuse("instance \"%s\" has just gone, or been made anew",
				    instance->config.name), -1;
	}
	/* It is raw unless someone who has it open, too, made it something else. */
	if (!tcgetattr(line, &raw)) {
		cfmakeraw(&raw);
		tcsetattr(line, TCSANOW, &raw);
	}
	return line;
}

static void catch_signals(void)
{
	static const int numbers[] = { SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

/* As soon as may be: whatever waits to be shown may wait for ever. */
static void set_terminal(const struct termios *settings)
{
	while (tcsetattr(STDIN_FILENO, TCSANOW, settings) && errno == EINTR)
		;
}

/* With the terminal raw, and as it was before at the end. */
static int talk_on_terminal(struct session *session)
{
	struct termios before, raw;
	int err;

	if (tcgetattr(STDIN_FILENO, &before))
		return -errno;
	catch_signals();
	fprintf(stderr, "Connected to %s, which is %s. Ctrl-] leaves.\n", session->name,
		mk_state_name(session->state));
	raw = before;
	cfmakeraw(&raw);
	set_terminal(&raw);
	forward_window(session);
	err = talk(session);
	set_terminal(&before);
	fputc('\n', stderr);
	return err;
}

static int connect_to(struct session *session, const struct instance *instance)
{
	int err;

	session->state = instance->state;
	session->interactive = isatty(STDIN_FILENO);
	session->input_open = true;
	session->heard = true;
	session->next_check = clock_ms() + CHECK_MS;
	session->line = open_line(instance);
	if (session->line < 0)
		return MKCTL_REFUSED;
	signal(SIGPIPE, SIG_IGN);
	err = session->interactive ? talk_on_terminal(session) : talk(session);
	close(session->line);
	if (session->used && !session->interactive)
		return mkctl_refuse("console of \"%s\": the last %zu bytes of the input were not taken",
				    session->name, session->used);
	if (!err || err == -EPIPE)	/* who read the output has had enough */
		return MKCTL_OK;
	return mkctl_refuse("console of \"%s\": %s", session->name, strerror(-err));
}

static int parse_quit(long long *milliseconds, const char *text)
{
	u64 seconds;

	if (!clock_parse_seconds(text, QUIT_MAX, &seconds))
		return mkctl_usage("--quit wants SECONDS, 0 to %d", QUIT_MAX);
	*milliseconds = seconds * 1000;
	return MKCTL_OK;
}

int mkctl_console(int argc, char **argv)
{
	static const struct option options[] = { { "quit", required_argument, NULL, 'q' }, { 0 } };
	static struct session session = { .quit_after = -1 };
	struct instance instance;
	int letter, code = MKCTL_OK;

	while ((letter = mkctl_next_option(argc, argv, ":", options)) != -1) {
		if (letter == 'q')
			code = parse_quit(&session.quit_after, optarg);
		if (letter == '?' || code)
			return MKCTL_USAGE;
	}
	if (argc - optind != 1)
		return mkctl_usage("console takes one NAME");
	session.name = argv[optind];
	code = instance_find(&instance, session.name);
	if (!code)
		code = connect_to(&session, &instance);
	instance_free(&instance);
	return code;
}
