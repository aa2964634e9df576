/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aligned tables for people, with colour where a person looks on: on a terminal, and never where
 * NO_COLOR is set (no-color.org) or TERM is "dumb".
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "port.h"

#define CLI_COLUMNS_MAX 12

enum cli_colour { CLI_PLAIN, CLI_BOLD, CLI_GREEN, CLI_YELLOW, CLI_RED };

/**
 * struct cli_table - rows that are shown together, for their columns are as wide as the widest cell
 * @columns: how many
 * @count:   cells that were added, the titles among them
 * @cell:    text and colour of each, row after row
 */
struct cli_table {
	u32 columns;
	size_t count;
	struct {
		char *text;
		enum cli_colour colour;
	} *cell;
};

/* Begin with the titles, which end with NULL. */
void cli_table_begin(struct cli_table *table, const char *const *titles);

/* Add the next cell. */
void cli_table_add(struct cli_table *table, enum cli_colour colour, const char *format, ...)
	__printf(3, 4);

/* Write all to stdout, and free it. Two blanks are between columns, none behind the last cell. */
void cli_table_print(struct cli_table *table);

/* How to begin and to end a colour on stdout: "" where there is to be none. */
const char *cli_colour_begin(enum cli_colour colour);
const char *cli_colour_end(enum cli_colour colour);

#endif
