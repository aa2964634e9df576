// SPDX-License-Identifier: GPL-2.0-only
/* Which words a stock kernel needs on its command line to live beside others, and why. */
#include "command_line.h"

/*
 * pci=off               the buses are the host's 8250.nr_uarts=0       so are the serial ports,
 * which the driver would probe no_ipi_broadcast=1    a broadcast IPI would reach the host's CPUs:
 * the one sent at reboot stops them apic_extnmi=none      an NMI from outside is the host's to
 * hear; it would reach the first CPU of every kernel reboot=acpi           reset through the
 * control page, not through the keyboard controller panic=-1              reset at once after a
 * panic: the host sees it that way tsc=reliable          there is no other clock to check it
 * against initcall_blacklist=   that one looks for the host's DMA controller tsc_early_khz=
 * nor is there a clock to measure it by
 */
static const char *const words[] = {
	"pci=off", "8250.nr_uarts=0", "no_ipi_broadcast=1", "apic_extnmi=none", "reboot=acpi", "panic=-1",
	"tsc=reliable", "initcall_blacklist=i8237A_init_ops",
};

/* What lib/ctype.c takes for blank: also the no-break space of Latin-1, wherever it comes from. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (u8)c == 0xa0;
}

static size_t key_length(const char *word)
{
	return strcspn(word, "=");
}

/*
 * Walks the words the way kernel/params.c does: blanks inside double quotes belong to the word.
 * *position is moved behind the word that is returned; NULL at the end.
 */
static const char *next_word(const char **position, size_t *length)
{
	const char *start, *p = *position;
	bool quoted = false;

	while (is_space(*p))
		p++;
	if (!*p)
		return NULL;
	start = p;
	for (; *p && (quoted || !is_space(*p)); p++)
		if (*p == '"')
			quoted = !quoted;
	*length = p - start;
	*position = p;
	return start;
}

/* A word in quotes is the kernel's without them; a last word may lack the second one. */
static void unquote(const char **word, size_t *length)
{
	if (**word != '"')
		return;
	++*word;
	--*length;
	if (*length && (*word)[*length - 1] == '"')
		--*length;
}

/* Length of the part that is the kernel's: all ahead of a word "--". */
static size_t kernel_part(const char *line)
{
	const char *word, *position = line;
	size_t length;

	while ((word = next_word(&position, &length))) {
		size_t start = word - line;

		unquote(&word, &length);
		if (length == 2 && word[0] == '-' && word[1] == '-')
			return start;
	}
	return strlen(line);
}

/* The kernel takes "-" and "_" in a name for the same. */
static bool same_name(const char *a, const char *b, size_t length)
{
	for (; length; length--, a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return true;
}

/* A name without "=" sets nothing: all of these parameters want a value. */
static bool user_has(const char *line, size_t end, const char *wanted)
{
	const char *word, *position = line;
	size_t length, key = key_length(wanted);

	while ((word = next_word(&position, &length)) && (size_t)(word - line) < end) {
		unquote(&word, &length);
		if (length > key && word[key] == '=' && same_name(word, wanted, key))
			return true;
	}
	return false;
}

static bool quote_is_open(const char *line, size_t end)
{
	bool open = false;

	while (end--)
		open ^= line[end] == '"';
	return open;
}

static void append(char *buffer, size_t size, size_t *length, const char *text, size_t count)
{
	if (*length + count < size) {
		memcpy(buffer + *length, text, count);
		buffer[*length + count] = '\0';
	}
	*length += count;	/* beyond size: the caller sees that it did not fit */
}

int mk_command_line_build(char *buffer, size_t size, u32 limit, const char *user, u32 tsc_khz,
			  struct mk_reason *why)
{
	size_t end = kernel_part(user), length = 0, ahead = end, i;
	char tsc[sizeof("tsc_early_khz=4294967295")];
	bool open = quote_is_open(user, end);

	while (!open && ahead && is_space(user[ahead - 1]))
		ahead--;
	buffer[0] = '\0';
	append(buffer, size, &length, user, ahead);
	if (open)
		append(buffer, size, &length, "\"", 1);	/* or it would swallow the words to come */
	snprintf(tsc, sizeof(tsc), "tsc_early_khz=%u", tsc_khz);
	for (i = 0; i <= ARRAY_SIZE(words); i++) {
		const char *word = i < ARRAY_SIZE(words) ? words[i] : tsc;

		if (user_has(user, end, word))
			continue;
		if (length)
			append(buffer, size, &length, " ", 1);
		append(buffer, size, &length, word, strlen(word));
	}
	if (user[end]) {
		append(buffer, size, &length, " ", 1);
		append(buffer, size, &length, user + end, strlen(user + end));
	}
	if (length > limit || length >= size)
		return mk_refuse(why, -E2BIG,
				 "command line: %zu bytes with the words a spawn kernel needs, the image takes %u",
				 length, limit < size ? limit : (u32)size - 1);
	return length;
}
