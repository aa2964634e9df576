/* SPDX-License-Identifier: GPL-2.0-only */
/* The content of a disk image. */
#ifndef MKCTL_IMAGE_LOAD_H
#define MKCTL_IMAGE_LOAD_H

#include "images.h"

/**
 * image_load - fill an image, and say that it is ready
 * @image: as image_read() has read it
 * @from:  a file that is open for reading; may be a pipe
 * @path:  its name, for sentences
 *
 * All or nothing: what does not fit is refused, and what ends early is cleared again.
 *
 * Return: CLI_OK, or CLI_REFUSED with the reason on stderr.
 */
int image_load(const struct image *image, int from, const char *path);

#endif
