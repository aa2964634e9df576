// SPDX-License-Identifier: GPL-2.0-only
/* How the kernel reads a command line: as lib/cmdline.c does, and as arch/x86/boot/cmdline.c does. */
#include "words.h"

/* Splits a word at its first "=", which is not its first character; quotes around go. */
static void read_word(struct mk_word *word, const char *start, const char *end)
{
	bool quoted = *start == '"';
	const char *equals;

	start += quoted;
	for (equals = start; equals < end && (*equals != '=' || equals == start); equals++)
		;
	word->name = start;
	word->value = NULL;
	word->value_length = 0;
	if (equals < end) {
		word->value = equals + 1;
		if (word->value < end && *word->value == '"') {
			word->value++;
			quoted = true;
		}
	}
	if (quoted && end > start && end[-1] == '"')
		end--;
	word->name_length = (equals < end ? equals : end) - start;
	if (word->value && end > word->value)
		word->value_length = end - word->value;
}

static bool is_end_of_options(const struct mk_word *word)
{
	return !word->value && word->name_length == 2 && word->name[0] == '-' &&
	       word->name[1] == '-';
}

bool mk_word_next(const char **position, struct mk_word *word)
{
	const char *start, *p = *position;
	bool quoted = false;

	while (mk_is_blank(*p))
		p++;
	*position = p;
	if (!*p)
		return false;
	start = p;
	for (; *p && (quoted || !mk_is_blank(*p)); p++)
		if (*p == '"')
			quoted = !quoted;
	read_word(word, start, p);
	if (is_end_of_options(word))
		return false;
	*position = p;
	return true;
}

bool mk_word_is(const struct mk_word *word, const char *name)
{
	const char *a = word->name;
	size_t length;

	for (length = word->name_length; length; length--, a++, name++)
		if (*a != *name && !((*a == '-' || *a == '_') && (*name == '-' || *name == '_')))
			return false;
	return !*name;
}

bool mk_word_next_plain(const char **position, struct mk_word *word)
{
	const char *p = *position;
	size_t length;

	while (*p && (u8)*p <= ' ')
		p++;
	for (word->name = p; (u8)*p > ' '; p++)
		;
	*position = p;
	length = p - word->name;
	for (word->name_length = 0; word->name_length < length; word->name_length++)
		if (word->name[word->name_length] == '=')
			break;
	word->value = word->name_length < length ? word->name + word->name_length + 1 : NULL;
	word->value_length = word->value ? p - word->value : 0;
	return length;
}
