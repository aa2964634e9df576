// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any line of a user's: what is built of it, taken apart again as the kernel does it (the oracle is
 * the tests' own), has the user's words unchanged, all of ours in effect, and init's arguments
 * untouched; what is refused has a sentence, and for the plain words a second opinion says the same.
 *
 * The first byte's bits say how: unsafe, and with which memory. Every buffer is a block of its own,
 * so that the sanitizer sees its ends.
 */
#include "command_line.h"
#include "fuzz.h"
#include "line_oracle.h"

/* Those that are refused whatever else is there. NULL: with any value, or with none. */
static const struct {
	const char *name;
	const char *value;
} plain[] = {
	{ "acpi", "off" }, { "acpi", "noirq" }, { "acpi", "ht" }, { "acpi", "rsdt" },
	{ "acpi_rsdp", NULL }, { "acpi_apic_instance", NULL }, { "noapic", NULL },
	{ "nosmp", NULL }, { "nolapic", NULL }, { "disableapic", NULL },
	{ "nolapic_timer", NULL }, { "noapictimer", NULL }, { "disable_cpu_apicid", NULL },
	{ "tsc", "unstable" }, { "notsc", NULL }, { "nomce", NULL }, { "mce", "off" },
	{ "i8042.nopnp", NULL }, { "earlyprintk", NULL }, { "earlycon", NULL },
	{ "mem_encrypt", "on" },
};

/* Those that are refused for some of their values. */
static const char *const others[] = {
	"pci", "maxcpus", "rdt", "console", "mem", "memmap",
};

static bool must_be_refused(const struct oracle_line *before)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plain); i++)
		if (oracle_line_has(before, plain[i].name, plain[i].value))
			return true;
	return false;
}

/* Nothing in the text that any rule of a refusal begins with. */
static bool must_be_taken(const struct oracle_line *before, const char *user)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (oracle_line_has(before, others[i], NULL))
			return false;
	/* The decompressor's plain reading finds more. */
	if (strstr(user, "earlyprintk") || strstr(user, "console=uart") ||
	    strstr(user, "mem_encrypt=on"))
		return false;
	return !must_be_refused(before);
}

static bool same_text(const char *a, const char *b)
{
	return !a == !b && (!a || !strcmp(a, b));
}

/* One with a quote that is open at the end of the line gets its end: it may differ by that. */
static void check_users_words(const struct oracle_line *before, const struct oracle_line *after)
{
	u32 i, same = before->open ? before->count - 1 : before->count;

	MUST(after->count >= before->count, "words are missing");
	MUST(!after->open, "a quote is open");
	for (i = 0; i < same; i++) {
		MUST(!strcmp(after->name[i], before->name[i]), before->name[i]);
		MUST(same_text(after->value[i], before->value[i]), before->name[i]);
	}
	MUST(!after->rest == !before->rest, "init's arguments");
	MUST(!after->rest || !strcmp(after->rest, before->rest), after->rest);
}

static void check_ours(const struct oracle_line *after)
{
	size_t i;

	for (i = 0; i < ORACLE_NEEDED; i++) {
		MUST(oracle_line_has(after, oracle_needed[i].name, oracle_needed[i].value), oracle_needed[i].name);
		if (oracle_needed[i].last_counts)
			MUST(!strcmp(oracle_line_last(after, oracle_needed[i].name), oracle_needed[i].value),
			     oracle_needed[i].name);
	}
}

/* The user's words win: each is the last of its name, or ours stands for a name that is not there. */
static void check_unsafe(const struct oracle_line *before, const struct oracle_line *after)
{
	size_t i;

	for (i = 0; i < ORACLE_NEEDED; i++) {
		const char *theirs = before->open ? NULL : oracle_line_last(before, oracle_needed[i].name);

		if (oracle_needed[i].last_counts && theirs)
			MUST(!strcmp(oracle_line_last(after, oracle_needed[i].name), theirs), oracle_needed[i].name);
	}
}

static void check_remarks(const struct mk_command_line *line)
{
	const char *position = line->user;
	size_t count = 0, most = strlen(line->user) + 1;
	struct mk_reason remark;

	while (mk_command_line_remark(line, &position, &remark)) {
		MUST(is_sentence(remark.text), "a remark");
		MUST(++count <= most, "remarks without end");
	}
}

static void check_built(const struct mk_command_line *line, const struct oracle_line *before)
{
	static struct oracle_line after;
	size_t size = strlen(line->user) + 1024;
	struct mk_reason why = { .text = "" };
	char *buffer = malloc(size);
	int length;

	MUST(buffer, "out of memory");
	length = mk_command_line_build(buffer, size, line, &why);
	if (length < 0) {
		MUST(length == -EINVAL && !line->unsafe, why.text);
		MUST(is_sentence(why.text), why.text);
		MUST(!must_be_taken(before, line->user), why.text);
		free(buffer);
		return;
	}
	MUST((size_t)length == strlen(buffer), "length");
	MUST(line->unsafe || !must_be_refused(before), line->user);
	oracle_line_read(&after, buffer);
	check_users_words(before, &after);
	if (line->unsafe)
		check_unsafe(before, &after);
	else
		check_ours(&after);
	oracle_line_free(&after);
	MUST(mk_command_line_build(buffer, length, line, NULL) == -E2BIG, "does not fit");
	free(buffer);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct oracle_line before;
	struct mk_range range[] = {
		{ .start = 0x100000000, .size = 0x20000000 },
		{ .start = 0x140000000, .size = 0x10000000 },
	};
	struct mk_ranges memory = { .range = range, .count = 2, .capacity = 2 };
	struct mk_command_line line = { .limit = ~0U, .tsc_khz = ORACLE_KHZ };
	char *user;

	if (!size || size > ORACLE_WORDS_MAX)
		return 0;
	line.unsafe = data[0] & 1;
	if (data[0] & 2) {
		line.memory = &memory;
		line.memory_bytes = 0x30000000;
	}
	user = calloc(1, size);
	MUST(user, "out of memory");
	memcpy(user, data + 1, size - 1);
	line.user = user;
	oracle_line_read(&before, user);
	check_built(&line, &before);
	check_remarks(&line);
	oracle_line_free(&before);
	free(user);
	return 0;
}
