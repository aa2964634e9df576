/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands where in an instance's shared area (include/control_page.h): control page, handover,
 * console rings, device table. The host decides it anew at every load from what it knows itself.
 */
#ifndef MK_CORE_SHARED_H
#define MK_CORE_SHARED_H

#include "port.h"

#define MK_CONSOLE_OUTPUT_SIZE 0x21000	/* a page for the header, 128 KB of data */
#define MK_CONSOLE_INPUT_SIZE 0x11000	/* the same, 64 KB of data */

/* Offsets from the start of the area and sizes, bytes, whole pages. */
struct mk_shared {
	u32 handover;
	u32 handover_size;
	u32 output;
	u32 output_size;
	u32 input;
	u32 input_size;
	u32 devices;		/* 0, and its size, too: there is no device table */
	u32 devices_size;
	u32 size;
};

/* Context: any; pure. */
void mk_shared_make(struct mk_shared *shared, u32 cpu_count);

struct mk_control;

/**
 * mk_shared_describe - write the constant part of a control page
 * @control: the page, zeroed
 * @shared:  from mk_shared_make()
 * @id:      the instance's id
 *
 * Context: any; pure.
 */
void mk_shared_describe(struct mk_control *control, const struct mk_shared *shared, u32 id);

/**
 * mk_shared_read - check a control page and take over what it says, as the spawn does
 * @shared:  filled in
 * @id:      receives the instance's id
 * @control: a copy of the page, untrusted
 * @size:    bytes of the area, from elsewhere
 *
 * Context: any; pure.
 * Return: 0, or -EINVAL: not a control page, another version, or parts that are outside the area or
 * overlap.
 */
int mk_shared_read(struct mk_shared *shared, u32 *id, const struct mk_control *control, u32 size);

#endif
