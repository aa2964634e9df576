// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines for the journal. It takes text; of a line with anything else it shows the length only. So
 * what a terminal would act on is left out: control sequences (ECMA-48, 5.4 and 5.6) and single
 * control characters, but for tabs.
 */
#include <unistd.h>

#include "line.h"

#define ESCAPE 0x1b
#define BELL 0x07
#define DELETE 0x7f

/* What begins behind an escape. */
#define SEQUENCE '['		/* ends with a byte from 0x40 on */
#define STRING ']'		/* ends with a bell, or an escape and a backslash */

/* In one piece, so that nothing comes between; who reads is waited for. */
static void write_whole(const char *text, size_t length)
{
	while (length) {
		ssize_t done = write(STDOUT_FILENO, text, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;		/* nobody is left to be told */
		text += done;
		length -= done;
	}
}

void line_flush(struct line *line)
{
	char whole[LINE_SIZE + 64];
	int length;

	if (!line->used)
		return;
	length = snprintf(whole, sizeof(whole), "%s%.*s\n", line->prefix, (int)line->used,
			  line->text);
	line->used = 0;
	write_whole(whole, length);
}

/* Is this byte of a control sequence? */
static bool is_control(struct line *line, char byte)
{
	switch (line->control) {
	case 0:
		line->control = byte == ESCAPE ? ESCAPE : 0;
		return byte == ESCAPE;
	case ESCAPE:
		line->control = byte == SEQUENCE || byte == STRING ? byte : 0;
		return true;
	case SEQUENCE:
		if (byte >= 0x40 && byte < DELETE)
			line->control = 0;
		break;
	case STRING:
		if (byte == BELL)
			line->control = 0;
		if (byte == ESCAPE)
			line->control = ESCAPE;
		break;
	}
	/* A sequence that is broken off must not swallow all that follows. */
	if (byte == '\n')
		line->control = 0;
	return byte != '\n';
}

static void put_byte(struct line *line, char byte)
{
	if (is_control(line, byte))
		return;
	if (byte == '\n')
		line_flush(line);
	else if (((u8)byte >= ' ' && byte != DELETE) || byte == '\t')
		line->text[line->used++] = byte;
	if (line->used == LINE_SIZE)
		line_flush(line);
}

void line_put(struct line *line, const char *bytes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		put_byte(line, bytes[i]);
}
