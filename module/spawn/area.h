/* SPDX-License-Identifier: GPL-2.0-only */
/* The area that a spawn kernel shares with its host, from the spawn's side. */
#ifndef MK_MODULE_AREA_H
#define MK_MODULE_AREA_H

#include <linux/types.h>

#include "reason.h"

struct mk_control;
struct mk_shared;

/* Was this kernel started in an instance? Context: process. */
bool spawn_detect(void);

/**
 * area_map - find the shared area and map it
 * @why: the sentence, when refused
 *
 * Context: process.
 * Return: 0, to be undone by area_unmap(); -EINVAL (there is none, or it is not what it should be),
 * -ENOMEM.
 */
int area_map(struct mk_reason *why);
void area_unmap(void);

/**
 * area_read_control - read what the control page says of the area; area_layout() has it then
 * @id:  receives the instance's
 * @why: the sentence, when refused
 *
 * Context: process; the area is mapped.
 * Return: 0 or -EINVAL.
 */
int area_read_control(u32 *id, struct mk_reason *why);

/* What stands where in the area; before area_read_control() only its size. Context: any. */
const struct mk_shared *area_layout(void);

/* The physical address of the area. Context: any; it is mapped. */
u64 area_start(void);

/* The control page, with which the area begins; there as long as it is mapped. Context: any. */
struct mk_control *spawn_control(void);

/* Rings the host, if it has a bell. Context: any; the area is mapped. */
void spawn_ring(void);

#endif
