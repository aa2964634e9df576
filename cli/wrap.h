/* SPDX-License-Identifier: GPL-2.0-only */
/* Text broken into lines that a terminal of 80 columns shows whole. */
#ifndef CLI_WRAP_H
#define CLI_WRAP_H

#include <stdio.h>

#include "port.h"

#define CLI_WRAP_COLUMNS 80

/**
 * struct cli_wrap - a paragraph that is being written
 * @to:     where
 * @indent: columns in front of each line but the first
 * @column: how many of this line are written
 */
struct cli_wrap {
	FILE *to;
	u32 indent;
	u32 column;
};

/*
 * Write a piece, which is never broken, on this line or, where it would be too wide, on the next; with a space in
 * front where something stands before it.
 */
void cli_wrap_piece(struct cli_wrap *wrap, const char *piece, size_t length);

/* Write the words of a text, whatever white space is between them. */
void cli_wrap_words(struct cli_wrap *wrap, const char *text);

/* End the paragraph's last line. */
void cli_wrap_end(struct cli_wrap *wrap);

#endif
