/* SPDX-License-Identifier: GPL-2.0-only */
/* Other programs of ours, run to their end. */
#ifndef MKRUN_PROGRAM_H
#define MKRUN_PROGRAM_H

#include <jansson.h>

#include "say.h"

/**
 * program_run - run one, found by PATH
 * @words:  its command line, NULL at the end
 * @output: receives what it says on standard output and, if it fails, on standard error; cut if too
 *          long
 * @room:   for that
 *
 * Return: its exit code.
 */
int program_run(const char *const *words, char *output, size_t room);

/* The same for what it says in JSON; NULL where it fails. */
json_t *program_json(const char *const *words);

#endif
