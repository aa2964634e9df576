/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON, by jansson: on standard output, and what is read of it. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <jansson.h>

/* The text of a member; NULL where there is none, or something else. */
static inline const char *cli_json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Write a value and let it go; NULL is what could not be made for lack of memory. Exit code. */
int cli_json_print(json_t *value);

/* The same in one line, at once, for those who read as it comes. */
int cli_json_print_line(json_t *value);

#endif
