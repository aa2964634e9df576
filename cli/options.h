/* SPDX-License-Identifier: GPL-2.0-only */
/* A program's command line taken apart by its tables (command.h), and what is said of them. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "command.h"
#include "say.h"

/**
 * cli_main - all that a program's main() does
 * @program: its tables
 * @argc:    as main() has it
 * @argv:    likewise
 *
 * Long names must be written whole; "--name value" and "--name=value" are the same, options and
 * operands may come in any order, and "--" ends the options. "--help" anywhere explains.
 *
 * Return: the exit code.
 */
int cli_main(const struct cli_program *program, int argc, char **argv);

/* Say what is wrong with the arguments and how it is done, on stderr; returns CLI_USAGE. */
int cli_usage(const char *format, ...) __printf(1, 2);

#endif
