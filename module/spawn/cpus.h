/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that come to this spawn kernel, and leave it, while it runs. */
#ifndef MK_MODULE_SPAWN_CPUS_H
#define MK_MODULE_SPAWN_CPUS_H

int spawn_cpus_init(void);
void spawn_cpus_exit(void);

/* The host may have asked for something. Context: any. */
void spawn_cpus_rung(void);

#endif
