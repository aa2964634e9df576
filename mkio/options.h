/* SPDX-License-Identifier: GPL-2.0-only */
/* The words behind "mkio KIND", by the kind's table of options. */
#ifndef MKIO_OPTIONS_H
#define MKIO_OPTIONS_H

#include "mkio.h"

/* The usage line, the help, and a line for each option, on stdout. */
void options_explain(const struct mkio_command *command);

/**
 * options_parse - put the values of options where their table says
 * @command:  the kind of device
 * @argc:     as main() has it
 * @argv:     the kind first
 * @instance: receives the NAME; NULL before
 *
 * Return: MKIO_OK, or MKIO_USAGE after a report.
 */
int options_parse(const struct mkio_command *command, int argc, char **argv,
		  const char **instance);

/* A decimal number between both; returns whether the text is that. */
bool option_number(const char *text, u64 least, u64 most, u64 *number);

#endif
