/* SPDX-License-Identifier: GPL-2.0-only */
/* mkrun, an OCI runtime: its commands, and what stands before each of them. */
#ifndef MKRUN_H
#define MKRUN_H

#include "options.h"

/* Where the states of containers are. */
extern const char *mkrun_root;

extern const struct cli_command mkrun_create, mkrun_start, mkrun_state, mkrun_kill, mkrun_delete,
	mkrun_exec, mkrun_list, mkrun_features, mkrun_pause, mkrun_resume, mkrun_ps, mkrun_update;

#endif
