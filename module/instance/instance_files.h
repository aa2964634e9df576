/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of an instance's directory. */
#ifndef MK_MODULE_INSTANCE_FILES_H
#define MK_MODULE_INSTANCE_FILES_H

struct attribute_group;
struct instance;

extern const struct attribute_group *instance_groups[];

/**
 * instance_renew_memory_file - make its file "memory" anew
 * @instance: some of its memory has left it
 *
 * Nobody reads what has left any more, when this returns, and no mapping has it. Those who have the
 * file open must open it again.
 *
 * Context: process, under change_lock, and not under a lock that readers take.
 */
void instance_renew_memory_file(struct instance *instance);

#endif
