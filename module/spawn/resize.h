/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host asks this spawn kernel for while it runs: CPUs and memory. */
#ifndef MK_MODULE_SPAWN_RESIZE_H
#define MK_MODULE_SPAWN_RESIZE_H

int spawn_resize_init(void);
void spawn_resize_exit(void);

/* The host may have asked for something. Context: any. */
void spawn_resize_rung(void);

#endif
