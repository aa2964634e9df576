/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's own rules about starting kernels. */
#ifndef MK_MODULE_PERMIT_H
#define MK_MODULE_PERMIT_H

#include "reason.h"

/**
 * permit_load - may a kernel be loaded, by the rules that hold for this host's own kexec
 * @why: the sentence, when refused
 *
 * They do not concern stopping a kernel or asking it to end.
 *
 * Context: process; may sleep. Takes no lock of ours.
 * Return: 0, -EPERM, or why the rules cannot be read.
 */
int permit_load(struct mk_reason *why);

#endif
