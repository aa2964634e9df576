/* SPDX-License-Identifier: GPL-2.0-only */
/* What an upload would do, shown. */
#ifndef MKCTL_PLAN_VIEW_H
#define MKCTL_PLAN_VIEW_H

#include "machine.h"

/* As a table or as JSON, once machine_plan() has made it; returns an exit code. */
int plan_print(const struct machine *machine, const struct mk_tree *desired, bool json);

#endif
