/* SPDX-License-Identifier: GPL-2.0-only */
/* The disk images as /sys/fs/multikernel/images shows them. */
#ifndef MKCTL_IMAGES_H
#define MKCTL_IMAGES_H

#include "sysfs.h"
#include "tree.h"

/**
 * struct image - one directory there
 * @config:    name, size
 * @status:    as the kernel writes it
 * @loaded:    bytes that were written of it
 * @instances: those that name it, with blanks between them
 */
struct image {
	struct mk_disk_image_config config;
	char status[16];
	u64 loaded;
	char instances[SYSFS_TEXT_SIZE];
};

struct images {
	struct image *image;
	size_t count;
};

/*
 * Read one; returns 0, -ENOENT (no such image, or it went away meanwhile), or another negative
 * errno.
 */
int image_read(struct image *image, const char *name);

/*
 * Read all of them, sorted by name; returns 0 or a negative errno. None where the module knows of
 * none.
 */
int images_read(struct images *list);
void images_free(struct images *list);

#endif
