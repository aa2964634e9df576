// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkctl top: the instances again and again. What can be seen of a kernel from outside is whether it
 * lives, for how long it has run, and how much it logs; what it does with its CPUs is told by our
 * module in it, where that is.
 */
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "cpu_list.h"
#include "instance_view.h"
#include "interrupt.h"
#include "json.h"
#include "mkctl.h"
#include "size.h"
#include "spawn_log.h"
#include "sysfs.h"

#define INTERVAL_MAX 3600	/* seconds */
#define RUNS_MAX 1000000

static u64 interval = 2, runs;
static bool json;

/**
 * struct kernel - what was seen of one at the last look
 * @name:       its instance's
 * @serial:     with @generation: which kernel it is
 * @generation: see above
 * @spawn:      its memory and its log, if @open: kept open from one look to the next
 * @open:       it was found
 * @newest:     the number of the newest message; 0: not looked yet
 * @busy_ms:    what it has told of its CPUs
 * @busy_at_ms: see struct instance; 0: nothing
 * @cpu:        its use of them, percent of one; negative: not known
 * @log:        its messages a second; negative: not known
 * @next:       the next one
 */
struct kernel {
	char name[MK_NAME_MAX + 1];
	u64 serial, generation;
	struct spawn_log spawn;
	bool open;
	u64 newest;
	u64 busy_ms, busy_at_ms;
	double cpu, log;
	struct kernel *next;
};

static struct kernel *kernels;

/* Of that name; what was seen of another one there is forgotten. NULL without memory. */
static struct kernel *kernel_of(const struct instance *instance)
{
	struct kernel **at = &kernels, *kernel;

	while (*at && strcmp((*at)->name, instance->config.name))
		at = &(*at)->next;
	kernel = *at;
	if (kernel && kernel->serial == instance->serial && kernel->generation == instance->generation)
		return kernel;
	if (kernel)
		spawn_log_close(&kernel->spawn);
	else
		kernel = *at = calloc(1, sizeof(*kernel));
	if (!kernel)
		return NULL;
	*kernel = (struct kernel){
		.serial = instance->serial, .generation = instance->generation, .cpu = -1,
		.spawn.memory.fd = -1, .next = kernel->next,
	};
	strcpy(kernel->name, instance->config.name);
	return kernel;
}

/* Looking for a log goes through all memory: once for each kernel, and again while there is none. */
static void look_at_log(struct kernel *kernel, const struct instance *instance, u64 ms)
{
	u64 before = kernel->newest;

	kernel->log = -1;
	if (!kernel->open && instance->state == MK_ACTIVE) {
		spawn_log_close(&kernel->spawn);
		kernel->open = !spawn_log_open(&kernel->spawn, kernel->name);
	}
	/* As when memory has left a kernel that runs: the next look opens it anew. */
	kernel->open = kernel->open && !mk_log_newest(&kernel->spawn.log, &kernel->newest);
	if (kernel->open && before && ms && kernel->newest >= before)
		kernel->log = (kernel->newest - before) * 1000.0 / ms;
}

/* The module looks once a second: what it has not looked at since then stays as it was. */
static void look_at_cpus(struct kernel *kernel, const struct instance *instance)
{
	u64 busy = instance->busy_ms, at = instance->busy_at_ms;

	if (!at)
		kernel->cpu = -1;
	else if (kernel->busy_at_ms && at > kernel->busy_at_ms && busy >= kernel->busy_ms)
		kernel->cpu = (busy - kernel->busy_ms) * 100.0 / (at - kernel->busy_at_ms);
	kernel->busy_ms = busy;
	kernel->busy_at_ms = at;
}

static void add_rate(struct cli_table *table, double rate)
{
	if (rate < 0)
		cli_table_add(table, CLI_PLAIN, "-");
	else
		cli_table_add(table, CLI_PLAIN, "%.1f", rate);
}

static void add_row(struct cli_table *table, const struct instance *instance,
		    const struct kernel *kernel)
{
	char *cpus = cpu_list_text(instance->cpus, instance->config.cpu_count);
	char text[SIZE_TEXT], uptime[UPTIME_TEXT];

	cli_table_add(table, CLI_PLAIN, "%s", instance->config.name);
	cli_table_add(table, CLI_PLAIN, "%u", instance->config.id);
	cli_table_add(table, instance_colour(instance), "%s", instance->status);
	cli_table_add(table, CLI_PLAIN, "%.*s", (int)strcspn(instance->liveness, ":"),
		      *instance->liveness ? instance->liveness : "-");
	cli_table_add(table, CLI_PLAIN, "%s", instance_uptime_text(uptime, instance));
	cli_table_add(table, CLI_PLAIN, "%s", cpus ? cpus : "?");
	add_rate(table, kernel->cpu);
	cli_table_add(table, CLI_PLAIN, "%s", size_text(text, instance->config.memory_bytes));
	cli_table_add(table, CLI_PLAIN, "%s", instance_used_text(text, instance));
	cli_table_add(table, CLI_PLAIN, "%llu", (unsigned long long)instance->generation);
	add_rate(table, kernel->log);
	cli_table_add(table, instance_colour(instance), "%s", instance->failure);
	free(cpus);
}

static json_t *rate_json(double rate)
{
	return rate < 0 ? json_null() : json_real(rate);
}

static void append(json_t *array, const struct instance *instance, const struct kernel *kernel)
{
	json_t *object = instance_json(instance);

	json_object_set_new(object, "cpu_percent", rate_json(kernel->cpu));
	json_object_set_new(object, "log_messages_per_second", rate_json(kernel->log));
	json_array_append_new(array, object);
}

/* Looks at all of them; into @array, or else into @table. */
static void look(const struct instances *list, u64 ms, json_t *array, struct cli_table *table)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct instance *instance = &list->instance[i];
		struct kernel *kernel = *instance->problem ? NULL : kernel_of(instance);

		if (!kernel)
			continue;
		look_at_log(kernel, instance, ms);
		look_at_cpus(kernel, instance);
		if (array)
			append(array, instance, kernel);
		else
			add_row(table, instance, kernel);
	}
}

static void show_table(const struct instances *list, u64 ms)
{
	static const char *const titles[] = {
		"NAME", "ID", "STATUS", "LIFE", "UPTIME", "CPUS", "CPU%", "MEMORY", "USED", "LOADS", "LOG/S", "", NULL
	};
	struct cli_table table;

	cli_table_begin(&table, titles);
	look(list, ms, NULL, &table);
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);	/* ECMA-48: to the top, and all below is wiped out */
	cli_table_print(&table);
}

static int show(u64 ms)
{
	struct instances list;
	json_t *array = NULL;
	int code = CLI_OK, err = instances_read(&list);

	if (err)
		return cli_refuse("cannot read the instances: %s", strerror(-err));
	if (json) {
		array = json_array();
		look(&list, ms, array, NULL);
		code = cli_json_print_line(array);
	} else {
		show_table(&list, ms);
	}
	instances_free(&list);
	return fflush(stdout) ? CLI_REFUSED : code;
}

/* Until it is time to look again; returns false when "q" was typed, or a signal came. */
static bool rest(bool keys)
{
	struct pollfd input = { .fd = keys ? STDIN_FILENO : -1, .events = POLLIN };
	u64 now = clock_ms(), end = now + interval * 1000;
	char key;

	do {
		if (poll(&input, 1, now < end ? end - now : 0) <= 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1)
			input.fd = -1;
		else if (key == 'q')
			return false;
	} while (!interrupted() && (now = clock_ms()) < end);
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
	{ "json", 0, CLI_FLAG, NULL, "an array each time, in a line", &json },
	{ "runs", 'n', CLI_NUMBER, "COUNT", "end after so many; without end if not given", &runs, RUNS_MAX },
	{ 0 }
};

const struct cli_command mkctl_top = {
	.name = "top",
	.operands = "",
	.summary = "watch the instances",
	.help =
"Shows the instances over and over, with what can be seen of their kernels from outside: whether and\n"
"for how long they live, how often one was loaded, and how many messages a second they log (for root).\n"
"A kernel with our module in it also tells how busy its CPUs are, 100 is one CPU, and how much of its\n"
"memory is in use. \"q\" leaves.\n",
	.options = options,
	.run = top,
};
