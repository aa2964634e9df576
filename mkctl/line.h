/* SPDX-License-Identifier: GPL-2.0-only */
/* What others write, a byte at a time, made into whole lines of text for the system's journal. */
#ifndef MKCTL_LINE_H
#define MKCTL_LINE_H

#include "port.h"

#define LINE_SIZE 2048		/* a longer one is cut into several */

/**
 * struct line - a line that is not whole yet
 * @prefix:  stands before each line that is written
 * @used:    bytes of @text
 * @control: within a terminal's control sequence, which no journal has a use for: its kind, or 0
 * @text:    what there is of it
 */
struct line {
	const char *prefix;
	size_t used;
	char control;
	char text[LINE_SIZE];
};

/* Take bytes as they came; writes each line that they complete to standard output. */
void line_put(struct line *line, const char *bytes, size_t count);

/* Write what is there, also without an end. */
void line_flush(struct line *line);

#endif
