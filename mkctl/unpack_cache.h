/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unpacked kernels, kept for their next start: the last few, in files of root's. Nothing depends on it: what is not there, or
 * is not as it should be, is made anew, and what cannot be kept is not.
 */
#ifndef MKCTL_UNPACK_CACHE_H
#define MKCTL_UNPACK_CACHE_H

#include "port.h"

/**
 * struct unpack_origin - all that an unpacked kernel's image is made of
 * @part: the bzImage that it comes from, and the code for its entry
 * @size: bytes of each
 */
struct unpack_origin {
	const u8 *part[2];
	size_t size[2];
};

/**
 * unpack_cache_find - look for what was made before
 * @origin: of what; all of its bytes are compared
 *
 * Return: the image, open for reading only, or -1: there is none.
 */
int unpack_cache_find(const struct unpack_origin *origin);

/**
 * unpack_cache_add - keep an image; the one that was not used for the longest time goes when there are too many
 * @origin: what it was made of
 * @image:  its bytes
 * @size:   how many
 *
 * Return: the same, open for reading only, or -1: it could not be kept.
 */
int unpack_cache_add(const struct unpack_origin *origin, const u8 *image, size_t size);

#endif
