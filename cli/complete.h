/* SPDX-License-Identifier: GPL-2.0-only */
/* What a shell can offer for a word that is being typed. */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "command.h"

/* What can be typed next: @words without the program's name, the last one unfinished. */
int cli_complete(const struct cli_program *program, int count, char **words);

#endif
