// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl top: the instances again and again. What a kernel does with its CPUs is known to it alone;
 * what can be seen from outside is whether it lives, and how much it logs.
 */
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "cpu_list.h"
#include "instance_view.h"
#include "interrupt.h"
#include "mkctl.h"
#include "size.h"
#include "spawn_log.h"
#include "sysfs.h"

#define INTERVAL_MAX 3600	/* seconds */
#define RUNS_MAX 1000000

static u64 interval = 2, runs;

/**
 * struct tap - the log of one kernel, kept open from one look to the next
 * @spawn:  its memory and its log, if @open
 * @open:   it was found
 * @newest: the number of the newest message at the last look
 * @next:   the next instance's
 */
struct tap {
	struct spawn_log spawn;
	bool open;
	u64 newest;
	struct tap *next;
};

static struct tap *taps;

static bool is_of(const struct tap *tap, const struct instance *instance)
{
	return tap->spawn.instance.serial == instance->serial &&
	       tap->spawn.instance.generation == instance->generation;
}

/* Looking for a log goes through all memory: once for each kernel. */
static struct tap *tap_of(const struct instance *instance)
{
	struct tap **at = &taps, *tap;

	while (*at && strcmp((*at)->spawn.instance.config.name, instance->config.name))
		at = &(*at)->next;
	tap = *at;
	if (tap && is_of(tap, instance) && (tap->open || instance->state != MK_ACTIVE))
		return tap;
	if (tap)
		spawn_log_close(&tap->spawn);
	else
		tap = *at = calloc(1, sizeof(*tap));
	if (!tap)
		return NULL;
	tap->open = !spawn_log_open(&tap->spawn, instance->config.name);
	tap->newest = 0;
	return tap;
}

/* Messages a second since the last look, into @text; "-" where that is not known. */
static const char *log_rate(char text[SIZE_TEXT], const struct instance *instance, u64 ms)
{
	struct tap *tap = tap_of(instance);
	u64 newest, before;

	strcpy(text, "-");
	if (!tap || !tap->open || mk_log_newest(&tap->spawn.log, &newest))
		return text;
	before = tap->newest;
	tap->newest = newest;
	if (before && ms && newest >= before)
		snprintf(text, SIZE_TEXT, "%.1f", (newest - before) * 1000.0 / ms);
	return text;
}

static void add_row(struct cli_table *table, const struct instance *instance, u64 ms)
{
	char *cpus = cpu_list_text(instance->cpus, instance->config.cpu_count);
	char text[SIZE_TEXT];

	cli_table_add(table, CLI_PLAIN, "%s", instance->config.name);
	cli_table_add(table, CLI_PLAIN, "%u", instance->config.id);
	cli_table_add(table, instance_colour(instance), "%s", instance->status);
	cli_table_add(table, CLI_PLAIN, "%.*s", (int)strcspn(instance->liveness, ":"),
		      *instance->liveness ? instance->liveness : "-");
	cli_table_add(table, CLI_PLAIN, "%s", cpus ? cpus : "?");
	cli_table_add(table, CLI_PLAIN, "%s", size_text(text, instance->config.memory_bytes));
	cli_table_add(table, CLI_PLAIN, "%llu", (unsigned long long)instance->generation);
	cli_table_add(table, CLI_PLAIN, "%s", log_rate(text, instance, ms));
	cli_table_add(table, instance_colour(instance), "%s", instance->failure);
	free(cpus);
}

static int show(u64 ms)
{
	static const char *const titles[] = {
		"NAME", "ID", "STATUS", "LIFE", "CPUS", "MEMORY", "LOADS", "LOG/S", "", NULL
	};
	struct instances list;
	struct cli_table table;
	int err = instances_read(&list);
	size_t i;

	if (err)
		return cli_refuse("cannot read the instances: %s", strerror(-err));
	cli_table_begin(&table, titles);
	for (i = 0; i < list.count; i++)
		if (!*list.instance[i].problem)
			add_row(&table, &list.instance[i], ms);
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);	/* ECMA-48: to the top, and all below is wiped out */
	cli_table_print(&table);
	instances_free(&list);
	return fflush(stdout) ? CLI_REFUSED : CLI_OK;
}

/* Until it is time to look again; returns false when "q" was typed, or a signal came. */
static bool rest(bool keys)
{
	struct pollfd input = { .fd = keys ? STDIN_FILENO : -1, .events = POLLIN };
	u64 end = clock_ms() + interval * 1000, now;
	char key;

	while (!interrupted() && (now = clock_ms()) < end) {
		if (poll(&input, 1, end - now) <= 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1)
			input.fd = -1;
		else if (key == 'q')
			return false;
	}
	return !interrupted();
}

static int watch_all(bool keys)
{
	u64 before = 0, now, run = 0;
	int code;

	do {
		now = clock_ms();
		code = show(before ? now - before : 0);
		before = now;
	} while (!code && (!runs || ++run < runs) && rest(keys));
	return interrupted() ? CLI_INTERRUPTED : code;
}

/* On a terminal a key is had without the return behind it, and is not shown. */
static int top(int count, char **operand)
{
	struct termios before, quiet;
	bool keys;
	int code;

	(void)count;
	(void)operand;
	if (!sysfs_has_multikernel())
		return CLI_REFUSED;
	interrupt_catch();
	keys = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &before);
	if (keys) {
		quiet = before;
		quiet.c_lflag &= ~(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	}
	code = watch_all(keys);
	if (keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return code;
}

static const struct cli_option options[] = {
	{ "interval", 'd', CLI_NUMBER, "SECONDS", "between two looks; 2 if not given", &interval, INTERVAL_MAX },
	{ "runs", 'n', CLI_NUMBER, "COUNT", "end after so many; without end if not given", &runs, RUNS_MAX },
	{ 0 }
};

const struct cli_command mkctl_top = {
	.name = "top",
	.operands = "",
	.summary = "watch the instances",
	.help =
"Shows the instances over and over, with what can be seen of their kernels from outside: whether they\n"
"live, how often one was loaded, and how many messages a second they log (for root). \"q\" leaves.\n",
	.options = options,
	.run = top,
};
