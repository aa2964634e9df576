// SPDX-License-Identifier: GPL-2.0-only
/* From the tables of a program: its command line taken apart, its usage lines, its help. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "complete.h"
#include "nearest.h"
#include "number.h"
#include "options.h"
#include "wrap.h"

#define CLI_LIST_SIZE 256
#define OPTION_COLUMNS 30	/* of an option in help, before what it does */
#define SENTENCE_SIZE 2048	/* of what is wrong, for who hears that as well */

static const struct cli_program *program;
static const struct cli_command *running;

static bool is_last(const struct cli_option *option)
{
	return !option || !option->name;
}

/* "-f", "--initrd FILE", in brackets where it need not be given. */
static void print_option_usage(struct cli_wrap *usage, const struct cli_option *option)
{
	char letter[] = "-x", name[48], piece[96];

	letter[1] = option->letter;
	snprintf(name, sizeof(name), "--%s", option->name);
	snprintf(piece, sizeof(piece), "%s%s%s%s%s%s", option->needed ? "" : "[",
		 option->letter ? letter : name, option->argument ? " " : "",
		 option->argument ? option->argument : "", option->needed ? "" : "]",
		 option->kind == CLI_TEXTS ? "..." : "");
	cli_wrap_piece(usage, piece, strlen(piece));
}

static void print_usage_line(FILE *to)
{
	struct cli_wrap usage = { .to = to };
	const struct cli_option *option;

	if (!running) {
		fprintf(to, "usage: %s COMMAND [ARGUMENTS]; \"%s --help\" lists them\n", program->name,
			program->name);
		return;
	}
	usage.column = fprintf(to, "usage: %s %s", program->name, running->name);
	usage.indent = usage.column;
	if (*running->operands || !is_last(running->options)) {
		fputc(' ', to);
		usage.column = ++usage.indent;
	}
	cli_wrap_words(&usage, running->operands);
	for (option = running->options; !is_last(option); option++)
		print_option_usage(&usage, option);
	cli_wrap_end(&usage);
}

int cli_usage(const char *format, ...)
{
	char sentence[SENTENCE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	cli_warn("%s", sentence);
	print_usage_line(stderr);
	if (program->misused)
		program->misused(sentence);
	return CLI_USAGE;
}

/* "-o, --output FILE" and what it does, in two columns. */
static void print_option_help(const struct cli_option *option)
{
	struct cli_wrap help = { .to = stdout, .indent = OPTION_COLUMNS };
	char letter[] = "-x, ", name[48];

	letter[1] = option->letter;
	snprintf(name, sizeof(name), "%s--%s%s%s", option->letter ? letter : "    ", option->name,
		 option->argument ? " " : "", option->argument ? option->argument : "");
	help.column = printf("  %-*s ", OPTION_COLUMNS - 3, name);
	cli_wrap_words(&help, option->help);
	if (option->kind == CLI_TEXTS)
		cli_wrap_words(&help, "(may be given several times)");
	cli_wrap_end(&help);
}

static int explain_command(void)
{
	const struct cli_option *option = running->options;
	struct cli_wrap help = { .to = stdout };

	print_usage_line(stdout);
	putchar('\n');
	cli_wrap_words(&help, running->help);
	cli_wrap_end(&help);
	if (!is_last(option))
		putchar('\n');
	for (; !is_last(option); option++)
		print_option_help(option);
	return CLI_OK;
}

/* How wide the names of the commands are that have a line of their own. */
static int widest_name(void)
{
	const struct cli_command *const *command;
	int width = 0, length;

	for (command = program->commands; *command; command++) {
		length = strlen((*command)->name);
		if (!(*command)->seldom && length > width)
			width = length;
	}
	return width;
}

/* "  Also: check, export." */
static void list_seldom(void)
{
	struct cli_wrap also = { .to = stdout, .indent = 8 };
	const struct cli_command *const *command;
	char piece[48];

	for (command = program->commands; *command; command++) {
		if (!(*command)->seldom)
			continue;
		if (!also.column)
			also.column = printf("  Also: ");
		else
			cli_wrap_piece(&also, piece, strlen(piece));
		snprintf(piece, sizeof(piece), "%s,", (*command)->name);
	}
	if (!also.column)
		return;
	cli_wrap_piece(&also, piece, strlen(piece) - 1);
	cli_wrap_end(&also);
}

static int explain_program(void)
{
	const struct cli_command *const *command;
	int width = widest_name();

	printf("usage: %s COMMAND [ARGUMENTS]\n\n%s\n\n", program->name, program->summary);
	for (command = program->commands; *command; command++)
		if (!(*command)->seldom)
			printf("  %-*s  %s\n", width, (*command)->name, (*command)->summary);
	list_seldom();
	printf("\n\"%s help COMMAND\" tells more; %s(8) tells all.\n", program->name, program->name);
	return CLI_OK;
}

/* The commands of two words that begin with this one: "image load, image list". */
static void list_beginning(char *list, size_t size, const char *word)
{
	const struct cli_command *const *command;
	size_t length = strlen(word), used = 0;

	*list = '\0';
	for (command = program->commands; *command && used < size; command++)
		if (!strncmp((*command)->name, word, length) && (*command)->name[length] == ' ')
			used += snprintf(list + used, size - used, "%s%s", used ? ", " : "", (*command)->name);
}

static int refuse_command(const char *word)
{
	const struct cli_command *const *command;
	struct cli_nearest nearest;
	char hint[CLI_HINT_SIZE], list[CLI_LIST_SIZE];

	list_beginning(list, sizeof(list), word);
	if (*list)
		return cli_usage("%s wants one more word: %s", word, list);
	cli_nearest_begin(&nearest, word);
	for (command = program->commands; *command; command++)
		cli_nearest_try(&nearest, (*command)->name);
	return cli_usage("there is no command \"%s\"%s", word, cli_nearest_hint(&nearest, hint));
}

static int refuse_option(const char *word)
{
	const struct cli_option *option;
	struct cli_nearest nearest;
	char hint[CLI_HINT_SIZE], name[CLI_NEAREST_SIZE];

	cli_nearest_begin(&nearest, word);
	for (option = running->options; !is_last(option); option++) {
		snprintf(name, sizeof(name), "--%s", option->name);
		cli_nearest_try(&nearest, name);
	}
	return cli_usage("%s does not know %.*s%s", running->name, (int)strcspn(word, "="), word,
			 cli_nearest_hint(&nearest, hint));
}

static int refuse_number(const struct cli_option *option)
{
	char least[40] = "";

	if (option->least)
		snprintf(least, sizeof(least), "from %llu ", (unsigned long long)option->least);
	return cli_usage("%s: --%s takes %s, a whole number %s%s %llu", running->name, option->name,
			 option->argument, least, option->least ? "to" : "up to",
			 (unsigned long long)option->most);
}

static int set_number(const struct cli_option *option, const char *value)
{
	const char *end = value + strlen(value);
	u64 number;

	if (!mk_number_read(&value, end, 10, &number) || *value || number > option->most ||
	    number < option->least)
		return refuse_number(option);
	*(u64 *)option->to = number;
	return CLI_OK;
}

static int set_size(const struct cli_option *option, const char *value)
{
	if (!mk_size_parse(value, option->to))
		return cli_usage("%s: --%s takes a size, such as 512M or 2G, and not \"%s\"", running->name,
				 option->name, value);
	return CLI_OK;
}

static int add_text(const struct cli_option *option, const char *value)
{
	struct cli_texts *texts = option->to;

	if (texts->count == CLI_TEXTS_MAX)
		return cli_usage("%s: --%s is given more than %d times", running->name, option->name,
				 CLI_TEXTS_MAX);
	texts->text[texts->count++] = value;
	return CLI_OK;
}

static int set(const struct cli_option *option, const char *value)
{
	switch (option->kind) {
	case CLI_FLAG:
		*(bool *)option->to = true;
		return CLI_OK;
	case CLI_TEXT:
		*(const char **)option->to = value;
		return CLI_OK;
	case CLI_TEXTS:
		return add_text(option, value);
	case CLI_NUMBER:
		return set_number(option, value);
	default:
		return set_size(option, value);
	}
}

/**
 * struct words - a command line being taken apart
 * @count:   words that are left
 * @word:    they
 * @given:   a bit for each row of the table that has been met
 * @operand: words that are no options, in place of those that were taken
 * @found:   how many
 */
struct words {
	int count;
	char **word;
	u64 given;
	char **operand;
	int found;
};

static char *take_word(struct words *words)
{
	words->count--;
	return *words->word++;
}

/* The value of an option: behind "=", behind its letter, or the next word. */
static int take_value(struct words *words, const struct cli_option *option, char *word,
		      const char **value)
{
	*value = word[1] == '-' ? strchr(word, '=') : word + 1;
	if (*value && (word[1] == '-' || (*value)[1])) {
		++*value;
		if (option->kind == CLI_FLAG)
			return cli_usage("%s: --%s takes no value", running->name, option->name);
		return CLI_OK;
	}
	if (option->kind == CLI_FLAG)
		return CLI_OK;
	if (!words->count)
		return cli_usage("%s: %s wants a value", running->name, word);
	*value = take_word(words);
	return CLI_OK;
}

/* Where there can be one value only, a second one is a mistake, and which was meant is not known. */
static int take_option(struct words *words, char *word)
{
	const struct cli_option *option = running->options;
	const char *value;
	u64 bit;
	int code;

	while (!is_last(option) && !cli_names_option(option, word))
		option++;
	if (is_last(option))
		return refuse_option(word);
	code = take_value(words, option, word, &value);
	if (code)
		return code;
	bit = 1ULL << (option - running->options);
	if (words->given & bit && option->kind != CLI_TEXTS)
		return cli_usage("%s: --%s is given twice", running->name, option->name);
	words->given |= bit;
	return set(option, value);
}

/* Returns -1 when the words are taken apart, else the exit code with which all is over. */
static int parse(struct words *words)
{
	bool options = true;
	int code;

	while (words->count) {
		char *word = take_word(words);

		if (!options || word[0] != '-' || !word[1]) {
			words->operand[words->found++] = word;
		} else if (!strcmp(word, "--")) {
			options = false;
		} else if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
			return explain_command();
		} else {
			code = take_option(words, word);
			if (code)
				return code;
		}
	}
	return -1;
}

/* How many operands there must be at least, and may be at most. */
static void count_operands(const char *operands, int *least, int *most)
{
	const char *at;

	*least = *most = 0;
	for (at = operands; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
		++*most;
		*least += *at != '[';
	}
	if (strstr(operands, "..."))
		*most = INT32_MAX;
}

static int check_operands(const struct words *words)
{
	const struct cli_option *option;
	int least, most;

	count_operands(running->operands, &least, &most);
	if (!most && words->found)
		return cli_usage("%s takes no \"%s\"", running->name, words->operand[0]);
	if (words->found < least || words->found > most)
		return cli_usage("%s takes %s%s", running->name, most == 1 ? "one " : "", running->operands);
	for (option = running->options; !is_last(option); option++)
		if (option->needed && !(words->given >> (option - running->options) & 1))
			return cli_usage("%s wants --%s %s", running->name, option->name, option->argument);
	return CLI_OK;
}

/* @words begin behind the command's name; its place and theirs serve for the operands. */
static int run_command(int count, char **words)
{
	struct words left = { .count = count, .word = words, .operand = words };
	int code = parse(&left);

	if (code >= 0)
		return code;
	code = check_operands(&left);
	return code ? code : running->run(left.found, left.operand);
}

static int help(int count, char **words)
{
	int used;

	if (!count)
		return explain_program();
	running = cli_find_command(program, count, words, &used);
	if (!running)
		return refuse_command(words[0]);
	if (count > used) {
		running = NULL;
		return cli_usage("help takes one COMMAND");
	}
	return explain_command();
}

static int dispatch(int count, char **words)
{
	int used;

	if (!count)
		return cli_usage("no command given");
	if (!strcmp(words[0], "--version") || !strcmp(words[0], "-V")) {
		printf("%s %s\n", program->name, program->version);
		return CLI_OK;
	}
	if (!strcmp(words[0], "--help") || !strcmp(words[0], "-h"))
		return explain_program();
	if (!strcmp(words[0], "help"))
		return help(count - 1, words + 1);
	if (!strcmp(words[0], "complete"))
		return cli_complete(program, count - 1, words + 1);
	running = cli_find_command(program, count, words, &used);
	if (!running)
		return refuse_command(words[0]);
	return run_command(count - used, words + used);
}

/*
 * A descriptor that the caller has closed would be the next file's, which is then read and written
 * as standard input and output. A caller who ignores his children's ends would have us never see
 * ours.
 */
static void set_up_process(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	signal(SIGCHLD, SIG_DFL);
}

/* Whoever shares the terminal or the pipe with us may have set it not to block. */
static ssize_t write_waiting(void *cookie, const char *bytes, size_t size)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t done;

	(void)cookie;
	do
		done = write(STDOUT_FILENO, bytes, size);
	while (done < 0 && (errno == EINTR || (errno == EAGAIN && poll(&out, 1, -1) >= 0)));
	return done < 0 ? 0 : done;
}

static void set_up_output(void)
{
	static const cookie_io_functions_t functions = { .write = write_waiting };
	FILE *output;

	if (!(fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK))
		return;
	output = fopencookie(NULL, "w", functions);
	if (output)
		stdout = output;
}

int cli_main(const struct cli_program *of, int argc, char **argv)
{
	int code;

	program = of;
	cli_set_program(of->name);
	set_up_process();
	set_up_output();
	code = dispatch(argc ? argc - 1 : 0, argv + 1);

	/* A full disk or a closed pipe must not look like success. */
	if (fflush(stdout) || ferror(stdout))
		return cli_refuse("cannot write the output: %s", strerror(errno));
	return code;
}
