/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON on standard output, by jansson. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>

/* Write a value and let it go; NULL is what could not be made for lack of memory. Exit code. */
int cli_json_print(json_t *value);

/* The same in one line, at once, for those who read as it comes. */
int cli_json_print_line(json_t *value);

#endif
