/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance's parts: what serves the kernel that runs there, as one table. Whatever joins an
 * instance joins it here and nowhere else.
 */
#ifndef MK_MODULE_PARTS_H
#define MK_MODULE_PARTS_H

#include "reason.h"

struct instance;

/**
 * parts_add - an instance was made, and has its directory: its parts come
 * @instance: whose
 * @why:      the sentence, when refused
 *
 * Context: process. Return: 0, to be undone by parts_remove(), as an error is; or why a part cannot
 * be made.
 */
int parts_add(struct instance *instance, struct mk_reason *why);

/* The instance goes; no kernel runs there. Context: process. */
void parts_remove(struct instance *instance);

/**
 * parts_begin - a kernel has been loaded and is about to start
 * @instance: its @control is mapped
 * @why:      the sentence, when refused
 *
 * Context: process. Return: 0, to be undone by parts_before_stop() and then parts_after_stop(); or
 * why a part cannot begin, with all undone.
 */
int parts_begin(struct instance *instance, struct mk_reason *why);

/*
 * The kernel's CPUs are about to be stopped: from here on no part touches them. May be called more
 * than once. Context: process.
 */
void parts_before_stop(struct instance *instance);

/* They have stopped: from here on no part touches the kernel's memory. Context: process. */
void parts_after_stop(struct instance *instance);

/*
 * A CPU does not stop: what goes on for ever, goes on; but nothing is told of it, and nobody maps
 * its memory. Context: process.
 */
void parts_give_up(struct instance *instance);

/* A doorbell rang, which may have been this kernel. Context: hard interrupt, while it is watched. */
void parts_rung(struct instance *instance);

#endif
