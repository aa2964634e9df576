/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of an instance's directory. */
#ifndef MK_MODULE_INSTANCE_FILES_H
#define MK_MODULE_INSTANCE_FILES_H

struct attribute_group;

extern const struct attribute_group *instance_groups[];

#endif
