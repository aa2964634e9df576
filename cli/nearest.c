// SPDX-License-Identifier: GPL-2.0-only
/* The nearest name: the fewest letters to put in, take out, change, or swap with the next. */
#include "nearest.h"
#include "say.h"

static u32 least(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* Row by row of the usual table; a swap of two neighbours counts as one. */
static u32 distance(const char *a, const char *b)
{
	u32 row[3][CLI_NEAREST_SIZE + 1];
	u32 i, j, columns = strlen(b);

	for (j = 0; j <= columns; j++)
		row[0][j] = j;
	for (i = 1; a[i - 1]; i++) {
		u32 *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= columns; j++) {
			now[j] = least(least(before[j], now[j - 1]) + 1,
				       before[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], earlier[j - 2] + 1);
		}
	}
	return row[(i - 1) % 3][columns];
}

/* A third of the letters may be wrong, but one at least. */
void cli_nearest_begin(struct cli_nearest *nearest, const char *typed)
{
	nearest->typed = typed;
	*nearest->name = '\0';
	nearest->distance = strlen(typed) / 3 + 2;
}

void cli_nearest_try(struct cli_nearest *nearest, const char *name)
{
	u32 far;

	if (strlen(nearest->typed) >= CLI_NEAREST_SIZE || strlen(name) >= CLI_NEAREST_SIZE)
		return;
	far = distance(nearest->typed, name);
	if (far >= nearest->distance || far >= strlen(name))
		return;
	nearest->distance = far;
	strcpy(nearest->name, name);
}

const char *cli_nearest_hint(const struct cli_nearest *nearest, char text[CLI_HINT_SIZE])
{
	*text = '\0';
	if (*nearest->name)
		snprintf(text, CLI_HINT_SIZE, "; did you mean \"%s\"?", nearest->name);
	return text;
}

int cli_refuse_unknown(const char *sentence, const char *typed, cli_name_fn name, const void *list, size_t count)
{
	struct cli_nearest nearest;
	char hint[CLI_HINT_SIZE];
	size_t row;

	cli_nearest_begin(&nearest, typed);
	for (row = 0; row < count; row++)
		cli_nearest_try(&nearest, name(list, row));
	return cli_refuse("%s \"%s\"%s", sentence, typed, cli_nearest_hint(&nearest, hint));
}
