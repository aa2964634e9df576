/* SPDX-License-Identifier: GPL-2.0-only */
/* What whoever has called has open, and hands on without wanting to. */
#ifndef MKRUN_FILES_H
#define MKRUN_FILES_H

#include "port.h"

/* Close all but standard files and @keep, -1 for none. Before this process opens what it needs. */
void files_leave(int keep);

/* So many of them a container is to have. Returns an exit code, with the reason said. */
int files_refuse(u64 count);

#endif
