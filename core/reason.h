/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why something was refused: one plain sentence for a person, beside the errno for a program. The
 * module shows it in last_error and in the kernel log, mkctl prints it.
 */
#ifndef MK_CORE_REASON_H
#define MK_CORE_REASON_H

#include "port.h"

#define MK_REASON_SIZE 256

struct mk_reason {
	char text[MK_REASON_SIZE];
};

/**
 * mk_refuse - note a reason and hand the error on
 * @why:    where the sentence goes; may be NULL
 * @error:  negative errno
 * @format: printf format of the sentence: which instance, which property, which value, why; no
 *          newline
 *
 * The format must only use what kernel and C library print alike: %s %u %d %x %llu %llx %zu %c and
 * widths.
 *
 * Context: any; takes no lock.
 * Return: @error, so that a check reads "return mk_refuse(why, -EINVAL, ...)".
 */
int mk_refuse(struct mk_reason *why, int error, const char *format, ...) __printf(3, 4);

#endif
