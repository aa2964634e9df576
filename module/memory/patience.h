/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounds for calls that the kernel would go on with until a signal comes: taking memory offline
 * tries to move pages for ever. When time is up, the task looks as if a signal were pending.
 */
#ifndef MK_MODULE_PATIENCE_H
#define MK_MODULE_PATIENCE_H

#include <linux/types.h>

/**
 * patience_begin - begin what takes several steps, and is bounded as a whole
 * @whole: how long it may take, jiffies
 *
 * Context: process, under change_lock until patience_end(): there is one at a time.
 */
void patience_begin(unsigned long whole);

/**
 * patience_step - begin the next step
 * @step: how long it may take, jiffies; no longer than what is left of the whole
 *
 * A call that takes longer sees a pending signal from then on; this takes it back.
 *
 * Context: process, between patience_begin() and patience_end().
 * Return: false when the whole has taken too long, or patience_end_all() was called, or a signal is
 * really pending: then nothing more is to be tried.
 */
bool patience_step(unsigned long step);

/* The end; the task has no signal pending but real ones. Context: as above. */
void patience_end(void);

/* No step has any time left from now on, since the host goes down. Context: any. */
void patience_end_all(void);

#endif
