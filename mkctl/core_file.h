/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a core file that "mkctl dump" has written, or another of the same form. */
#ifndef MKCTL_CORE_FILE_H
#define MKCTL_CORE_FILE_H

#include "elf_core.h"

/**
 * struct core_file - an opened core file
 * @fd:  the file, or -1
 * @map: where in it the memory is
 */
struct core_file {
	int fd;
	struct mk_elf_core_map map;
};

/* Open it; what is wrong with it is said on stderr. Returns an exit code. */
int core_file_open(struct core_file *core, const char *path);
void core_file_close(struct core_file *core);

/**
 * core_file_read - copy out of it, as mk_log_open() wants it
 * @context:  the struct core_file
 * @physical: address, within one page
 * @buffer:   receives the bytes
 * @size:     how many, at most a page
 *
 * Return: 0, -ENXIO (not in the file), or what pread(2) said.
 */
int core_file_read(void *context, u64 physical, void *buffer, size_t size);

#endif
