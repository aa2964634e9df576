/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of a disk image's directory. */
#ifndef MK_MODULE_DISK_IMAGE_FILES_H
#define MK_MODULE_DISK_IMAGE_FILES_H

struct attribute_group;

extern const struct attribute_group *disk_image_groups[];

#endif
