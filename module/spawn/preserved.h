/* SPDX-License-Identifier: GPL-2.0-only */
/* The handover as this kernel itself got it by Kexec HandOver, if it knows of that. */
#ifndef MK_MODULE_PRESERVED_H
#define MK_MODULE_PRESERVED_H

#include "port.h"
#include "reason.h"

/**
 * preserved_compare - hold what KHO brought against the copy in the shared area
 * @handover: that copy, verified
 * @size:     bytes of the tree in it
 * @why:      the sentence, when they differ
 *
 * Where they differ the shared area's counts: the host has it in view, and the control page that
 * goes with it carries a checksum.
 *
 * Context: process.
 * Return: 0: the same, or this kernel has got nothing by KHO; -EINVAL: they differ; -ENOMEM.
 */
int preserved_compare(const void *handover, u32 size, struct mk_reason *why);

/* How the handover came, "KHO" or "ACPI"; after preserved_compare(). Context: any. */
const char *handover_way(void);

#endif
