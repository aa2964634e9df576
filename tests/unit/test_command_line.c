// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of a spawn kernel: what is added and what is not, where it goes, what does not
 * fit. Lines of random pieces are read back the way the kernel reads them, by a parser of the
 * test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "command_line.h"
#include "random.h"

#define KHZ 2803200
#define ALL "pci=off 8250.nr_uarts=0 no_ipi_broadcast=1 apic_extnmi=none reboot=acpi " \
	    "panic=-1 tsc=reliable initcall_blacklist=i8237A_init_ops tsc_early_khz=2803200"
#define NO_LIMIT 0xffffffffU
#define RANDOM_LINES 200000
#define PIECES_MAX 12
#define ARGUMENTS_MAX 64
#define ARGUMENT_SIZE 256

static const char *const needed[] = {
	"pci=off", "8250.nr_uarts=0", "no_ipi_broadcast=1", "apic_extnmi=none", "reboot=acpi",
	"panic=-1", "tsc=reliable", "initcall_blacklist=i8237A_init_ops", "tsc_early_khz=2803200",
};

static char line[MK_COMMAND_LINE_MAX];
static struct mk_reason why;

/* The user's line comes from a block of its own length, so that reading beyond its end is seen. */
static int build(const char *user, size_t size, u32 limit)
{
	char *copy = strdup(user), *buffer = malloc(size);
	int length;

	assert_non_null(copy);
	assert_non_null(buffer);
	memset(buffer, 0x5a, size);
	memset(&why, 0, sizeof(why));
	length = mk_command_line_build(buffer, size, limit, copy, KHZ, &why);
	if (length >= 0) {
		assert_int_equal(length, strnlen(buffer, size));
		memcpy(line, buffer, length + 1);
	}
	free(copy);
	free(buffer);
	return length;
}

static void assert_line(const char *user, const char *expected)
{
	if (build(user, sizeof(line), NO_LIMIT) < 0)
		fail_msg("\"%s\" refused: %s", user, why.text);
	assert_string_equal(line, expected);
}

static void test_added(void **state)
{
	(void)state;
	assert_line("", ALL);
	assert_line(" \t\n", ALL);
	assert_line("quiet", "quiet " ALL);
	assert_line("  console=hvc0 quiet \n", "  console=hvc0 quiet " ALL);
	assert_line("a  b", "a  b " ALL);
}

static void test_every_frequency(void **state)
{
	(void)state;
	assert_true(mk_command_line_build(line, sizeof(line), NO_LIMIT, "", 0, NULL) > 0);
	assert_non_null(strstr(line, " tsc_early_khz=0"));
	assert_true(mk_command_line_build(line, sizeof(line), NO_LIMIT, "", ~0U, NULL) > 0);
	assert_non_null(strstr(line, " tsc_early_khz=4294967295"));
}

/* Each word alone is left out when its name is set, whatever the value. */
static void test_not_added(void **state)
{
	char user[ARGUMENT_SIZE], expected[MK_COMMAND_LINE_MAX];
	size_t i, j, length;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		size_t name = strcspn(needed[i], "=");

		snprintf(user, sizeof(user), "%.*s=mine", (int)name, needed[i]);
		length = snprintf(expected, sizeof(expected), "%s", user);
		for (j = 0; j < ARRAY_SIZE(needed); j++)
			if (j != i)
				length += snprintf(expected + length, sizeof(expected) - length,
						   " %s", needed[j]);
		assert_line(user, expected);
	}
	assert_line(ALL, ALL);
	assert_line("x " ALL " y", "x " ALL " y");
}

#define WITHOUT_PCI strchr(ALL, ' ')

static void assert_has_pci(const char *user)
{
	char expected[MK_COMMAND_LINE_MAX];

	snprintf(expected, sizeof(expected), "%s%s", user, WITHOUT_PCI);
	assert_line(user, expected);
}

static void assert_lacks_pci(const char *user)
{
	char expected[MK_COMMAND_LINE_MAX];

	snprintf(expected, sizeof(expected), "%s %s", user, ALL);
	assert_line(user, expected);
}

static void test_names(void **state)
{
	(void)state;
	assert_has_pci("pci=");
	assert_has_pci("pci=nomsi,noaer");
	assert_has_pci("\"pci=a b\"");
	assert_has_pci("pci=\"a b\"");
	assert_has_pci("x\tpci=1");
	assert_has_pci("x\vpci=1");
	assert_has_pci("x\fpci=1");
	assert_has_pci("x\rpci=1");
	assert_has_pci("x\xa0pci=1");
	assert_has_pci("x=\"y z\" pci=1");
	assert_has_pci("--x pci=1");
	assert_has_pci("pci=1 --x");
	assert_has_pci("--=x pci=1");
	assert_lacks_pci("pci");	/* sets nothing */
	assert_lacks_pci("pci:off");
	assert_lacks_pci("xpci=1");
	assert_lacks_pci("pcix=1");
	assert_lacks_pci("PCI=1");
	assert_lacks_pci("x,pci=1");
	assert_lacks_pci("=pci=1");
	assert_lacks_pci("x=\"y pci=1 z\"");
	assert_lacks_pci("\"x pci=1\"");
	assert_lacks_pci("\"\"pci=1");	/* only one quote is taken off */

	/* To the kernel "-" and "_" are the same in a name, and nowhere else. */
	assert_line("no-ipi-broadcast=0 8250.nr-uarts=4 tsc-early_khz=7",
		    "no-ipi-broadcast=0 8250.nr-uarts=4 tsc-early_khz=7 "
		    "pci=off apic_extnmi=none reboot=acpi panic=-1 tsc=reliable "
		    "initcall_blacklist=i8237A_init_ops");
	assert_line("8250-nr_uarts=4", "8250-nr_uarts=4 " ALL);
	assert_line("no.ipi_broadcast=0", "no.ipi_broadcast=0 " ALL);
}

static void test_arguments_of_init(void **state)
{
	(void)state;
	assert_line("--", ALL " --");
	assert_line("-- single", ALL " -- single");
	assert_line("quiet -- single  pci=on ", "quiet " ALL " -- single  pci=on ");
	assert_line("quiet \t-- -- x", "quiet " ALL " -- -- x");
	assert_line("a\v--\vb", "a " ALL " --\vb");
	assert_line("a\xa0--\xa0" "b", "a " ALL " --\xa0" "b");
	assert_line("a \"--\" b", "a " ALL " \"--\" b");
	assert_line("a \"--", "a " ALL " \"--");
	assert_line("a -- \"b", "a " ALL " -- \"b");
	assert_line("x=\"a -- b\" -- c", "x=\"a -- b\" " ALL " -- c");
	assert_line("--- -", "--- - " ALL);
	assert_line("--x", "--x " ALL);
	assert_line("--=", "--= " ALL);
	assert_line("\"\"--", "\"\"-- " ALL);
}

/*
 * Words added behind an open quote would be part of its value: no_ipi_broadcast must not get
 * lost.
 */
static void test_open_quote(void **state)
{
	(void)state;
	assert_line("x=\"a b", "x=\"a b\" " ALL);
	assert_line("\"", "\"\" " ALL);
	assert_line("x=\"a -- b", "x=\"a -- b\" " ALL);
	assert_line("x=\"a b\" \"c", "x=\"a b\" \"c\" " ALL);
	assert_line("x=\"pci=1 ", "x=\"pci=1 \" " ALL);
	assert_line("\"-- ", "\"-- \" " ALL);	/* not "--" */
}

static void assert_too_long(const char *user, size_t size, u32 limit, const char *sentence)
{
	assert_int_equal(build(user, size, limit), -E2BIG);
	assert_string_equal(why.text, sentence);
	assert_int_equal(mk_command_line_build(line, size, limit, user, KHZ, NULL), -E2BIG);
}

/* To the byte, for the image's limit and for the buffer. */
static void assert_edges(const char *user)
{
	int length = build(user, sizeof(line), NO_LIMIT);
	char sentence[MK_REASON_SIZE], expected[MK_COMMAND_LINE_MAX];
	int size;

	assert_true(length > 0);
	strcpy(expected, line);
	assert_int_equal(build(user, length + 1, length), length);
	assert_string_equal(line, expected);

	snprintf(sentence, sizeof(sentence),
		 "command line: %d bytes with the words a spawn kernel needs, the image takes %d",
		 length, length - 1);
	assert_too_long(user, sizeof(line), length - 1, sentence);
	assert_too_long(user, length, NO_LIMIT, sentence);
	assert_too_long(user, length, length, sentence);
	for (size = 1; size < length; size++)
		assert_int_equal(build(user, size, NO_LIMIT), -E2BIG);
}

static void test_too_long(void **state)
{
	char user[MK_COMMAND_LINE_MAX + 1];
	size_t most = MK_COMMAND_LINE_MAX - 1 - strlen(" " ALL);

	(void)state;
	assert_edges("");
	assert_edges("quiet");
	assert_edges("quiet -- single");
	assert_edges("x=\"open");
	assert_edges(ALL);
	assert_too_long("", sizeof(line), 0,
			"command line: 150 bytes with the words a spawn kernel needs, the image takes 0");

	memset(user, 'x', sizeof(user));
	user[most] = '\0';
	assert_int_equal(build(user, sizeof(line), NO_LIMIT), MK_COMMAND_LINE_MAX - 1);
	user[most] = 'x';
	user[most + 1] = '\0';
	assert_too_long(user, sizeof(line), NO_LIMIT,
			"command line: 4096 bytes with the words a spawn kernel needs, the image takes 4095");
}

/*
 * The kernel's view of a line: parameters with names and values apart, and the rest, which is
 * init's.
 */
struct parsed {
	char argument[ARGUMENTS_MAX][ARGUMENT_SIZE];
	u32 count;
	bool open;		/* the last argument has a quote that does not end */
	const char *rest;	/* what follows "--"; NULL without one */
};

static bool is_blank(char c)
{
	return strchr(" \t\n\v\f\r\xa0", c) != NULL && c;
}

/*
 * Quotes around a parameter or around its value are taken off, as parse_args() of the kernel does
 * it.
 */
static const char *parse_argument(const char *p, char *argument, bool *open)
{
	const char *start = p, *end, *equals;
	bool quoted = false, whole;

	for (end = p; *end && (quoted || !is_blank(*end)); end++)
		quoted ^= *end == '"';
	*open = quoted;
	whole = *start == '"';
	start += whole;
	equals = memchr(start, '=', end - start);
	assert_true(end - start < ARGUMENT_SIZE - 2);
	p = end;
	if (equals > start) {
		const char *value = equals + 1;
		bool value_quoted = value < end && *value == '"';

		value += value_quoted;
		if (end[-1] == '"' && (value_quoted || whole))
			end--;
		snprintf(argument, ARGUMENT_SIZE, "%.*s=%.*s", (int)(equals - start), start,
			 end > value ? (int)(end - value) : 0, value);
	} else {
		if (whole && end > start && end[-1] == '"')
			end--;
		snprintf(argument, ARGUMENT_SIZE, "%.*s", (int)(end - start), start);
	}
	return p;
}

static void parse(struct parsed *parsed, const char *p)
{
	parsed->count = 0;
	parsed->open = false;
	parsed->rest = NULL;
	for (;;) {
		while (is_blank(*p))
			p++;
		if (!*p)
			return;
		assert_true(parsed->count < ARGUMENTS_MAX);
		p = parse_argument(p, parsed->argument[parsed->count], &parsed->open);
		if (!strcmp(parsed->argument[parsed->count], "--")) {
			parsed->open = false;
			parsed->rest = p;
			return;
		}
		parsed->count++;
	}
}

static bool same_character(char a, char b)
{
	return (a == '-' ? '_' : a) == (b == '-' ? '_' : b);
}

static bool sets(const struct parsed *parsed, const char *word)
{
	size_t name = strcspn(word, "=") + 1, i;
	u32 j;

	for (j = 0; j < parsed->count; j++) {
		for (i = 0; i < name && same_character(parsed->argument[j][i], word[i]); i++)
			;
		if (i == name)
			return true;
	}
	return false;
}

static void random_line(char *user, size_t size)
{
	static const char *const pieces[] = {
		" ", " ", " ", "\t", "\v", "\xa0", "\"", "\"", "--", "-", "=", "=x", "a", "pci=on",
		"pci", "no-ipi-broadcast=0", "no_ipi_broadcast", "8250.nr_uarts=", "tsc=",
		"apic_extnmi=all", "reboot=k", "panic", "panic=0", "tsc_early-khz=1",
	};
	u32 count = random_below(PIECES_MAX + 1);

	for (*user = '\0'; count--;)
		strncat(user, pieces[random_below(ARRAY_SIZE(pieces))], size - strlen(user) - 1);
}

static void check_random_line(const char *user)
{
	static struct parsed before, after;
	u32 i, j, same;

	parse(&before, user);
	assert_true(build(user, sizeof(line), NO_LIMIT) > 0);
	parse(&after, line);

	/* The user's own first, in their order; one with an open quote ends where the line did. */
	same = before.open ? before.count - 1 : before.count;
	assert_true(after.count >= before.count);
	for (i = 0; i < same; i++)
		assert_string_equal(after.argument[i], before.argument[i]);
	assert_false(after.open);
	/* Then what was needed, and nothing else. */
	for (i = before.count, j = 0; j < ARRAY_SIZE(needed); j++)
		if (!sets(&before, needed[j]))
			assert_string_equal(after.argument[i++], needed[j]);
	assert_int_equal(after.count, i);
	/* Then init's, untouched. */
	assert_int_equal(!after.rest, !before.rest);
	if (before.rest)
		assert_string_equal(after.rest, before.rest);
}

static void test_random(void **state)
{
	char user[PIECES_MAX * 32];
	u32 round;

	(void)state;
	for (round = 0; round < RANDOM_LINES; round++) {
		random_line(user, sizeof(user));
		check_random_line(user);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_every_frequency),
		cmocka_unit_test(test_not_added),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_arguments_of_init),
		cmocka_unit_test(test_open_quote),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("command_line", tests, random_seed, NULL);
}
