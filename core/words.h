/* SPDX-License-Identifier: GPL-2.0-only */
/* A command line as the kernel reads it, word by word. */
#ifndef MK_CORE_WORDS_H
#define MK_CORE_WORDS_H

#include "port.h"

/**
 * struct mk_word - one word of a command line as the kernel takes it, without quotes
 * @name:         not terminated
 * @name_length:  up to the "=", or all of the word
 * @value:        not terminated; NULL without a "="
 * @value_length: 0 without a "="
 */
struct mk_word {
	const char *name;
	size_t name_length;
	const char *value;
	size_t value_length;
};

/* What lib/ctype.c takes for blank: also the no-break space of Latin-1, wherever it comes from. */
static inline bool mk_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (u8)c == 0xa0;
}

/**
 * mk_word_next - the next word that is the kernel's
 * @position: where to go on; begins at the line, is moved behind the word
 * @word:     receives it
 *
 * Quotes are read as next_arg() of lib/cmdline.c reads them: blanks inside belong to the word, and
 * a quote may lack its end.
 *
 * Context: any; pure.
 * Return: false at the end: there, or at a word "--", which begins what is init's, @position stays.
 */
bool mk_word_next(const char **position, struct mk_word *word);

/**
 * mk_word_next_plain - the next word as arch/x86/boot/cmdline.c reads it
 * @position: as for mk_word_next()
 * @word:     receives it
 *
 * For what the decompressor and the kernel's first steps look for: it knows neither quotes nor
 * "--".
 *
 * Context: any; pure.
 * Return: false at the end.
 */
bool mk_word_next_plain(const char **position, struct mk_word *word);

/* Has the word that name? The kernel takes "-" and "_" in a name for the same. */
bool mk_word_is(const struct mk_word *word, const char *name);

#endif
