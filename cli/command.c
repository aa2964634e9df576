// SPDX-License-Identifier: GPL-2.0-only
/* Looking a word up in a program's tables. */
#include "command.h"

const struct cli_command *cli_find_command(const struct cli_program *of, int count,
					   char **words, int *used)
{
	const struct cli_command *const *command;

	for (command = of->commands; *command; command++) {
		const char *name = (*command)->name, *second = strchr(name, ' ');
		size_t length = second ? (size_t)(second - name) : strlen(name);

		*used = second ? 2 : 1;
		if (count < *used || strlen(words[0]) != length || memcmp(words[0], name, length))
			continue;
		if (!second || !strcmp(words[1], second + 1))
			return *command;
	}
	return NULL;
}

bool cli_names_option(const struct cli_option *option, const char *word)
{
	size_t length = strlen(option->name);

	if (word[0] == '-' && word[1] == '-')
		return !strncmp(word + 2, option->name, length) &&
		       (!word[2 + length] || word[2 + length] == '=');
	return word[0] == '-' && option->letter && word[1] == option->letter;
}
