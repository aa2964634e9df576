/* SPDX-License-Identifier: GPL-2.0-only */
/* Bringing a kernel's files into an instance's memory. */
#ifndef MK_MODULE_LOAD_H
#define MK_MODULE_LOAD_H

#include "layout.h"
#include "reason.h"

struct instance;
struct kernel_source;

/* Lets the files and the command line go. Context: process. */
void load_put_source(struct kernel_source *source);

/**
 * load_kernel - put a kernel, its initrd, its command line and all tables into an instance's memory
 * @instance: nobody else touches its memory during the call
 * @source:   the files
 * @layout:   receives where everything went; the instance's @shared is set too
 * @why:      the sentence, when refused
 *
 * Context: process; sleeps for as long as the files take to read.
 * Return: 0, -ENOEXEC, -ENOSPC, -E2BIG, -EINVAL (a word on the command line), -EOPNOTSUPP (an APIC
 * id or mode that the kernel cannot do with), -ENOMEM, or the error of reading a file.
 */
int load_kernel(struct instance *instance, const struct kernel_source *source,
		struct mk_layout *layout, struct mk_reason *why);

#endif
