/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ctrl-C and its like while something lasts: caught, so that half a file goes and a screen is put
 * right; whoever waits asks. A second one ends the program at once.
 */
#ifndef MKCTL_INTERRUPT_H
#define MKCTL_INTERRUPT_H

#include <stdbool.h>

/* SIGINT, SIGTERM and SIGHUP from now on. */
void interrupt_catch(void);

bool interrupted(void);

#endif
