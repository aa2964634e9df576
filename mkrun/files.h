/* SPDX-License-Identifier: GPL-2.0-only */
/* What whoever has called has open, and hands on without wanting to. */
#ifndef MKRUN_FILES_H
#define MKRUN_FILES_H

/* Close all but standard files and @keep, -1 for none. Before this process opens what it needs. */
void files_leave(int keep);

#endif
