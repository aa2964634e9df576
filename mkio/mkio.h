/* SPDX-License-Identifier: GPL-2.0-only */
/* What every device of mkio shares: the table's entry, the exit codes, how to refuse. */
#ifndef MKIO_H
#define MKIO_H

#include "port.h"
#include "multikernel.h"

#define MKIO_VERSION MULTIKERNEL_VERSION

/* Exit codes. */
enum {
	MKIO_OK = 0,
	MKIO_REFUSED = 1,	/* with the reason on stderr */
	MKIO_USAGE = 2,		/* wrong usage, with a usage line on stderr */
	MKIO_LOST = 3,		/* its engine took requests along: do not serve it again */
};

/**
 * struct mkio_option - one option of a device, from which parsing, usage line and help come
 * @name:  without the dashes
 * @value: what its value is called; NULL where it takes none
 * @help:  a few words
 * @text:  receives the value, "" for an option without one; stays as it is when not given
 * @needed: must be given
 */
struct mkio_option {
	const char *name;
	const char *value;
	const char *help;
	const char **text;
	bool needed;
};

/**
 * struct mkio_command - a kind of device
 * @name:    first word after "mkio"
 * @summary: a few words for "mkio --help"
 * @help:    sentences for "mkio help NAME"
 * @option:  its options, the last one without a name
 * @run:     serves it to the end; returns an exit code
 */
struct mkio_command {
	const char *name;
	const char *summary;
	const char *help;
	const struct mkio_option *option;
	int (*run)(const char *instance);
};

extern const struct mkio_command mkio_vsock;

/* Say why not, on stderr; returns MKIO_REFUSED. */
int mkio_refuse(const char *format, ...) __printf(1, 2);

/* Say what is wrong with the arguments and how it is done, on stderr; returns MKIO_USAGE. */
int mkio_usage(const char *format, ...) __printf(1, 2);

#endif
