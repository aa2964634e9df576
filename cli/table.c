// SPDX-License-Identifier: GPL-2.0-only
/* Tables: all cells are kept until the last one is there, then written. */
#include <stdlib.h>
#include <unistd.h>

#include "table.h"

static bool is_coloured(void)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && terminal && strcmp(terminal, "dumb");
}

/* ECMA-48, select graphic rendition */
const char *cli_colour_begin(enum cli_colour colour)
{
	static const char *const codes[] = { "", "\033[1m", "\033[32m", "\033[33m", "\033[31m" };

	return is_coloured() ? codes[colour] : "";
}

const char *cli_colour_end(enum cli_colour colour)
{
	return colour && is_coloured() ? "\033[0m" : "";
}

void cli_table_begin(struct cli_table *table, const char *const *titles)
{
	memset(table, 0, sizeof(*table));
	for (; *titles; titles++) {
		cli_table_add(table, CLI_BOLD, "%s", *titles);
		table->columns++;
	}
}

/* Without memory there is nothing that could be shown. */
void cli_table_add(struct cli_table *table, enum cli_colour colour, const char *format, ...)
{
	void *more = realloc(table->cell, (table->count + 1) * sizeof(*table->cell));
	va_list args;

	if (!more)
		abort();
	table->cell = more;
	va_start(args, format);
	if (vasprintf(&table->cell[table->count].text, format, args) < 0)
		abort();
	va_end(args);
	table->cell[table->count++].colour = colour;
}

static void print_row(const struct cli_table *table, size_t first, const size_t *width)
{
	u32 i, last = table->columns;

	while (last && !*table->cell[first + last - 1].text)
		last--;
	for (i = 0; i < last; i++) {
		const char *text = table->cell[first + i].text;
		enum cli_colour colour = table->cell[first + i].colour;

		printf("%s%s%s", cli_colour_begin(colour), text, cli_colour_end(colour));
		if (i + 1 < last)
			printf("%*s", (int)(width[i] - strlen(text) + 2), "");
	}
	putchar('\n');
}

void cli_table_print(struct cli_table *table)
{
	size_t width[CLI_COLUMNS_MAX] = { 0 };
	size_t i;

	for (i = 0; i < table->count; i++)
		if (strlen(table->cell[i].text) > width[i % table->columns])
			width[i % table->columns] = strlen(table->cell[i].text);
	for (i = 0; i < table->count; i += table->columns)
		print_row(table, i, width);
	for (i = 0; i < table->count; i++)
		free(table->cell[i].text);
	free(table->cell);
	memset(table, 0, sizeof(*table));
}
