// SPDX-License-Identifier: GPL-2.0-only
/* Sentences on standard error, each with the program's name in front. */
#include "say.h"

static const char *program = "";

void cli_set_program(const char *name)
{
	program = name;
}

void cli_say(const char *format, va_list args)
{
	/* What was said before comes before it, also where both go to one file. */
	fflush(stdout);
	fprintf(stderr, "%s: ", program);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void cli_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cli_say(format, args);
	va_end(args);
}

int cli_refuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cli_say(format, args);
	va_end(args);
	return CLI_REFUSED;
}
