// SPDX-License-Identifier: GPL-2.0-only
/* How mkio says why not. */
#include "mkio.h"

static int say(const char *format, va_list args)
{
	fputs("mkio: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	return MKIO_REFUSED;
}

int mkio_refuse(const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = say(format, args);
	va_end(args);
	return code;
}
