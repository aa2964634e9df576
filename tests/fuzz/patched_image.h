/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a hostile kernel, for fuzz targets: one that is in order (../unit/logring_image.h), with the changes of an
 * input written over it, and undone afterwards. To make it anew for each input would take most of the time.
 */
#ifndef MK_TESTS_PATCHED_IMAGE_H
#define MK_TESTS_PATCHED_IMAGE_H

#include "../unit/logring_image.h"
#include "fuzz.h"

#define CHANGE_BYTES 12		/* of the input: a position (4 bytes) and a value (8 bytes) */
#define CHANGES_MAX 1024
#define READS_MAX 2000000	/* no more than that for what one input makes of an image of 24 pages */

static struct patched_image {
	struct image *image;	/* the one that is read now */
	u32 reads;
	u32 count;
	struct {
		u32 offset;
		u8 old[8];
	} change[CHANGES_MAX];
} patched;

/* As mk_log_open() wants it: a page or less of the one range there is. */
static int patched_read(void *context, u64 physical, void *buffer, size_t size)
{
	const struct image *image = patched.image;

	(void)context;
	MUST(size && size <= MK_PAGE_SIZE && physical >= image->base &&
	     physical - image->base <= IMAGE_BYTES - size &&
	     physical / MK_PAGE_SIZE == (physical + size - 1) / MK_PAGE_SIZE, "outside of the range");
	MUST(++patched.reads <= READS_MAX, "no end");
	memcpy(buffer, image->memory + (physical - image->base), size);
	return 0;
}

/* Changes lie at @from or above. */
static void patched_change(struct image *image, u32 from, const u8 *data, size_t size)
{
	patched.image = image;
	patched.reads = patched.count = 0;
	for (; size >= CHANGE_BYTES && patched.count < CHANGES_MAX; data += CHANGE_BYTES, size -= CHANGE_BYTES) {
		u32 offset = from + mk_get_le32(data) % (IMAGE_BYTES - from - 8);

		patched.change[patched.count].offset = offset;
		memcpy(patched.change[patched.count++].old, image->memory + offset, 8);
		memcpy(image->memory + offset, data + 4, 8);
	}
}

static void patched_undo(void)
{
	while (patched.count--)
		memcpy(patched.image->memory + patched.change[patched.count].offset,
		       patched.change[patched.count].old, 8);
}

#endif
