/* SPDX-License-Identifier: GPL-2.0-only */
/* A bundle as engines write it: config.json, checked, and told to the agent. */
#ifndef MKRUN_BUNDLE_H
#define MKRUN_BUNDLE_H

#include <jansson.h>

#include "pod.h"
#include "resources.h"
#include "seccomp.h"
#include "stream.h"

#define BUNDLE_MOUNTS_MAX 256
#define BUNDLE_NAME 64

/**
 * struct bundle - one of them
 * @directory: where it is
 * @config:    its config.json
 * @pod:       what it has to do with one
 * @sandbox:   that pod's sandbox, where that is one of ours and this is another: their kernel is one
 * @resources: what it may have; of a sandbox, all that its pod's containers may
 * @limits:    the same, as its control group is told
 * @filter:    of system calls
 */
struct bundle {
	char directory[PATH_MAX];
	json_t *config;
	struct pod pod;
	const struct container *sandbox;
	json_t *resources;
	struct limits limits;
	struct filter filter;
};

/* Read and check it: what cannot be is refused by its name. Returns an exit code. */
int bundle_open(struct bundle *bundle, const char *directory, const struct conf *conf);

/* Does a container of these annotations do without that? And refuse it where it does not: an exit code. */
bool bundle_ignores(json_t *annotations, const struct conf *conf, const char *word);
int bundle_refuse_word(const char *word);

/* Does a process ask for anything that nobody knows? Returns an exit code, with the reason said. */
int bundle_check_process(json_t *process);

/* The options of mounts that are known by their names. */
json_t *bundle_mount_options(void);

/* The namespace of that type that it is to join, or NULL for one of its own. */
const char *bundle_namespace(const struct bundle *bundle, const struct conf *conf, const char *type);

/* The kernel that it names, or NULL. */
const char *bundle_kernel(const struct bundle *bundle);

/* A path that it has, on the host: in its directory, if it is not absolute; "" if too long. */
void bundle_path(const struct bundle *bundle, const char *path, char whole[PATH_MAX]);

/* The root's directory on the host. */
void bundle_root(const struct bundle *bundle, char path[PATH_MAX]);

/* May nothing be written to it? */
bool bundle_root_is_read_only(const struct bundle *bundle);

/**
 * struct mount_point - one of its mounts
 * @source:  or NULL
 * @target:  where the container has it; or NULL
 * @type:    of its file system; or NULL
 * @data:    options that are no flags
 * @flags:   as mount(2) takes them
 * @is_bind: it is a directory or a file of the host
 * @lacks:   what it wants to be and cannot, a word; or NULL
 */
struct mount_point {
	const char *source;
	const char *target;
	const char *type;
	char data[PATH_MAX];
	u64 flags;
	bool is_bind;
	const char *lacks;
};

/* The one of that number; false behind the last. */
bool bundle_mount(const struct bundle *bundle, size_t index, struct mount_point *mount);

/**
 * struct bind - files of the host that it has
 * @source:    their path on the host
 * @target:    where the container has them
 * @read_only: nothing may be written to them
 * @recursive: with all that is mounted below
 */
struct bind {
	char source[PATH_MAX];
	const char *target;
	bool read_only;
	bool recursive;
};

/* One after another: @index goes on, to one more than the mount's. Returns false behind the last. */
bool bundle_bind(const struct bundle *bundle, size_t *index, struct bind *bind);

/**
 * struct bundle_names - what its files are called in the share
 * @root: the container's root
 * @bind: its mounts by their numbers, as far as they are files of the host
 */
struct bundle_names {
	char root[BUNDLE_NAME];
	char bind[BUNDLE_MOUNTS_MAX][BUNDLE_NAME];
};

/*
 * Tell the agent: what a pod's containers have together, a container, its limits alone, a process.
 * Returns 0 or a negative errno.
 */
int bundle_tell_pod(const struct bundle *bundle, struct stream *stream);
int bundle_tell_container(const struct bundle *bundle, const struct bundle_names *names,
			  struct stream *stream);
int bundle_tell_limits(const struct limits *limits, struct stream *stream);
int bundle_tell_process(json_t *process, struct stream *stream);

#endif
