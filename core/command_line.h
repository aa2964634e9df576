/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of a spawn kernel: the user's words, and those a stock kernel needs beside
 * others. command_line.c owns how a line is checked and put together; words.c how it is read;
 * command_words.c which words a spawn must have, must not have, and has no use for.
 */
#ifndef MK_CORE_COMMAND_LINE_H
#define MK_CORE_COMMAND_LINE_H

#include "command_words.h"
#include "reason.h"

#define MK_COMMAND_LINE_MAX 4096	/* bytes with the NUL; x86 kernels take 2047 */

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
