/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and sizes as people write them. */
#ifndef MK_CORE_NUMBER_H
#define MK_CORE_NUMBER_H

#include "port.h"

#define MK_NO_DIGIT (~0U)

/* What a digit of any base up to 16 stands for; MK_NO_DIGIT for what is none. */
u32 mk_digit_value(char c);

/* By how many bits K, M, G, T, P or E shifts, in either case; 0 for what is no suffix. */
u32 mk_suffix_shift(char c);

/**
 * mk_number_read - read the digits of a number
 * @position: where it begins; moved behind the digits, or left alone
 * @end:      nothing is read from here on
 * @base:     2 to 16
 * @number:   receives it
 *
 * Context: any; pure.
 * Return: false where there is no digit, or the number does not fit.
 */
bool mk_number_read(const char **position, const char *end, u32 base, u64 *number);

/**
 * mk_size_read - read a size: decimal or 0x hexadecimal, with K, M, G or T behind it
 * @position: where it begins; moved behind it, or left alone
 * @end:      nothing is read from here on
 * @size:     receives it
 *
 * Context: any; pure.
 * Return: false where there is none, or it does not fit.
 */
bool mk_size_read(const char **position, const char *end, u64 *size);

/* The same of a whole text, NUL terminated. */
bool mk_size_parse(const char *text, u64 *size);

#endif
