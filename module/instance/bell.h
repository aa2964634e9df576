/* SPDX-License-Identifier: GPL-2.0-only */
/* Ringing an instance's kernel. */
#ifndef MK_MODULE_BELL_H
#define MK_MODULE_BELL_H

struct instance;

/* Rings the spawn kernel of an instance, if it has a bell. Context: any; its @control is there. */
void instance_ring(const struct instance *instance);

#endif
