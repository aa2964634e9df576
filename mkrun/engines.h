/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes that serve a container's devices, mkio, as children of the one that stands for it.
 */
#ifndef MKRUN_ENGINES_H
#define MKRUN_ENGINES_H

#include "instance.h"
#include "network.h"

/* Start all, and wait until their devices are there. Returns an exit code, with a sentence. */
int engines_start(const struct machine *machine, const struct conf *conf, const char *share,
		  const struct network *network, char why[INSTANCE_WHY]);

/* Do all of them run? */
bool engines_run(void);

void engines_end(void);

/* A file, for poll(2), on which there may be something to be read by engines_hear(); -1 for none. */
int engines_said(void);
void engines_hear(void);

#endif
