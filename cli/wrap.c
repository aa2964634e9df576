// SPDX-License-Identifier: GPL-2.0-only
/* Lines of 80 columns. The texts are ASCII: a byte is a column. */
#include "wrap.h"

#define SPACES " \n"

void cli_wrap_piece(struct cli_wrap *wrap, const char *piece, size_t length)
{
	bool begun = wrap->column > wrap->indent;

	if (begun && wrap->column + 1 + length > CLI_WRAP_COLUMNS) {
		fprintf(wrap->to, "\n%*s", (int)wrap->indent, "");
		wrap->column = wrap->indent;
		begun = false;
	}
	wrap->column += fprintf(wrap->to, "%s%.*s", begun ? " " : "", (int)length, piece);
}

void cli_wrap_words(struct cli_wrap *wrap, const char *text)
{
	size_t length;

	for (text += strspn(text, SPACES); *text; text += length + strspn(text + length, SPACES)) {
		length = strcspn(text, SPACES);
		cli_wrap_piece(wrap, text, length);
	}
}

void cli_wrap_end(struct cli_wrap *wrap)
{
	fputc('\n', wrap->to);
	wrap->column = 0;
}
