/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control page: the one page of an instance's memory through which its spawn kernel and the host speak. It lies in
 * memory that the spawn may write, so to the host every field is hostile input: read once, checked, never used as
 * an index or an address.
 *
 * A stock kernel writes two bytes of it and knows nothing of the rest: the ACPI tables made for it name them as its reset
 * register and as its sleep register (core/acpi.h has the values).
 *
 * All fields are little endian.
 */
#ifndef MULTIKERNEL_CONTROL_PAGE_H
#define MULTIKERNEL_CONTROL_PAGE_H

#define MK_CONTROL_MAGIC 0x6c6f72746e6f636bULL	/* "kcontrol" */
#define MK_CONTROL_VERSION 1

/* Offsets from the start of the page, bytes. */
#define MK_CONTROL_AT_MAGIC 0x00	/* u64: MK_CONTROL_MAGIC, written by the host */
#define MK_CONTROL_AT_VERSION 0x08	/* u32: MK_CONTROL_VERSION, written by the host */
#define MK_CONTROL_AT_ID 0x0c		/* u32: the instance's id, written by the host */
#define MK_CONTROL_AT_RESET 0x40	/* u8: a stock kernel asks for a reset */
#define MK_CONTROL_AT_SLEEP 0x41	/* u8: a stock kernel powers off */

#endif
