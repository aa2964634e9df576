/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of a spawn kernel: the user's words, and those a stock kernel needs beside
 * others. command_line.c owns how a line is read and put together; command_words.c owns which words
 * a spawn must have, must not have, and has no use for.
 */
#ifndef MK_CORE_COMMAND_LINE_H
#define MK_CORE_COMMAND_LINE_H

#include "port.h"
#include "ranges.h"
#include "reason.h"

#define MK_COMMAND_LINE_MAX 4096	/* bytes with the NUL; x86 kernels take 2047 */

/**
 * struct mk_command_line - what a command line is made of, and made for
 * @user:         the user's words
 * @limit:        longest line the image takes, without the NUL
 * @tsc_khz:      frequency of the time stamp counter
 * @memory:       the instance's ranges, sorted; NULL: not known
 * @memory_bytes: how much memory that is
 * @image_count:  disk images it has, of which one may be its root
 * @unsafe:       the user's words win over ours, and none is refused
 */
struct mk_command_line {
	const char *user;
	u32 limit;
	u32 tsc_khz;
	const struct mk_ranges *memory;
	u64 memory_bytes;
	u32 image_count;
	bool unsafe;
};

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

/* Has the word that name? The kernel takes "-" and "_" in a name for the same. */
bool mk_word_is(const struct mk_word *word, const char *name);

/**
 * mk_command_line_build - check the user's words, and add what a spawn kernel needs
 * @buffer: receives the line, NUL terminated
 * @size:   bytes in @buffer
 * @line:   what it is made of
 * @why:    the sentence, when refused
 *
 * Ours come behind the user's, so that the kernel, which takes the last of two, takes ours; with
 * @line->unsafe only those of which the user has given none of that name. "--" and what follows it,
 * the arguments of init, stay last. A quote that the user left open is closed.
 *
 * Context: any; pure.
 * Return: length without the NUL, -EINVAL (a word that a spawn must not have), -E2BIG.
 */
int mk_command_line_build(char *buffer, size_t size, const struct mk_command_line *line,
			  struct mk_reason *why);

/**
 * mk_command_line_remark - what the user should know of words that are taken
 * @line:     as for mk_command_line_build(); @line->limit and @line->tsc_khz do not matter
 * @position: where to go on; begins at @line->user
 * @remark:   receives the next sentence
 *
 * A word that does not do what it says, because ours wins or a spawn has no such thing; with
 * @line->unsafe also one that would be refused, or that ours would have won over.
 *
 * Context: any; pure.
 * Return: false when there is nothing more to say.
 */
bool mk_command_line_remark(const struct mk_command_line *line, const char **position,
			    struct mk_reason *remark);

#endif
