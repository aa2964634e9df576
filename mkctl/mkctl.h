/* SPDX-License-Identifier: GPL-2.0-only */
/* What every command of mkctl shares: the table's entry, the exit codes, how to refuse. */
#ifndef MKCTL_H
#define MKCTL_H

#include "port.h"
#include "multikernel.h"

#define MKCTL_VERSION MULTIKERNEL_VERSION

/* Exit codes. */
enum {
	MKCTL_OK = 0,
	MKCTL_REFUSED = 1,	/* with the reason on stderr */
	MKCTL_USAGE = 2,	/* wrong usage, with a usage line on stderr */
};

/**
 * struct mkctl_command - one line of the table in mkctl.c
 * @name:      first word after "mkctl"
 * @arguments: for the usage line
 * @summary:   a few words for "mkctl --help"
 * @help:      sentences for "mkctl help NAME"
 * @run:       does it; argv[0] is the command's name; returns an exit code
 */
struct mkctl_command {
	const char *name;
	const char *arguments;
	const char *summary;
	const char *help;
	int (*run)(int argc, char **argv);
};

int mkctl_check(int argc, char **argv);
int mkctl_apply(int argc, char **argv);
int mkctl_list(int argc, char **argv);
int mkctl_boot(int argc, char **argv);
int mkctl_stop(int argc, char **argv);
int mkctl_kill(int argc, char **argv);
int mkctl_reboot(int argc, char **argv);
int mkctl_logs(int argc, char **argv);
int mkctl_dump(int argc, char **argv);
int mkctl_console(int argc, char **argv);

/* Say why not, on stderr; returns MKCTL_REFUSED. */
int mkctl_refuse(const char *format, ...) __printf(1, 2);

/* Say what is wrong with the arguments and how it is done, on stderr; returns MKCTL_USAGE. */
int mkctl_usage(const char *format, ...) __printf(1, 2);

struct option;

/**
 * mkctl_next_option - the next option of a command, as getopt_long() finds it
 * @argc:    as main() has it
 * @argv:    the command's name first
 * @letters: begins with ':'
 * @options: long ones; may be NULL
 *
 * An unknown option or a missing value is reported on stderr; the command then returns MKCTL_USAGE.
 *
 * Return: the option's letter, -1 at the end, '?' after a report.
 */
int mkctl_next_option(int argc, char **argv, const char *letters, const struct option *options);

#endif
