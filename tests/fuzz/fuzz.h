/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzz targets share. */
#ifndef MK_TESTS_FUZZ_H
#define MK_TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "port.h"

/* Stop with a report when something does not hold. */
#define MUST(condition, detail) do { \
	if (!(condition)) { \
		fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, detail); \
		abort(); \
	} \
} while (0)

/* A reason is one printable line. */
static inline bool is_sentence(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return i > 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif
