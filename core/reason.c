// SPDX-License-Identifier: GPL-2.0-only
/* How the sentence of a refusal is written down. */
#include "reason.h"

int mk_refuse(struct mk_reason *why, int error, const char *format, ...)
{
	va_list args;

	if (!why)
		return error;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return error;
}
