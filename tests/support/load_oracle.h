/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second opinion on the loading of a kernel, for tests: the rules of core/image.h,
 * core/layout.h and core/boot_params.h once more, written with <asm/bootparam.h> and 128-bit
 * sums, sharing no code with core.
 */
#ifndef MK_TESTS_LOAD_ORACLE_H
#define MK_TESTS_LOAD_ORACLE_H

#include "image.h"
#include "layout.h"
#include "ranges.h"

/**
 * struct oracle_load - what is to be loaded, and where
 * @memory:      the instance's ranges
 * @low_window:  its window below 1 MB
 * @image:       the kernel
 * @initrd_size: bytes, 0 without one
 * @shared_size: bytes of the shared area, whole pages
 * @acpi_size:   bytes
 * @kho_size:    bytes, a power of two or 0
 */
struct oracle_load {
	const struct mk_ranges *memory;
	u64 low_window;
	const struct mk_image *image;
	u64 initrd_size;
	u64 shared_size;
	u64 acpi_size;
	u64 kho_size;
};

/*
 * What should mk_image_parse() say: 0 with the version left 0.0, or -ENOEXEC. Takes the same
 * arguments.
 */
int oracle_image(struct mk_image *image, const void *header, size_t size, u64 file_size);

/*
 * Is the version found in an accepted image that of its text? An unknown one (0.0) always passes.
 */
bool oracle_version(const struct mk_image *image, const void *header);

/* What should mk_layout_make() say: 0 or -ENOSPC. */
int oracle_layout(const struct oracle_load *load);

/* What is wrong with an accepted layout; NULL when nothing is. */
const char *oracle_layout_fault(const struct oracle_load *load, const struct mk_layout *layout);

/* What is wrong with a page that mk_boot_params_build() made of this; NULL when nothing is. */
const char *oracle_boot_params_fault(const struct oracle_load *load, const struct mk_layout *layout,
				     const void *header, const void *page);

#endif
