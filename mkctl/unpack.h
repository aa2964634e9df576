/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels unpacked ahead of their start, by the programs that unpack files elsewhere: see core/unpacked.h. */
#ifndef MKCTL_UNPACK_H
#define MKCTL_UNPACK_H

/**
 * unpack_kernel - put a bzImage whose kernel is unpacked in place of one that has it packed
 * @kernel: the file, open for reading, untrusted; receives the new one, a file in memory
 * @path:   its name, for the sentence
 *
 * Return: an exit code; @kernel stays what it was when that is not CLI_OK.
 */
int unpack_kernel(int *kernel, const char *path);

#endif
