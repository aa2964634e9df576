// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl logs: a spawn kernel's log, read out of its memory or a dump and written like dmesg does.
 */
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "core_file.h"
#include "instances.h"
#include "mkctl.h"
#include "spawn_log.h"
#include "sysfs.h"
#include "watch.h"

#define POLL_MS 200
#define SEARCH_REST 4	/* looking for a log reads all memory: rest so many times the CPU's time */

static bool following;
static const char *core;

/**
 * struct reader - one run of following an instance
 * @name:    the instance
 * @spawn:   its memory and its log
 * @waiting: it was said that there is no log yet
 * @serial:  of the instance, and
 * @generation: of the kernel, whose messages @cursor counts
 * @cursor:  next message
 * @record:  the message at hand
 */
struct reader {
	char name[MK_NAME_MAX + 1];
	struct spawn_log spawn;
	bool waiting;
	u64 serial;
	u64 generation;
	u64 cursor;
	struct mk_log_record record;
};

/*
 * Find the log anew, to go on where it was if it is the same kernel's, whose memory has changed: -ENOENT
 * when the instance is gone, -EAGAIN when there is no log in it yet.
 */
static int reader_open(struct reader *reader)
{
	const struct instance *instance = &reader->spawn.instance;
	int err = spawn_log_open(&reader->spawn, reader->name);

	if (reader->serial != instance->serial || reader->generation != instance->generation)
		reader->cursor = 0;
	reader->serial = instance->serial;
	reader->generation = instance->generation;
	return err;
}

/* The text comes from a kernel that nobody vouches for: keep the terminal from its controls. */
static void print_line(const struct mk_log_record *record, const char *line, size_t length)
{
	size_t i;

	printf("[%5llu.%06llu] ", (unsigned long long)(record->time_ns / 1000000000),
	       (unsigned long long)(record->time_ns / 1000 % 1000000));
	for (i = 0; i < length; i++) {
		if ((line[i] >= ' ' && line[i] <= '~') || line[i] == '\t')
			putchar(line[i]);
		else
			printf("\\x%02x", (u8)line[i]);
	}
	putchar('\n');
}

static void print_record(const struct mk_log_record *record)
{
	const char *line = record->text, *end = line + record->length, *newline;

	while ((newline = memchr(line, '\n', end - line))) {
		print_line(record, line, newline - line);
		line = newline + 1;
	}
	print_line(record, line, end - line);
}

/* Print all there is now, but @follow leaves what may still grow for later. Count, or an error. */
static int drain(struct reader *reader, bool follow)
{
	int found, count = 0;
	u64 expected;

	for (;;) {
		expected = reader->cursor;
		found = mk_log_next(&reader->spawn.log, &reader->cursor, &reader->record);
		if (found < 0)
			return found;
		if (!found || (reader->record.open && follow))
			return count;
		if (expected && reader->record.sequence > expected) {
			cli_warn("%llu messages lost",
				 (unsigned long long)(reader->record.sequence - expected));
		}
		print_record(&reader->record);
		count++;
		if (reader->record.open)
			return count;
	}
}

static void sleep_ms(u64 ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* The instance went away or was made anew under our hands, or another kernel came: look again. */
static bool is_passing(int err)
{
	return err == -EAGAIN || err == -ESTALE || err == -ENODEV || err == -ENXIO ||
	       err == -ENOENT;
}

static void say_once(struct reader *reader)
{
	if (!reader->waiting)
		cli_warn("instance \"%s\" has no log yet", reader->name);
	reader->waiting = true;
}

/*
 * Until a kernel runs or has run there: before, no search finds anything. While one is loaded, what
 * is in memory is the log of the one before. Returns 0 or a negative errno.
 */
static int wait_for_kernel(struct reader *reader)
{
	struct watch watch;
	int err = watch_open(&watch, reader->name);

	if (!err)
		err = watch_read(&watch);
	while (!err && (!watch.generation || watch.state == MK_LOADING)) {
		if (!watch.generation)
			say_once(reader);
		err = watch_next(&watch);
	}
	watch_close(&watch);
	return err;
}

/*
 * Until there is a log: 0, -ENOENT when the instance is gone, or what keeps us from reading. A new
 * kernel has one soon, so the rests grow.
 */
static int wait_for_log(struct reader *reader)
{
	u64 begin, rest, factor = 1, generation = 0;
	int err;

	for (;;) {
		err = wait_for_kernel(reader);
		if (err)
			return err;
		begin = clock_cpu_ms();
		err = reader_open(reader);
		if (!err || err == -ENOENT || !is_passing(err))
			return err;
		if (generation != reader->spawn.instance.generation)
			factor = 1;
		else if (factor < SEARCH_REST)
			factor *= 2;
		generation = reader->spawn.instance.generation;
		spawn_log_close(&reader->spawn);
		say_once(reader);
		rest = (clock_cpu_ms() - begin) * factor;
		sleep_ms(rest > POLL_MS ? rest : POLL_MS);
	}
}

/*
 * What is new until something happens to the instance: 0, -ESTALE when its kernel ends, or what its
 * files say. A kernel that is loaded into the same place is told by its generation.
 */
static int follow_on(struct reader *reader, struct watch *watch)
{
	int err, found = drain(reader, true);

	if (found < 0)
		return found;
	if (fflush(stdout))
		return -EPIPE;
	/* A writer that has been at it for a whole pause died over it. */
	reader->spawn.log.skip_reserved = !found;
	watch->end = clock_ms() + POLL_MS;
	err = watch_next(watch);
	if (err == -ETIMEDOUT)
		err = watch_read(watch);
	if (!err && watch->generation != reader->spawn.instance.generation)
		return -ESTALE;
	if (!err && watch->state == MK_LOADING) {
		drain(reader, false);	/* its last words */
		return -ESTALE;
	}
	return err;
}

/* Follow one kernel to its end, which is an error: -ESTALE, or what its files say. */
static int follow_kernel(struct reader *reader)
{
	struct watch watch;
	int err = watch_open(&watch, reader->name);

	reader->waiting = false;
	reader->spawn.log.skip_reserved = false;
	while (!err)
		err = follow_on(reader, &watch);
	watch_close(&watch);
	return err;
}

static int follow(struct reader *reader)
{
	int err;

	for (;;) {
		err = wait_for_log(reader);
		if (err == -ENOENT)
			return CLI_OK;
		if (!err)
			err = follow_kernel(reader);
		if (err == -ESTALE)
			reader->generation = 0;	/* its kernel has ended: the next one's from its beginning */
		spawn_log_close(&reader->spawn);
		if (!is_passing(err))
			return cli_refuse("instance \"%s\": cannot follow its log: %s",
					  reader->name, strerror(-err));
		sleep_ms(POLL_MS);
	}
}

static int show(struct reader *reader)
{
	int err = reader_open(reader);

	if (err == -EAGAIN)
		return cli_refuse("instance \"%s\" has no log yet", reader->name);
	if (!err)
		err = drain(reader, false);
	if (err < 0)
		return cli_refuse("instance \"%s\": cannot read its log: %s", reader->name,
				    strerror(-err));
	return CLI_OK;
}

/* The log in a core file. */
static int show_core(struct reader *reader, const char *path)
{
	static struct core_file file = { .fd = -1 };
	int code = core_file_open(&file, path), err;

	if (!code) {
		err = mk_log_open(&reader->spawn.log, core_file_read, &file, &file.map.memory);
		if (err == -ENOENT)
			code = cli_refuse("%s: there is no log in it", path);
		if (!err)
			err = drain(reader, false);
		if (err < 0 && !code)
			code = cli_refuse("%s: cannot read its log: %s", path, strerror(-err));
	}
	core_file_close(&file);
	return code;
}

static int logs(int count, char **operand)
{
	static struct reader reader = { .spawn.memory.fd = -1 };
	struct instance instance;
	int code;

	if (core && (following || count))
		return cli_usage("logs takes either a NAME or a core file");
	if (core)
		return show_core(&reader, core);
	if (!count)
		return cli_usage("logs takes one NAME");
	code = instance_find(&instance, operand[0]);
	strcpy(reader.name, instance.config.name);
	instance_free(&instance);
	if (code)
		return code;
	code = following ? follow(&reader) : show(&reader);
	spawn_log_close(&reader.spawn);
	return code;
}

static const struct cli_option options[] = {
	{ "follow", 'f', CLI_FLAG, NULL, "go on with what comes, until the instance goes away", &following },
	{ "core", 0, CLI_TEXT, "FILE", "read it out of a core file, as \"mkctl dump\" writes it", &core },
	{ 0 }
};

const struct cli_command mkctl_logs = {
	.name = "logs",
	.operands = "[NAME]",
	.summary = "show the kernel log of an instance",
	.help =
"Reads the log of the kernel in instance NAME from outside, out of its memory: also when that\n"
"kernel hangs or is dead. What is followed goes on over restarts.\n",
	.options = options,
	.run = logs,
};
