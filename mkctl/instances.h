/* SPDX-License-Identifier: GPL-2.0-only */
/* The instances as /sys/fs/multikernel/instances shows them. */
#ifndef MKCTL_INSTANCES_H
#define MKCTL_INSTANCES_H

#include "ranges.h"
#include "reason.h"
#include "state.h"
#include "tree.h"

#define UPTIME_UNKNOWN (~0ULL)

/**
 * struct instance - one directory there
 * @config:      name, id, number of CPUs, memory, number of images; first_cpu and first_max are not
 *               used
 * @serial:      tells it from every other one, also from one that takes its name or id later
 * @generation:  tells the kernel there from the next
 * @status:      its state as the kernel writes it
 * @state:       the same as a number; MK_STATE_COUNT for a word that is not known
 * @failure:     why it is failed, or that it is hung; else empty
 * @liveness:    what is known of the life of an active one; else empty
 * @uptime:      for how many seconds its kernel has been active, or UPTIME_UNKNOWN
 * @busy_ms:     how long the kernel's CPUs were not idle, all together, by its own word
 * @busy_at_ms:  for how long it had run by then; 0: it does not tell
 * @memory_used: bytes of its memory in use, by the same word; 0: it does not tell
 * @cpus:        its CPU ids
 * @max_cpus:    those of the CPUs that it may have, or NULL
 * @image_name:  its disk images
 * @range:       the physical memory assigned to it, once instance_read_ranges() has read it
 * @range_count: how many ranges
 * @problem:     what could not be read, a sentence; then all from there on is not filled in
 */
struct instance {
	struct mk_instance_config config;
	u64 serial;
	u64 generation;
	char status[16];
	enum mk_state state;
	char failure[MK_REASON_SIZE];
	char liveness[64];
	u64 uptime;
	u64 busy_ms;
	u64 busy_at_ms;
	u64 memory_used;
	u32 *cpus;
	u32 *max_cpus;
	char image_name[MK_INSTANCE_IMAGES_MAX][MK_NAME_MAX + 1];
	struct mk_range range[MK_INSTANCE_RANGES_MAX];
	u32 range_count;
	char problem[128];
};

struct instances {
	struct instance *instance;
	size_t count;
};

/**
 * instance_read - read one directory
 * @instance: filled in; to be freed with instance_free(), also after a failure
 * @name:     its name
 *
 * Return: 0, -ENOENT (no such instance, or it went away meanwhile), or another negative errno; then
 * @instance->problem says what its files lack.
 */
int instance_read(struct instance *instance, const char *name);
void instance_free(struct instance *instance);

/*
 * The same for the operator's word, a name or an id. What is wrong is said on stderr; returns an
 * exit code.
 */
int instance_find(struct instance *instance, const char *word);

/* Where its memory is, which is for root to know; returns 0 or a negative errno. */
int instance_read_ranges(struct instance *instance);

/* The state that a status file names; returns 0 or -EINVAL. */
int instance_parse_state(const char *status, enum mk_state *state);

/*
 * One line on stdout: what the instance is now. When it has failed, or gone, that is said on stderr
 * instead. Returns an exit code.
 */
int instance_report(const struct instance *instance);

/* Says on stderr that it failed, when, and why; returns CLI_REFUSED. */
int instance_refuse_failed(const char *name, const char *when);

/* Could a directory have this name? Keeps what the operator types from leading elsewhere. */
bool instance_name_is_sane(const char *name);

/*
 * Read all of them, sorted by id; returns 0 or a negative errno. One whose files make no sense is
 * there with its name and its problem.
 */
int instances_read(struct instances *list);
void instances_free(struct instances *list);

/* Says on stderr what could not be read of which; returns an exit code. */
int instances_refuse_problems(const struct instances *list);

#endif
