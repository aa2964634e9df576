// SPDX-License-Identifier: GPL-2.0-only
/*
 * "PROGRAM complete WORD...": what can be typed next, one a line, with a tab and what it means
 * behind it. The completions of bash, zsh and fish (packaging/completion) only ask this, so they
 * know of each command and option as soon as it is in the tables. A line ":file" means that the
 * shell is to offer files; what is behind its tab stands ahead of the file's name in that word.
 */
#include <ctype.h>

#include "complete.h"
#include "say.h"

static void offer(const char *word, const char *typed, const char *meaning)
{
	if (!strncmp(word, typed, strlen(typed)))
		printf("%s\t%s\n", word, meaning);
}

/* Of several commands whose names begin with the same word only the first offers it. */
static bool is_offered(const struct cli_program *program, const struct cli_command *const *command,
		       const char *first)
{
	return command > program->commands && !strncmp(command[-1]->name, first, strlen(first)) &&
	       command[-1]->name[strlen(first)] == ' ';
}

/* A command's name may be two words: the one that comes next is offered. */
static void offer_commands(const struct cli_program *program, int count, char **words)
{
	const struct cli_command *const *command;

	for (command = program->commands; *command; command++) {
		const char *name = (*command)->name, *second = strchr(name, ' ');
		char first[32];

		snprintf(first, sizeof(first), "%.*s", (int)strcspn(name, " "), name);
		if (count == 1 && !is_offered(program, command, first))
			offer(first, words[0], (*command)->summary);
		else if (count > 1 && second && !strcmp(first, words[0]))
			offer(second + 1, words[1], (*command)->summary);
	}
	if (count == 1)
		offer("help", words[0], "explain a command");
}

static void offer_options(const struct cli_command *command, const char *typed)
{
	const struct cli_option *option;
	char word[64];

	for (option = command->options; option && option->name; option++) {
		snprintf(word, sizeof(word), "--%s", option->name);
		offer(word, typed, option->help);
	}
	offer("--help", typed, "explain this command");
}

/* A file, of which "[TAG=]DIRECTORY" may have a word ahead. */
static void offer_files(const char *placeholder, const char *typed)
{
	const char *equals = strstr(placeholder, "=]") ? strchr(typed, '=') : NULL;

	if (equals)
		printf(":file\t%.*s\n", (int)(equals + 1 - typed), typed);
	else
		puts(":file");
}

/* "FILE" and "DIRECTORY" mean files; what other placeholders mean the program knows. */
static void offer_values(const struct cli_program *program, const char *placeholder,
			 const char *before, const char *typed)
{
	if (!strcmp(placeholder, "FILE") || strstr(placeholder, "DIRECTORY"))
		offer_files(placeholder, typed);
	else if (program->complete)
		program->complete(placeholder, before);
}

/* The option whose value the last word is, if the word before it asks for one. */
static const struct cli_option *awaiting_value(const struct cli_command *command,
					       const char *before)
{
	const struct cli_option *option;

	for (option = command->options; option && option->name; option++)
		if (option->argument && cli_names_option(option, before) && !strchr(before, '='))
			return option;
	return NULL;
}

/* The placeholder of the operand at this place, "" behind the last; "..." repeats. */
static void operand_at(const struct cli_command *command, int place, char placeholder[32])
{
	const char *at = command->operands;
	size_t length;

	*placeholder = '\0';
	while (*at && place >= 0) {
		at += strspn(at, " [");
		length = 0;
		while (isupper((unsigned char)at[length]))
			length++;
		snprintf(placeholder, 32, "%.*s", (int)length, at);
		at += strcspn(at, " ");
		if (place && !*at && !strstr(command->operands, "..."))
			*placeholder = '\0';
		if (!place || !*at)
			return;
		place--;
	}
}

/* How many words before the last are operands. */
static int count_operands(const struct cli_command *command, int count, char **words)
{
	int i, found = 0;

	for (i = 0; i < count - 1; i++)
		if (*words[i] != '-' && !(i && awaiting_value(command, words[i - 1])))
			found++;
	return found;
}

static void offer_arguments(const struct cli_program *program, const struct cli_command *command,
			    int count, char **words)
{
	const char *typed = words[count - 1], *before = count > 1 ? words[count - 2] : "";
	const struct cli_option *option = awaiting_value(command, before);
	char placeholder[32];

	if (option) {
		offer_values(program, option->argument, before, typed);
	} else if (*typed == '-') {
		offer_options(command, typed);
	} else {
		operand_at(command, count_operands(command, count, words), placeholder);
		offer_values(program, placeholder, before, typed);
	}
}

int cli_complete(const struct cli_program *program, int count, char **words)
{
	const struct cli_command *command;
	int used;

	if (!count)
		return CLI_OK;
	if (count > 1 && !strcmp(words[0], "help")) {
		offer_commands(program, count - 1, words + 1);
		return CLI_OK;
	}
	command = cli_find_command(program, count - 1, words, &used);
	if (command)
		offer_arguments(program, command, count - used, words + used);
	else
		offer_commands(program, count, words);
	return CLI_OK;
}
