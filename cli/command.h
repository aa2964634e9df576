/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program's commands and their options as tables: each row has a name, what stands behind it, a
 * line of help and where the value goes. Parsing, usage lines, help and completion all come from
 * these tables, so none of them can say what another does not.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "port.h"

#define CLI_TEXTS_MAX 16	/* values of an option that can be given several times */

/* What an option takes, and what its value is written to. */
enum cli_kind {
	CLI_FLAG,	/* nothing; a bool */
	CLI_TEXT,	/* any text; a const char * */
	CLI_TEXTS,	/* the same, as often as one likes; a struct cli_texts */
	CLI_NUMBER,	/* a whole number from cli_option.least to .most; a u64 */
	CLI_SIZE,	/* bytes: 4096, 0x1000, 512M, 1G; a u64 */
};

struct cli_texts {
	const char *text[CLI_TEXTS_MAX];
	u32 count;
};

/**
 * struct cli_option - a row: one option of a command
 * @name:     its long name, without the dashes; NULL in the row that ends a table
 * @letter:   its short name, 0 for none
 * @kind:     what it takes
 * @argument: what the value is called in usage lines, NULL for a CLI_FLAG; "FILE", "NAME" and the
 *            like also tell what completion offers, see cli/complete.c
 * @help:     a few words
 * @to:       where the value goes; stays as it is when the option is not given
 * @most:     the largest value of a CLI_NUMBER
 * @needed:   must be given
 * @least:    the smallest value of a CLI_NUMBER
 */
struct cli_option {
	const char *name;
	char letter;
	enum cli_kind kind;
	const char *argument;
	const char *help;
	void *to;
	u64 most;
	bool needed;
	u64 least;
};

/**
 * struct cli_command - a row: one command of a program
 * @name:     one word, or two ("image load")
 * @operands: what stands behind it beside options: "NAME", "[NAME]", "NAME SIZE", "[NAME]...", ""
 * @summary:  a few words for the program's --help
 * @help:     sentences for the command's --help
 * @options:  its rows; NULL for none
 * @seldom:   the program's --help, which fits a screen, has its name alone
 * @run:      does it, once options are where they go; @operand has @count texts; returns the exit
 *            code
 */
struct cli_command {
	const char *name;
	const char *operands;
	const char *summary;
	const char *help;
	const struct cli_option *options;
	bool seldom;
	int (*run)(int count, char **operand);
};

/**
 * struct cli_program - all of a program
 * @name:     as it is called
 * @version:  of it
 * @summary:  a sentence for --help
 * @commands: its rows, NULL at the end
 * @complete: prints what can stand for a placeholder such as "NAME", one a line; @before is the word before it, "" for
 *            none; NULL where there is nothing to offer
 * @misused:  hears what is wrong with a command line, which standard error has told, and may change it; or NULL
 */
struct cli_program {
	const char *name;
	const char *version;
	const char *summary;
	const struct cli_command *const *commands;
	void (*complete)(const char *placeholder, const char *before);
	void (*misused)(char *sentence);
};

/* The command that these words begin with, and how many words its name has. */
const struct cli_command *cli_find_command(const struct cli_program *program, int count,
					   char **words, int *used);

/* Does a word name this option, as --name, --name=..., or -x? */
bool cli_names_option(const struct cli_option *option, const char *word);

#endif
