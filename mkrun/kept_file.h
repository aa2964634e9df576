/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON in a file that can still be changed when its file system is full. There are two files, which
 * change places; each has room for more than it holds.
 */
#ifndef MKRUN_KEPT_FILE_H
#define MKRUN_KEPT_FILE_H

#include <jansson.h>

/**
 * kept_file_write - put another value there, in one step
 * @path:  of the file
 * @spare: of the other one, in the same directory
 * @value: for it
 *
 * From the second time on it needs no space, as long as the value does not become some KB larger; before
 * that it may fail, and then nothing has changed. One process writes at a time.
 *
 * Return: 0 or a negative errno.
 */
int kept_file_write(const char *path, const char *spare, json_t *value);

/* What is there now, or NULL. Who writes may be stopped meanwhile. */
json_t *kept_file_read(const char *path);

#endif
