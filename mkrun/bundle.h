/* SPDX-License-Identifier: GPL-2.0-only */
/* A bundle as engines write it: config.json, checked, and told to the agent. */
#ifndef MKRUN_BUNDLE_H
#define MKRUN_BUNDLE_H

#include <jansson.h>

#include "instance.h"
#include "seccomp.h"
#include "stream.h"

#define BUNDLE_MOUNTS_MAX 256

struct bundle {
	char directory[PATH_MAX];
	json_t *config;
	struct filter filter;
};

/* Read and check it: what cannot be is refused by its name. Returns an exit code. */
int bundle_open(struct bundle *bundle, const char *directory, const struct conf *conf);

/* What its container wants of the machine; @conf takes a kernel that it names. */
void bundle_wish(const struct bundle *bundle, struct conf *conf, struct wish *wish);

/* The root's directory on the host. */
void bundle_root(const struct bundle *bundle, char path[PATH_MAX]);

/*
 * The files of the host that it has, one after another: @index goes on; @name is what it is called
 * in the share. Returns the path on the host, or NULL behind the last.
 */
const char *bundle_bind(const struct bundle *bundle, size_t *index, char name[32], bool *read_only);

/* Tell the agent. Returns 0 or a negative errno. */
int bundle_tell_container(const struct bundle *bundle, struct stream *stream);
int bundle_tell_process(json_t *process, struct stream *stream);

#endif
