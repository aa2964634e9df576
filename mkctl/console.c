// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl console: bytes between standard input and output and an instance's terminal line,
 * /dev/mktty<id>, which the module keeps. A terminal is raw meanwhile, and a key leaves.
 */
#include <fcntl.h>
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

#define CONTROL 0x1f		/* what Ctrl leaves of a letter */
#define LEAVE (']' & CONTROL)
#define NO_KEY (-1)
#define BUFFER_BYTES 65536
#define PIECE_BYTES 4096	/* what a pipe or a terminal takes without a wait, once poll(2) says so */
#define CHECK_MS 200		/* between two looks at the instance's state */
#define QUIT_MAX 1000000	/* seconds */
#define NO_QUIT (~0ULL)

static const char *escape;
static u64 quit = NO_QUIT;

/**
 * struct session - one connection
 * @name:        the instance
 * @line:        its terminal line, open without blocking
 * @interactive: standard input is a terminal
 * @escape:      the key that leaves, or NO_KEY
 * @typed:       what was typed last decides what "~" means
 * @dropped:     some of what was typed had no room
 * @state:       of the instance, as last seen
 * @input_open:  standard input has not come to its end
 * @quit_after:  milliseconds from there, or from the last byte of it that the line has taken, to our
 *               own end; negative: as long as a kernel runs
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
	int escape;
	bool dropped;
	enum { IN_LINE, LINE_BEGINS, TILDE } typed;
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

/* What there is no room for is dropped: no one reads what was typed before. */
static void put_key(struct session *session, u8 key)
{
	session->dropped |= session->used == BUFFER_BYTES;
	if (session->used < BUFFER_BYTES)
		session->pending[session->used++] = key;
}

/*
 * One key; returns false when it leaves. As ssh has it, "~" at the beginning of a line is held back
 * until the next key tells what it means.
 */
static bool take_key(struct session *session, u8 key)
{
	bool held = session->typed == TILDE;

	if (key == session->escape || (held && key == '.'))
		return false;
	if (session->typed == LINE_BEGINS && key == '~') {
		session->typed = TILDE;
		return true;
	}
	if (held && key != '~')
		put_key(session, '~');
	put_key(session, key);
	session->typed = key == '\r' || key == '\n' ? LINE_BEGINS : IN_LINE;
	return true;
}

/* Returns false when the operator wants to leave. */
static bool accept_input(struct session *session, const u8 *bytes, size_t count)
{
	size_t i;

	if (!session->interactive) {	/* there is room: see input_room() */
		memcpy(session->pending + session->used, bytes, count);
		session->used += count;
		return true;
	}
	session->dropped = false;
	for (i = 0; i < count; i++)
		if (!take_key(session, bytes[i]))
			return false;
	if (session->dropped)
		fputc('\a', stderr);
	return true;
}

/* From a terminal we read even when there is no room, lest the key that leaves be overlooked. */
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

/* Also when there is more input, and the line has taken none of it for so long. */
static bool time_is_over(const struct session *session)
{
	return session->quit_after >= 0 && clock_ms() >= session->quit_at &&
	       (!session->input_open || session->used == BUFFER_BYTES);
}

/*
 * Returns false when there is no reason to go on. What a kernel has said last may have come after the
 * line was looked at, and before its end was: so a state that is new is looked at once more.
 */
static bool check_state(struct session *session)
{
	int state = state_now(session->name);
	bool news = session->heard || state != session->state;

	session->heard = false;
	session->next_check = clock_ms() + CHECK_MS;
	if (state != session->state && state >= 0)
		tell(session, mk_state_name(state));
	session->state = state;
	if (time_is_over(session))
		return false;
	if (session->interactive || news)
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
		return cli_refuse("%s: %s", path, strerror(errno)), -1;
	if (!is_still_there(instance)) {
		close(line);
		return cli_refuse("instance \"%s\" has just gone, or been made anew",
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

static const char *key_name(int key)
{
	static char name[] = "Ctrl-x";

	if (key == NO_KEY)
		return "~. at the beginning of a line";
	name[sizeof(name) - 2] = key | ('A' - 1);
	return name;
}

/* "^A" as stty writes it, "none", or one character that is not printed. */
static int parse_escape(int *key)
{
	*key = LEAVE;
	if (!escape)
		return CLI_OK;
	*key = NO_KEY;
	if (!strcmp(escape, "none"))
		return CLI_OK;
	if (escape[0] == '^' && escape[1] >= '@' && (u8)escape[1] < 0x7f && !escape[2])
		*key = escape[1] & CONTROL;
	else if (*escape && (u8)*escape <= CONTROL && !escape[1])
		*key = *escape;
	if (*key == NO_KEY || *key == '\r' || *key == '\n')
		return cli_usage("console: --escape takes a key such as ^A, or \"none\", and not \"%s\"", escape);
	return CLI_OK;
}

/* With the terminal raw, and as it was before at the end. */
static int talk_on_terminal(struct session *session)
{
	struct termios before, raw;
	int err;

	if (tcgetattr(STDIN_FILENO, &before))
		return -errno;
	catch_signals();
	fprintf(stderr, "Connected to %s, which is %s. %s leaves.\n", session->name,
		mk_state_name(session->state), key_name(session->escape));
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
	session->typed = LINE_BEGINS;
	session->input_open = true;
	session->heard = true;
	session->next_check = clock_ms() + CHECK_MS;
	session->line = open_line(instance);
	if (session->line < 0)
		return CLI_REFUSED;
	signal(SIGPIPE, SIG_IGN);
	err = session->interactive ? talk_on_terminal(session) : talk(session);
	close(session->line);
	if (session->used && !session->interactive)
		return cli_refuse("console of \"%s\": the last %zu bytes of the input were not taken",
				    session->name, session->used);
	if (!err || err == -EPIPE)	/* who read the output has had enough */
		return CLI_OK;
	return cli_refuse("console of \"%s\": %s", session->name, strerror(-err));
}

static int console(int count, char **operand)
{
	static struct session session = { .quit_after = -1 };
	struct instance instance;
	int code = parse_escape(&session.escape);

	(void)count;
	if (code)
		return code;
	if (quit != NO_QUIT)
		session.quit_after = quit * 1000;
	session.quit_at = clock_ms() + session.quit_after;
	code = instance_find(&instance, operand[0]);
	session.name = instance.config.name;
	if (!code)
		code = connect_to(&session, &instance);
	instance_free(&instance);
	return code;
}

static const struct cli_option options[] = {
	{ "escape", 'e', CLI_TEXT, "KEY", "leave by this key, as ^A or ^], or \"none\"; ~. leaves in any case", &escape },
	{ "quit", 0, CLI_NUMBER, "SECONDS", "leave so long after the end of the input", &quit, QUIT_MAX },
	{ 0 }
};

const struct cli_command mkctl_console = {
	.name = "console",
	.operands = "NAME",
	.summary = "talk to the console of an instance",
	.help =
"Connects this terminal to the console of the kernel in instance NAME, which is /dev/hvc0 there if\n"
"that kernel has the multikernel module. Ctrl-] leaves, and so does \"~.\" at the beginning of a line\n"
"(\"~~\" there sends one \"~\"). Output that no one has read yet comes first, also that of a kernel which\n"
"has stopped. Where standard input is no terminal it is sent as it is, and output is shown until no\n"
"kernel runs there or, with --quit, until SECONDS after the end of the input.\n",
	.options = options,
	.run = console,
};
