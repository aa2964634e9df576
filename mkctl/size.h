/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory sizes for people. */
#ifndef MKCTL_SIZE_H
#define MKCTL_SIZE_H

#include "port.h"

#define SIZE_TEXT 32

/* "512 MB", or "516 KB" where megabytes would not be exact; returns @text. */
static inline const char *size_text(char text[SIZE_TEXT], u64 bytes)
{
	if (bytes % (1 << 20))
		snprintf(text, SIZE_TEXT, "%llu KB", (unsigned long long)bytes >> 10);
	else
		snprintf(text, SIZE_TEXT, "%llu MB", (unsigned long long)bytes >> 20);
	return text;
}

/* The same as one word that can be typed: "512M"; returns @text. */
static inline const char *size_word(char text[SIZE_TEXT], u64 bytes)
{
	bool megabytes = !(bytes % (1 << 20));

	snprintf(text, SIZE_TEXT, "%llu%c", (unsigned long long)bytes >> (megabytes ? 20 : 10),
		 megabytes ? 'M' : 'K');
	return text;
}

#endif
