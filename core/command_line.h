/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of a spawn kernel: the user's words, and those a stock kernel needs beside
 * others.
 */
#ifndef MK_CORE_COMMAND_LINE_H
#define MK_CORE_COMMAND_LINE_H

#include "port.h"
#include "reason.h"

#define MK_COMMAND_LINE_MAX 4096	/* bytes with the NUL; x86 kernels take 2047 */

/**
 * mk_command_line_build - add what a spawn kernel needs to the user's command line
 * @buffer:  receives the line, NUL terminated
 * @size:    bytes in @buffer
 * @limit:   longest line the image takes, without the NUL
 * @user:    the user's words
 * @tsc_khz: frequency of the time stamp counter
 * @why:     the sentence, when refused
 *
 * A word that the user has set, with whatever value, is not added. "--" and what follows it, the
 * arguments of init, stay last. A quote that the user left open is closed.
 *
 * Context: any; pure.
 * Return: length without the NUL, or -E2BIG.
 */
int mk_command_line_build(char *buffer, size_t size, u32 limit, const char *user, u32 tsc_khz,
			  struct mk_reason *why);

#endif
