/* SPDX-License-Identifier: GPL-2.0-only */
/* Instances shown: as rows of a table, and as JSON. */
#ifndef MKCTL_INSTANCE_VIEW_H
#define MKCTL_INSTANCE_VIEW_H

#include <jansson.h>

#include "instances.h"
#include "size.h"
#include "table.h"

/* Write the table of "mkctl list" to stdout. */
void instances_print(const struct instances *list);

/* The same of what is there now, after a change; returns an exit code. */
int instances_show(void);

/* What is known of one, as doc/mkctl.schema.json has it; and of all. NULL without memory. */
json_t *instance_json(const struct instance *instance);
json_t *instances_json(const struct instances *list);

#define UPTIME_TEXT 32

/* "12s", "5m12s", "3h05m", "4d03h"; "-" where it is not known. Returns @text. */
const char *instance_uptime_text(char text[UPTIME_TEXT], const struct instance *instance);

/* "37 MB", rounded up; "-" where its kernel does not tell. Returns @text. */
const char *instance_used_text(char text[SIZE_TEXT], const struct instance *instance);

/* In which colour a person should see it. */
enum cli_colour instance_colour(const struct instance *instance);

#endif
