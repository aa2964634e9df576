/* SPDX-License-Identifier: GPL-2.0-only */
/* A bundle as engines write it: config.json, checked, and told to the agent. */
#ifndef MKRUN_BUNDLE_H
#define MKRUN_BUNDLE_H

#include <jansson.h>

#include "instance.h"
#include "pod.h"
#include "seccomp.h"
#include "stream.h"

#define BUNDLE_MOUNTS_MAX 256

/**
 * struct bundle - one of them
 * @directory: where it is
 * @config:    its config.json
 * @pod:       what it has to do with one
 * @sandbox:   the configuration of that pod's sandbox, or NULL
 * @tasks:     how many the container may have, ~0 for any number
 * @filter:    of system calls
 */
struct bundle {
	char directory[PATH_MAX];
	json_t *config;
	struct pod pod;
	json_t *sandbox;
	u64 tasks;
	struct filter filter;
};

/* Read and check it: what cannot be is refused by its name. Returns an exit code. */
int bundle_open(struct bundle *bundle, const char *directory, const struct conf *conf);

/* "linux.resources", of it what its container gets. */
json_t *bundle_resources(const struct bundle *bundle);

/* What its container wants of the machine; @conf takes a kernel that it names. */
void bundle_wish(const struct bundle *bundle, struct conf *conf, struct wish *wish);

/* The options of mounts that are known by their names. */
json_t *bundle_mount_options(void);

/* How many CPUs a quota is, rounded up; 1 for none. */
u32 bundle_cpu_count(json_t *cpu);

/* So much memory is a limit, with all that a kernel needs; the configuration's for none. */
u64 bundle_memory(json_t *resources, const struct conf *conf);

/* How many tasks resources allow, ~0 for any number. */
u64 bundle_tasks(json_t *resources);

/* The network namespace whose network it has, or NULL for none. */
const char *bundle_network(const struct bundle *bundle, const struct conf *conf);

/* The root's directory on the host. */
void bundle_root(const struct bundle *bundle, char path[PATH_MAX]);

/* May nothing be written to it? */
bool bundle_root_is_read_only(const struct bundle *bundle);

/**
 * struct bind - files of the host that it has
 * @name:      what they are called in the share
 * @source:    their path on the host
 * @target:    where the container has them
 * @read_only: nothing may be written to them
 */
struct bind {
	char name[32];
	const char *source;
	const char *target;
	bool read_only;
};

/* One after another: @index goes on. Returns false behind the last. */
bool bundle_bind(const struct bundle *bundle, size_t *index, struct bind *bind);

/* Tell the agent. Returns 0 or a negative errno. */
int bundle_tell_container(const struct bundle *bundle, struct stream *stream);
int bundle_tell_process(json_t *process, struct stream *stream);

#endif
