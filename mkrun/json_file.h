/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON of engines, which are written in Go: its numbers may be larger than jansson's. */
#ifndef MKRUN_JSON_FILE_H
#define MKRUN_JSON_FILE_H

#include <jansson.h>

/**
 * json_file_read - read a file of JSON
 * @path:  of the file
 * @flags: of json_loads(3)
 * @error: what is wrong, by line
 *
 * 2^64 - 1, by which the runtime specification's limits say "unlimited" (config.md, rlimits), becomes
 * -1, which is the same in 64 bits: jansson has no such integer, and refuses the whole file.
 *
 * Return: the value, or NULL with @error.
 */
json_t *json_file_read(const char *path, size_t flags, json_error_t *error);

#endif
