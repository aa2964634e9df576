/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of several names a person may have meant. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include "port.h"

/* Of names that are compared, with the NUL; longer ones are never near. */
#define CLI_NEAREST_SIZE 64

/**
 * struct cli_nearest - a search
 * @typed:    what the person wrote
 * @name:     the nearest so far; empty when nothing is near enough
 * @distance: how far that is
 */
struct cli_nearest {
	const char *typed;
	char name[CLI_NEAREST_SIZE];
	u32 distance;
};

/* Begin with what was typed. */
void cli_nearest_begin(struct cli_nearest *nearest, const char *typed);

/* Hold one name against it. */
void cli_nearest_try(struct cli_nearest *nearest, const char *name);

/* "; did you mean "web"?" into @text, or nothing; returns @text. */
#define CLI_HINT_SIZE (CLI_NEAREST_SIZE + 32)
const char *cli_nearest_hint(const struct cli_nearest *nearest, char text[CLI_HINT_SIZE]);

/* The name of one row of a list. */
typedef const char *(*cli_name_fn)(const void *list, size_t row);

/* Refuse a name that no row has: @sentence ("there is no instance"), the name, the nearest one. Returns CLI_REFUSED. */
int cli_refuse_unknown(const char *sentence, const char *typed, cli_name_fn name, const void *list, size_t count);

#endif
