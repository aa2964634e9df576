// SPDX-License-Identifier: GPL-2.0-only
/* From a command's table of options: the usage line, the help, the parsing. */
#include <stdlib.h>

#include "mkio.h"
#include "options.h"

static const struct mkio_command *running;

static void print_usage_line(FILE *to)
{
	const struct mkio_option *option;

	if (!running) {
		fputs("usage: mkio KIND NAME [OPTIONS]; \"mkio --help\" lists the kinds\n", to);
		return;
	}
	fprintf(to, "usage: mkio %s NAME", running->name);
	for (option = running->option; option->name; option++)
		fprintf(to, " %s--%s%s%s%s", option->needed ? "" : "[", option->name,
			option->value ? " " : "", option->value ? option->value : "",
			option->needed ? "" : "]");
	fputc('\n', to);
}

int mkio_usage(const char *format, ...)
{
	va_list args;

	fputs("mkio: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	print_usage_line(stderr);
	return MKIO_USAGE;
}

void options_explain(const struct mkio_command *command)
{
	const struct mkio_option *option;

	running = command;
	print_usage_line(stdout);
	printf("\n%s\n", running->help);
	for (option = running->option; option->name; option++)
		printf("  --%s%s%-*s %s\n", option->name, option->value ? " " : "",
		       14 - (int)strlen(option->name), option->value ? option->value : "",
		       option->help);
}

static const struct mkio_option *find_option(const char *name)
{
	const struct mkio_option *option;

	for (option = running->option; option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

/* One option at argv[0], its value behind it; returns how many words it took, 0 after a report. */
static int parse_option(int argc, char **argv)
{
	const struct mkio_option *option = find_option(argv[0] + 2);

	if (!option) {
		mkio_usage("%s does not know %s", running->name, argv[0]);
		return 0;
	}
	if (!option->value) {
		*option->text = "";
		return 1;
	}
	if (argc < 2) {
		mkio_usage("%s: %s wants a value", running->name, argv[0]);
		return 0;
	}
	*option->text = argv[1];
	return 2;
}

int options_parse(const struct mkio_command *command, int argc, char **argv,
		  const char **instance)
{
	const struct mkio_option *option;
	int i, words;

	running = command;
	for (i = 1; i < argc; i += words) {
		words = 1;
		if (!strncmp(argv[i], "--", 2)) {
			words = parse_option(argc - i, argv + i);
			if (!words)
				return MKIO_USAGE;
		} else if (*instance) {
			return mkio_usage("%s takes one NAME", running->name);
		} else {
			*instance = argv[i];
		}
	}
	if (!*instance)
		return mkio_usage("%s wants the NAME of an instance", running->name);
	for (option = running->option; option->name; option++)
		if (option->needed && !*option->text)
			return mkio_usage("%s wants --%s", running->name, option->name);
	return MKIO_OK;
}

bool option_number(const char *text, u64 least, u64 most, u64 *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *number >= least && *number <= most;
}
