// SPDX-License-Identifier: GPL-2.0-only
/* What a device is served from, written and read. */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "origin.h"

/* The control socket makes it so, and both sides are to have the same. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void finish(struct origin *origin)
{
	make_plain(origin->key);
	make_plain(origin->words);
}

/* Of a block device that is the device, of whatever name and file system its node is. */
void origin_of_file(struct origin *origin, const char *kind, const char *how,
		    const struct stat *about, const char *path)
{
	bool is_block_device = S_ISBLK(about->st_mode);
	dev_t device = is_block_device ? about->st_rdev : about->st_dev;

	snprintf(origin->key, ORIGIN_KEY, "%s %x:%x:%llx %s", kind, major(device), minor(device),
		 is_block_device ? 0ULL : (unsigned long long)about->st_ino, how);
	snprintf(origin->words, ORIGIN_WORDS, "%.80s (%s)", path, how);
	finish(origin);
}

void origin_of_name(struct origin *origin, const char *kind, const char *what, const char *name)
{
	snprintf(origin->key, ORIGIN_KEY, "%s %s %s", kind, what, name);
	snprintf(origin->words, ORIGIN_WORDS, "%s%s%s", what, *name ? " " : "", name);
	finish(origin);
}

#define REPLACEABLE "replaceable"
#define KEPT "kept"

void origin_write(const struct origin *origin, bool replaceable, char text[CONTROL_TEXT])
{
	snprintf(text, CONTROL_TEXT, "%s\t%s\t%s", replaceable ? REPLACEABLE : KEPT, origin->key,
		 origin->words);
}

bool origin_read(struct origin *origin, bool *replaceable, const char *text)
{
	char word[sizeof(REPLACEABLE)];

	if (sscanf(text, "%11[^\t]\t%95[^\t]\t%135[^\t]", word, origin->key, origin->words) != 3)
		return false;
	*replaceable = !strcmp(word, REPLACEABLE);
	return *replaceable || !strcmp(word, KEPT);
}
