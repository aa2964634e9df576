/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests want of the kernel's log of calls; to be included behind cmocka.h. */
#ifndef TESTS_MKIO_EXPECT_H
#define TESTS_MKIO_EXPECT_H

#include <string.h>

#include "fake.h"

/* Where the log has that text; a test without it has failed. */
static inline const char *expect_call(const char *text)
{
	const char *at = strstr(fake.log, text);

	if (!at)
		print_error("%s: not in\n%s", text, fake.log);
	assert_non_null(at);
	return at;
}

#endif
