/* SPDX-License-Identifier: GPL-2.0-only */
/* The process that stands for a pod's sandbox: all that there is of it. */
#ifndef MKRUN_SANDBOX_H
#define MKRUN_SANDBOX_H

#include "bundle.h"
#include "container.h"

/**
 * sandbox_run - be it
 * @container: whose; its directory is there
 * @bundle:    checked
 * @conf:      as read
 * @report:    as that of monitor_run()
 *
 * Context: in a process of its own.
 * Return: the sandbox's exit code.
 */
int sandbox_run(struct container *container, const struct bundle *bundle, const struct conf *conf,
		int report);

#endif
