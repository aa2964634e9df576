// SPDX-License-Identifier: GPL-2.0-only
/* Sentences on standard error, each with the program's name in front. */
#include "clock.h"
#include "say.h"

static const char *program = "";

static struct {
	u32 sentences;		/* that may be said in @ms */
	u32 ms;			/* 0: no limit */
	u64 since;		/* clock_ms() */
	u32 said;		/* since then, and those that were not */
	u32 left_out;
} limit;

void cli_set_program(const char *name)
{
	program = name;
}

static void tell_left_out(void)
{
	if (limit.left_out)
		fprintf(stderr, "%s: %u more sentences were left out\n", program, limit.left_out);
	limit.said = limit.left_out = 0;
}

void cli_set_limit(u32 sentences, u32 ms)
{
	tell_left_out();
	limit.sentences = sentences;
	limit.ms = ms;
	limit.since = clock_ms();
}

static bool may_say(void)
{
	if (!limit.ms)
		return true;
	if (clock_ms() - limit.since >= limit.ms)
		cli_set_limit(limit.sentences, limit.ms);
	if (limit.said >= limit.sentences) {
		limit.left_out++;
		return false;
	}
	limit.said++;
	return true;
}

static void say(const char *format, va_list args)
{
	if (!may_say())
		return;
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
	say(format, args);
	va_end(args);
}

int cli_refuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return CLI_REFUSED;
}
