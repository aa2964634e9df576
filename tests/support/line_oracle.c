// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "line_oracle.h"

const struct oracle_word oracle_needed[ORACLE_NEEDED] = {
	{ "pci", "off", false },
	{ "8250.nr_uarts", "0", true },
	{ "no_ipi_broadcast", "1", true },
	{ "apic_extnmi", "none", true },
	{ "nox2apic", NULL, false },
	{ "reboot", "acpi", true },
	{ "panic", "-1", true },
	{ "tsc", "reliable", false },
	{ "memhp_default_state", "online_movable", true },
	{ "initcall_blacklist", "i8237A_init_ops,thermal_throttle_init_device", false },
	{ "tsc_early_khz", "2803200", true },
	{ "rdt", "!cmt,!mbmtotal,!mbmlocal,!l3cat,!l2cat,!mba,!smba", false },
	{ "mce", "no_cmci", false },
	{ "intel_pstate", "no_hwp", false },
	{ "swiotlb", "noforce", false },
};

static bool is_blank(char c)
{
	return c && strchr(" \t\n\v\f\r\xa0", c);
}

/* Blanks between quotes are part of a word. */
static char *end_of_word(char *start, bool *open)
{
	char *end = start;

	*open = false;
	while (*end && (*open || !is_blank(*end)))
		*open ^= *end++ == '"';
	return end;
}

/*
 * Takes the quotes off, around the whole or around the value, and puts a NUL in place of the "=".
 */
static void split(char *start, char *end, char **name, char **value)
{
	bool whole = *start == '"', value_quoted = false;
	char *equals;

	*end = '\0';
	*name = start + whole;
	*value = NULL;
	equals = **name ? strchr(*name + 1, '=') : NULL;
	if (equals) {
		*equals = '\0';
		*value = equals + 1;
		value_quoted = **value == '"';
		*value += value_quoted;
	}
	if ((whole || value_quoted) && end > start + whole && end[-1] == '"')
		end[-1] = '\0';
}

void oracle_line_read(struct oracle_line *line, const char *text)
{
	char *p, *end, *next;

	line->copy = strdup(text);
	line->count = 0;
	line->open = false;
	line->rest = NULL;
	for (p = line->copy; ; p = next) {
		bool open;

		while (is_blank(*p))
			p++;
		if (!*p || line->count == ORACLE_WORDS_MAX)
			return;
		end = end_of_word(p, &open);
		next = *end ? end + 1 : end;
		split(p, end, &line->name[line->count], &line->value[line->count]);
		if (!line->value[line->count] && !strcmp(line->name[line->count], "--")) {
			line->rest = text + (end - line->copy);
			return;
		}
		line->open = open;
		line->count++;
	}
}

void oracle_line_free(struct oracle_line *line)
{
	free(line->copy);
}

bool oracle_same_name(const char *a, const char *b)
{
	while (*a && (*a == '-' ? '_' : *a) == (*b == '-' ? '_' : *b))
		a++, b++;
	return !*a && !*b;
}

const char *oracle_line_last(const struct oracle_line *line, const char *name)
{
	u32 i = line->count;

	while (i--)
		if (line->value[i] && *line->value[i] && oracle_same_name(line->name[i], name))
			return line->value[i];
	return NULL;
}

bool oracle_line_has(const struct oracle_line *line, const char *name, const char *value)
{
	u32 i;

	for (i = 0; i < line->count; i++)
		if (oracle_same_name(line->name[i], name) &&
		    (!value || (line->value[i] && !strcmp(line->value[i], value))))
			return true;
	return false;
}
