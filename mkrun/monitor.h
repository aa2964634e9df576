/* SPDX-License-Identifier: GPL-2.0-only */
/* The process that stands for a container on the host: its pid is what engines know. */
#ifndef MKRUN_MONITOR_H
#define MKRUN_MONITOR_H

#include "bundle.h"
#include "container.h"

#define MONITOR_LOST 250	/* exit code: the kernel ended, and its container with it */
#define MONITOR_CREATED '\n'	/* what it reports when all is there; no sentence begins so */

/**
 * monitor_run - be it
 * @container: whose; its directory is there
 * @bundle:    checked
 * @conf:      as read
 * @report:    receives MONITOR_CREATED when the container is created, or a sentence if it cannot be,
 *             and nothing of it is left then; who is ended by force says nothing
 *
 * Context: in a process of its own, whose standard files are the container's.
 * Return: the container's exit code.
 */
int monitor_run(struct container *container, const struct bundle *bundle, const struct conf *conf,
		int report);

/* Say on @report that all is there, by NULL, or why not; it is closed then. */
void monitor_report(int report, const char *sentence);

#endif
