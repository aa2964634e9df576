/* SPDX-License-Identifier: GPL-2.0-only */
/* The instance of a container, by mkctl. */
#ifndef MKRUN_INSTANCE_H
#define MKRUN_INSTANCE_H

#include "conf.h"

#define INSTANCE_NAME 32
#define INSTANCE_WHY 1024

/**
 * struct wish - what a container wants
 * @cpus:      these, as a list; "" for any
 * @cpu_count: so many of any
 * @memory:    bytes
 */
struct wish {
	const char *cpus;
	u32 cpu_count;
	u64 memory;
};

/**
 * struct machine - an instance that is there
 * @name: of it
 * @cid:  the address of its kernel's sockets
 * @made: it is there, by this process
 */
struct machine {
	char name[INSTANCE_NAME];
	u32 cid;
	bool made;
};

/*
 * Make it, of CPUs that are free. No other mkrun does so at the same moment. Returns an exit code,
 * with a sentence in @why.
 */
int instance_create(struct machine *machine, const struct conf *conf, const struct wish *wish,
		    char why[INSTANCE_WHY]);

/*
 * Give it the CPUs and the memory that a container wants now, while its kernel runs: all of that or
 * nothing. CPUs that it has stay as far as that goes; of what @wish has no number all stays. Returns an
 * exit code, with a sentence.
 */
int instance_set(const char *name, const struct conf *conf, const struct wish *wish,
		 char why[INSTANCE_WHY]);

/* Whether that could be, as far as its kernel need not be asked. The same. */
int instance_check(const char *name, const struct conf *conf, const struct wish *wish,
		   char why[INSTANCE_WHY]);

/* Start its kernel, once its devices are served. */
int instance_boot(const struct machine *machine, const struct conf *conf, char why[INSTANCE_WHY]);

/* Its kernel is stopped, and it is gone; it need not be there. */
int instance_destroy(const char *name, char why[INSTANCE_WHY]);

/* Why its kernel has ended; "" where that is not known. */
void instance_failure(const char *name, char why[INSTANCE_WHY]);

#endif
