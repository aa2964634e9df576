// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl logs: a spawn kernel's log, read out of its memory or a dump and written like dmesg does.
 */
#include <getopt.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "core_file.h"
#include "instances.h"
#include "logring.h"
#include "memory.h"
#include "mkctl.h"
#include "sysfs.h"

#define POLL_MS 200
#define SEARCH_REST 4	/* looking for a log reads all memory: rest so many times as long */

/**
 * struct reader - one run of following an instance
 * @name:     the instance
 * @instance: as it was when the memory was opened
 * @ranges:   where its memory is
 * @memory:   its content
 * @waiting:  it was said that there is no log yet
 * @cursor:   next message
 * @log:      the ring
 * @record:   the message at hand
 */
struct reader {
	const char *name;
	struct instance instance;
	struct mk_ranges ranges;
	struct memory memory;
	bool waiting;
	u64 cursor;
	struct mk_log log;
	struct mk_log_record record;
};

static void reader_close(struct reader *reader)
{
	memory_close(&reader->memory);
	instance_free(&reader->instance);
}

/* Find the log anew: -ENOENT when the instance is gone, -EAGAIN when there is no log in it yet. */
static int reader_open(struct reader *reader)
{
	int err = instance_read(&reader->instance, reader->name);

	if (!err)
		err = instance_read_ranges(&reader->instance);

	if (err)
		return err;
	reader->ranges.range = reader->instance.range;
	reader->ranges.count = reader->ranges.capacity = reader->instance.range_count;
	err = memory_open(&reader->memory, reader->name, &reader->ranges);
	if (err)
		return err;
	err = mk_log_open(&reader->log, memory_read, &reader->memory, &reader->ranges);
	if (err)
		return err == -ENOENT ? -EAGAIN : err;
	reader->cursor = 0;
	return 0;
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
		found = mk_log_next(&reader->log, &reader->cursor, &reader->record);
		if (found < 0)
			return found;
		if (!found || (reader->record.open && follow))
			return count;
		if (expected && reader->record.sequence > expected) {
			fflush(stdout);
			fprintf(stderr, "mkctl: %llu messages lost\n",
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

/* The instance's state now, or a negative errno. */
static int state_now(const struct reader *reader)
{
	char status[SYSFS_TEXT_SIZE];
	int state, err;

	err = sysfs_read_text(status, sizeof(status), "fs/multikernel/instances/%s/status",
			      reader->name);
	if (err)
		return err;
	for (state = 0; state < MK_STATE_COUNT; state++)
		if (!strcmp(status, mk_state_name(state)))
			return state;
	return -EINVAL;
}

/* The instance went away or was made anew under our hands, or another kernel came: look again. */
static bool is_passing(int err)
{
	return err == -EAGAIN || err == -ESTALE || err == -ENODEV || err == -ENXIO ||
	       err == -ENOENT;
}

/* Until there is a log: 0, -ENOENT when the instance is gone, or what keeps us from reading. */
static int wait_for_log(struct reader *reader)
{
	for (;;) {
		u64 begin = clock_ms(), took;
		int err = reader_open(reader);

		if (!err || err == -ENOENT || !is_passing(err))
			return err;
		reader_close(reader);
		if (!reader->waiting)
			fprintf(stderr, "mkctl: instance \"%s\" has no log yet\n", reader->name);
		reader->waiting = true;
		took = clock_ms() - begin;
		sleep_ms(took * SEARCH_REST > POLL_MS ? took * SEARCH_REST : POLL_MS);
	}
}

/* Follow one kernel to its end, which is an error: -ESTALE, or what its files say. */
static int follow_kernel(struct reader *reader)
{
	int found, state;

	reader->waiting = false;
	reader->log.skip_reserved = false;
	for (;;) {
		found = drain(reader, true);
		if (found < 0)
			return found;
		if (fflush(stdout))
			return -errno;
		/* A writer that has been at it for a whole pause died over it. */
		reader->log.skip_reserved = !found;
		sleep_ms(POLL_MS);
		state = state_now(reader);
		if (state < 0)
			return state;
		if (state == MK_LOADING)
			return -ESTALE;
	}
}

static int follow(struct reader *reader)
{
	int err;

	for (;;) {
		err = wait_for_log(reader);
		if (err == -ENOENT)
			return MKCTL_OK;
		if (!err)
			err = follow_kernel(reader);
		reader_close(reader);
		if (!is_passing(err))
			return mkctl_refuse("instance \"%s\": cannot follow its log: %s",
					    reader->name, strerror(-err));
		/* While one is being loaded, what is in memory is the log of the one before. */
		do
			sleep_ms(POLL_MS);
		while (state_now(reader) == MK_LOADING);
	}
}

static int show(struct reader *reader)
{
	int err = reader_open(reader);

	if (err == -EAGAIN)
		return mkctl_refuse("instance \"%s\" has no log yet", reader->name);
	if (!err)
		err = drain(reader, false);
	if (err < 0)
		return mkctl_refuse("instance \"%s\": cannot read its log: %s", reader->name,
				    strerror(-err));
	return MKCTL_OK;
}

/* The log in a core file. */
static int show_core(struct reader *reader, const char *path)
{
	static struct core_file core = { .fd = -1 };
	int code = core_file_open(&core, path), err;

	if (!code) {
		err = mk_log_open(&reader->log, core_file_read, &core, &core.map.memory);
		if (err == -ENOENT)
			code = mkctl_refuse("%s: there is no log in it", path);
		if (!err)
			err = drain(reader, false);
		if (err < 0 && !code)
			code = mkctl_refuse("%s: cannot read its log: %s", path, strerror(-err));
	}
	core_file_close(&core);
	return code;
}

int mkctl_logs(int argc, char **argv)
{
	static const struct option options[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "core", required_argument, NULL, 'c' },
		{ 0 }
	};
	static struct reader reader = { .memory.fd = -1 };
	const char *core = NULL;
	bool following = false;
	int letter, code;

	while ((letter = mkctl_next_option(argc, argv, ":f", options)) != -1) {
		if (letter == '?')
			return MKCTL_USAGE;
		if (letter == 'f')
			following = true;
		else
			core = optarg;
	}
	if (core && (following || argc != optind))
		return mkctl_usage("logs takes either a NAME or a core file");
	if (core)
		return show_core(&reader, core);
	if (argc - optind != 1)
		return mkctl_usage("logs takes one NAME");
	reader.name = argv[optind];
	code = instance_find(&reader.instance, reader.name);
	instance_free(&reader.instance);
	if (code)
		return code;
	code = following ? follow(&reader) : show(&reader);
	reader_close(&reader);
	return code;
}
