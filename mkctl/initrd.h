/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initrd as it is handed to the kernel: one file as it is, or several joined in memory, in their
 * order, as boot loaders do it.
 */
#ifndef MKCTL_INITRD_H
#define MKCTL_INITRD_H

#include "options.h"
#include "port.h"

/* Where one may begin: Documentation/driver-api/early-userspace/buffer-format.rst. */
#define INITRD_ALIGNMENT 4

#define INITRDS_MAX CLI_TEXTS_MAX

/**
 * struct initrds - what the operator named
 * @path:  their names
 * @fd:    the files, open for reading; -1 for one that is not open yet
 * @count: how many
 */
struct initrds {
	const char *path[INITRDS_MAX];
	int fd[INITRDS_MAX];
	u32 count;
};

/* Opens all of them; returns an exit code. */
int initrds_open(struct initrds *initrds);
void initrds_close(struct initrds *initrds);

/**
 * initrds_put - write them to a file one behind the other, each from a multiple of INITRD_ALIGNMENT
 * @initrds: which, open
 * @file:    where to
 *
 * Return: an exit code; what fails in writing is left to the caller, see ferror(3).
 */
int initrds_put(const struct initrds *initrds, FILE *file);

/* Puts the file's end at the next multiple, by zeros. */
void initrd_pad(FILE *file, long alignment);

/* A file in memory to be written; NULL with errno. */
FILE *initrd_new(void);

/**
 * initrd_finish - hand over what was written
 * @file: from initrd_new(), closed in any case
 * @path: for the sentence
 * @fd:   receives the same file, open for reading only
 *
 * Return: an exit code.
 */
int initrd_finish(FILE *file, const char *path, int *fd);

/* Joins two or more; returns an exit code, and in @fd the whole, open for reading only. */
int initrds_join(const struct initrds *initrds, int *fd);

#endif
