/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/multikernel/mkrun.conf: what containers may have, and what is taken for them. */
#ifndef MKRUN_CONF_H
#define MKRUN_CONF_H

#include "port.h"

/**
 * struct conf - lines of the form key=value; a text that is not there is ""
 * @cpus:         the CPUs that containers may have, as a list; there is no default
 * @cpus_max:     those that a container may be given while it runs; else ""
 * @memory:       of a container without a limit, with all that its kernel needs
 * @memory_max:   so much a container may be given while it runs, with all that its kernel needs; else 0
 * @overhead:     of a container with a limit: what its kernel needs beside that
 * @kernel:       the image; else the host's own
 * @initrd:       with mk-agent and modules; else one that is made with mkrun-initrd
 * @module:       multikernel.ko for the kernel, where it is not installed; else ""
 * @engine:       the virtiofsd; else ""
 * @append:       more words for its command line
 * @ignore:       what containers may ask for and not get, words with commas between
 * @may_ignore:   the same, of a container whose annotation names it as well
 * @boot_seconds: how long its kernel may take until the agent answers
 * @unpack:       the kernel is unpacked ahead of its start
 */
struct conf {
	const char *cpus;
	const char *cpus_max;
	u64 memory;
	u64 memory_max;
	u64 overhead;
	const char *kernel;
	const char *initrd;
	const char *module;
	const char *engine;
	const char *append;
	const char *ignore;
	const char *may_ignore;
	u64 boot_seconds;
	bool unpack;
};

/* Read it. Returns an exit code, with the reason said. */
int conf_read(struct conf *conf);

#endif
