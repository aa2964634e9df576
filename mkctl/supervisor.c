// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process behind multikernel@NAME.service. Starting, stopping and reading the log are mkctl's
 * own commands, run beside it, so that output goes on meanwhile; this file waits for all of them,
 * for the instance's state, and for signals. Whether a kernel that has ended is started again is
 * for systemd to decide, by how this process ends.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "instances.h"
#include "listener.h"
#include "notify.h"
#include "program.h"
#include "say.h"
#include "supervisor.h"
#include "sysfs.h"
#include "unit.h"

#define LOOK_MS 1000		/* between two looks: an instance that is made anew wakes nobody */
#define QUIET_MS 500		/* when nothing comes for so long, the last words are through */
#define LAST_WORDS_MS 5000	/* and are waited for no longer than that */
#define NUMBER_TEXT 16
#define UNIT_TEXT 64

enum phase {
	STARTING,	/* "mkctl boot" runs */
	RUNNING,
	STOPPING,	/* "mkctl stop" runs */
	ENDING,		/* no kernel is there any more; its last words are read */
	OVER,
};

/**
 * struct supervisor - one instance
 * @conf:     what is wanted
 * @instance: as it was found
 * @phase:    how far it has come
 * @stop:     it is to stop as soon as it can
 * @code:     how this process will end
 * @signals:  descriptor of the signals that ask for a stop
 * @status:   the instance's file of that name, which wakes us
 * @liveness: this one too
 * @told:     what systemd was told last of its state
 * @command:  "mkctl boot" or "mkctl stop"
 * @log:      "mkctl logs"
 * @console:  the console
 * @look:     when the instance is looked at again at the latest
 * @end:      in ENDING: when to wait no longer
 */
struct supervisor {
	const struct spawn_conf *conf;
	struct instance instance;
	enum phase phase;
	bool stop;
	int code;
	int signals;
	int status;
	int liveness;
	char told[MK_REASON_SIZE];
	struct program command;
	struct program log;
	struct listener console;
	u64 look;
	u64 end;
};

static void say(const struct supervisor *supervisor, const char *text)
{
	cli_warn("%s: %s", supervisor->conf->name, text);
}

static void end(struct supervisor *supervisor, int code)
{
	supervisor->code = code;
	supervisor->phase = ENDING;
	supervisor->end = clock_ms() + LAST_WORDS_MS;
}

/**
 * struct words - a command line of mkctl's that is being put together
 * @word:  its words; the rest is NULL
 * @count: of them
 */
struct words {
	const char *word[2 * 4 * CONF_VALUES_MAX + 16];
	size_t count;
};

static void add_option(struct words *words, const char *option, const char *value)
{
	if (!value)
		return;
	words->word[words->count++] = option;
	words->word[words->count++] = value;
}

static void add_options(struct words *words, const char *option, const struct conf_values *values)
{
	u32 i;

	for (i = 0; i < values->count; i++)
		add_option(words, option, values->text[i]);
}

static void add_flag(struct words *words, const char *option, bool wanted)
{
	if (wanted)
		words->word[words->count++] = option;
}

/* Without what it names in "devices" a kernel may lack its root, and would reboot for ever. */
static bool devices_are_served(const struct supervisor *supervisor)
{
	const char *names = supervisor->conf->devices;
	char name[MK_NAME_MAX + 1], unit[UNIT_TEXT];

	if (!unit_manager_runs())
		return true;
	while (spawn_conf_next_name(&names, name)) {
		snprintf(unit, sizeof(unit), "mkio@%s.service", name);
		if (unit_is_active(unit))
			continue;
		cli_warn("%s: %s is not active, and nothing is booted; journalctl -u %s says why",
			 supervisor->conf->name, unit, unit);
		return false;
	}
	return true;
}

static void start_boot(struct supervisor *supervisor)
{
	const struct spawn_conf *conf = supervisor->conf;
	struct words words = { .word = { "mkctl", "boot", conf->name }, .count = 3 };

	add_option(&words, "--kernel", conf->kernel);
	add_options(&words, "--initrd", &conf->initrd);
	add_option(&words, "--append", conf->append);
	add_option(&words, "--module", conf->module);
	add_flag(&words, "--inject", conf->inject);
	add_flag(&words, "--unpack", conf->unpack);
	add_flag(&words, "--unsafe", conf->unsafe);
	add_options(&words, "--disk", &conf->disk);
	add_options(&words, "--net", &conf->net);
	add_options(&words, "--share", &conf->share);
	add_flag(&words, "--vsock", conf->vsock);
	supervisor->phase = STARTING;
	if (!devices_are_served(supervisor) || program_start(&supervisor->command, words.word))
		end(supervisor, CLI_REFUSED);
}

static void start_stop(struct supervisor *supervisor)
{
	char seconds[NUMBER_TEXT];
	const char *const arguments[] = {
		"mkctl", "stop", supervisor->conf->name, "--timeout", seconds, NULL
	};

	snprintf(seconds, sizeof(seconds), "%u", supervisor->conf->stop_timeout);
	supervisor->phase = STOPPING;
	notify("STOPPING=1\nSTATUS=shutting down");
	if (program_start(&supervisor->command, arguments))
		end(supervisor, CLI_REFUSED);
}

/* A kernel runs there now: what it says is read from here on. */
static void begin_running(struct supervisor *supervisor)
{
	const char *const arguments[] = { "mkctl", "logs", supervisor->conf->name, "-f", NULL };

	supervisor->phase = RUNNING;
	listener_begin(&supervisor->console, supervisor->instance.config.id);
	program_start(&supervisor->log, arguments);
	notify("READY=1");
	if (supervisor->stop)
		start_stop(supervisor);
}

static void command_ended(struct supervisor *supervisor)
{
	int code = program_wait(&supervisor->command);

	if (supervisor->phase == STOPPING || (supervisor->phase == STARTING && code && !supervisor->stop))
		end(supervisor, code ? CLI_REFUSED : CLI_OK);
	else if (supervisor->phase == STARTING && code)
		start_stop(supervisor);		/* whatever it left there */
	else if (supervisor->phase == STARTING)
		begin_running(supervisor);
}

static void ask_to_stop(struct supervisor *supervisor)
{
	struct signalfd_siginfo signal;

	if (read(supervisor->signals, &signal, sizeof(signal)) < 0 || supervisor->stop)
		return;
	supervisor->stop = true;
	if (supervisor->phase == STARTING)
		program_ask_to_end(&supervisor->command);
	if (supervisor->phase == RUNNING)
		start_stop(supervisor);
}

/* The instance's state; -ENOENT when it has gone, also when another one has its name by now. */
static int state_now(const struct supervisor *supervisor)
{
	const char *name = supervisor->conf->name;
	char status[SYSFS_TEXT_SIZE];
	enum mk_state state;
	u64 serial;
	int err;

	err = sysfs_read_number(&serial, "fs/multikernel/instances/%s/serial", name);
	if (!err && serial != supervisor->instance.serial)
		err = -ENOENT;
	if (!err)
		err = sysfs_read_text(status, sizeof(status), "fs/multikernel/instances/%s/status",
				      name);
	if (!err)
		err = instance_parse_state(status, &state);
	return err ? err : (int)state;
}

/* What "systemctl status" shows, and the journal where a kernel hangs. */
static void tell(struct supervisor *supervisor, int state)
{
	const char *name = supervisor->conf->name;
	char text[MK_REASON_SIZE], liveness[SYSFS_TEXT_SIZE];

	if (state < 0 || supervisor->phase != RUNNING ||
	    sysfs_read_text(liveness, sizeof(liveness), "fs/multikernel/instances/%s/liveness", name))
		return;
	liveness[strcspn(liveness, ":")] = '\0';	/* the seconds behind it change all the time */
	snprintf(text, sizeof(text), "%s%s%.64s", mk_state_name(state), *liveness ? ", " : "",
		 liveness);
	if (!strcmp(text, supervisor->told))
		return;
	strcpy(supervisor->told, text);
	notify("STATUS=%s", text);
	if (!strcmp(liveness, "hung"))
		say(supervisor, "its kernel hangs");
}

static void check_instance(struct supervisor *supervisor)
{
	const char *name = supervisor->conf->name;
	int state = state_now(supervisor);

	supervisor->look = clock_ms() + LOOK_MS;
	tell(supervisor, state);
	if (supervisor->phase != RUNNING || (state >= 0 && mk_state_runs(state)))
		return;
	end(supervisor, state == MK_READY ? CLI_OK : CLI_REFUSED);
	if (state == MK_READY)
		say(supervisor, "its kernel has ended");
	else if (state == MK_FAILED)
		instance_refuse_failed(name, "while it ran");
	else
		say(supervisor, "the instance has gone");
}

/* To read it is what makes the file wake us again. */
static void rearm(int fd)
{
	char text[SYSFS_TEXT_SIZE];

	if (fd >= 0 && pread(fd, text, sizeof(text), 0) < 0 && errno != ENODEV)
		cli_warn("cannot read a file of the instance: %s", strerror(errno));
}

enum { SIGNALS, STATUS, LIVENESS, OPENS, CONSOLE, COMMAND, LOG, WAITED };

/* Waits for something to happen; returns whether it did. */
static bool wait_for_news(const struct supervisor *supervisor, struct pollfd fds[WAITED])
{
	const struct pollfd wanted[WAITED] = {
		[SIGNALS] = { .fd = supervisor->signals, .events = POLLIN },
		[STATUS] = { .fd = supervisor->status, .events = POLLPRI },
		[LIVENESS] = { .fd = supervisor->liveness, .events = POLLPRI },
		[OPENS] = { .fd = supervisor->console.opens, .events = POLLIN },
		[CONSOLE] = { .fd = supervisor->console.fd, .events = POLLIN },
		[COMMAND] = { .fd = supervisor->command.output, .events = POLLIN },
		[LOG] = { .fd = supervisor->log.output, .events = POLLIN },
	};

	memcpy(fds, wanted, sizeof(wanted));
	return poll(fds, WAITED, supervisor->phase == ENDING ? QUIET_MS : LOOK_MS) > 0;
}

static void take_output(struct supervisor *supervisor, const struct pollfd fds[WAITED])
{
	if (fds[OPENS].revents)
		listener_look(&supervisor->console);
	else if (fds[CONSOLE].revents)
		listener_read(&supervisor->console);
	if (fds[LOG].revents && !program_read(&supervisor->log))
		program_wait(&supervisor->log);
	if (fds[COMMAND].revents && !program_read(&supervisor->command))
		command_ended(supervisor);
}

static bool has_changed(const struct supervisor *supervisor, const struct pollfd fds[WAITED])
{
	if (fds[STATUS].revents)
		rearm(supervisor->status);
	if (fds[LIVENESS].revents)
		rearm(supervisor->liveness);
	return fds[STATUS].revents || fds[LIVENESS].revents;
}

static void work(struct supervisor *supervisor)
{
	struct pollfd fds[WAITED];
	bool news = wait_for_news(supervisor, fds);

	if (news) {
		take_output(supervisor, fds);
		if (fds[SIGNALS].revents)
			ask_to_stop(supervisor);
	}
	if (supervisor->phase == ENDING && (!news || clock_ms() > supervisor->end))
		supervisor->phase = OVER;
	else if (has_changed(supervisor, fds) || clock_ms() >= supervisor->look)
		check_instance(supervisor);
}

/* Before anything is started, so that nothing is missed. */
static int prepare(struct supervisor *supervisor)
{
	const char *name = supervisor->conf->name;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	supervisor->signals = signalfd(-1, &signals, SFD_CLOEXEC);
	if (supervisor->signals < 0)
		return cli_refuse("%s: %s", name, strerror(errno));
	supervisor->status = sysfs_open(O_RDONLY, "fs/multikernel/instances/%s/status", name);
	supervisor->liveness = sysfs_open(O_RDONLY, "fs/multikernel/instances/%s/liveness", name);
	rearm(supervisor->status);
	rearm(supervisor->liveness);
	return CLI_OK;
}

static void clean_up(struct supervisor *supervisor)
{
	program_ask_to_end(&supervisor->log);
	program_wait(&supervisor->log);
	program_wait(&supervisor->command);
	listener_end(&supervisor->console);
	if (supervisor->status >= 0)
		close(supervisor->status);
	if (supervisor->liveness >= 0)
		close(supervisor->liveness);
	if (supervisor->signals >= 0)
		close(supervisor->signals);
	instance_free(&supervisor->instance);
}

static int run(struct supervisor *supervisor)
{
	int code = prepare(supervisor);

	if (code)
		return code;
	if (mk_state_runs(supervisor->instance.state)) {
		say(supervisor, "a kernel runs there already, and is left to run");
		begin_running(supervisor);
	} else {
		start_boot(supervisor);
	}
	while (supervisor->phase != OVER)
		work(supervisor);
	return supervisor->code;
}

/* By its name alone: "1.conf" is not for the instance of this id, whose file has its name. */
static int find(struct supervisor *supervisor)
{
	const struct instance *instance = &supervisor->instance;
	const char *name = supervisor->conf->name;
	int code = instance_find(&supervisor->instance, name);

	if (!code && strcmp(instance->config.name, name))
		return cli_refuse("there is no instance \"%s\"; the one with this id is \"%s\"", name,
				  instance->config.name);
	return code;
}

int supervise(const struct spawn_conf *conf)
{
	static struct supervisor supervisor;
	int code;

	supervisor = (struct supervisor){
		.conf = conf,
		.signals = -1,
		.status = -1,
		.liveness = -1,
		.command = { .output = -1, .line.prefix = "" },
		.log = { .output = -1, .line.prefix = "kernel: " },
		.console = { .fd = -1, .opens = -1, .line.prefix = "console: " },
	};
	code = find(&supervisor);
	if (!code)
		code = run(&supervisor);
	clean_up(&supervisor);
	return code;
}
