/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unified kernel images: a program for UEFI that carries a kernel, and often its initrd and command
 * line, as sections (the UAPI group's specification of them; the file is PE, as Microsoft's "PE
 * Format" has it). No UEFI starts it here, so it is taken apart.
 */
#ifndef MKCTL_UNIFIED_H
#define MKCTL_UNIFIED_H

#include <stdbool.h>

/**
 * struct unified - what such an image carries
 * @kernel:       its kernel, a file in memory open for reading; -1 when the file is no such image
 * @initrd:       its initrd, likewise; -1 when it has none
 * @command_line: its command line, to be freed; NULL when it has none
 */
struct unified {
	int kernel;
	int initrd;
	char *command_line;
};

/**
 * unified_read - take a file apart, if it is a unified kernel image
 * @unified: filled in; to be let go of with unified_close() in any case
 * @file:    the file, open for reading, untrusted
 * @path:    its name, for the sentence
 *
 * Return: an exit code. What is neither a unified image nor a bzImage the module refuses by itself.
 */
int unified_read(struct unified *unified, int file, const char *path);
void unified_close(struct unified *unified);

/* Is this file named as such images are, wherever they are made? */
bool unified_is_named(const char *path);

#endif
