// SPDX-License-Identifier: GPL-2.0-only
/* How a command line is checked, and how ours is put together. */
#include "command_line.h"

#define QUOTE_SIZE 60	/* so much of a user's word is shown, bytes with the NUL */

/*
 * A word for a sentence: cut where it is too long, and with nothing in it that a log would not
 * like.
 */
static const char *quote(char buffer[QUOTE_SIZE], const struct mk_word *word)
{
	size_t i, length = word->name_length + (word->value ? 1 + word->value_length : 0);

	for (i = 0; i < QUOTE_SIZE - 1 && i < length; i++) {
		const char *c = i <= word->name_length ? word->name + i :
							 word->value + (i - word->name_length - 1);

		buffer[i] = i == word->name_length ? '=' : *c >= ' ' && *c <= '~' ? *c : '?';
	}
	buffer[i] = '\0';
	return buffer;
}

static int refuse_word(const struct mk_word_rule *rule, const struct mk_word *word,
		       struct mk_reason *why)
{
	char buffer[QUOTE_SIZE];

	return mk_refuse(why, -EINVAL, "command line: %s: %s", quote(buffer, word), rule->reason);
}

static int check_words(const struct mk_command_line *line, struct mk_reason *why)
{
	const struct mk_word_rule *rule;
	const char *position = line->user;
	struct mk_word word;

	while (mk_word_next(&position, &word)) {
		rule = mk_word_find_rule(MK_WORD_REFUSED, 0, &word, line);
		if (rule)
			return refuse_word(rule, &word, why);
	}
	position = line->user;
	while (mk_word_next_plain(&position, &word)) {
		rule = mk_word_find_rule(MK_WORD_REFUSED, MK_WORD_FOUND_PLAIN, &word, line);
		if (rule)
			return refuse_word(rule, &word, why);
	}
	return 0;
}

static bool value_is(const struct mk_word *word, const char *value)
{
	size_t length = value ? strlen(value) : 0;

	return !word->value == !value && word->value_length == length &&
	       (!length || !memcmp(word->value, value, length));
}

static bool is_ours(const struct mk_word_rule *rule)
{
	return rule->kind == MK_WORD_OURS || rule->kind == MK_WORD_OURS_TOO;
}

/* One without a value sets nothing where a value is wanted. */
static bool sets(const struct mk_word_rule *rule, const struct mk_word *word)
{
	return mk_word_is(word, rule->name) && (!rule->value || word->value);
}

/* The user's last word that sets what this rule's does; false without one. */
static bool find_last(const char *user, const struct mk_word_rule *rule, struct mk_word *found)
{
	struct mk_word word;
	bool any = false;

	while (mk_word_next(&user, &word)) {
		if (!sets(rule, &word))
			continue;
		*found = word;
		any = true;
	}
	return any;
}

/* The rule by which ours wins over this word, or would but for @line->unsafe. */
static const struct mk_word_rule *find_winner(const struct mk_command_line *line,
					      const struct mk_word *word)
{
	u32 i;

	for (i = 0; word->value_length && i < mk_word_rule_count; i++) {
		const struct mk_word_rule *rule = &mk_word_rules[i];

		if (is_ours(rule) && rule->value && sets(rule, word) && !value_is(word, rule->value) &&
		    (line->unsafe || rule->kind == MK_WORD_OURS))
			return rule;
	}
	return NULL;
}

static bool remark_word(const struct mk_command_line *line, const struct mk_word *word,
			struct mk_reason *remark)
{
	const struct mk_word_rule *rule = NULL;
	char buffer[QUOTE_SIZE];

	if (line->unsafe)
		rule = mk_word_find_rule(MK_WORD_REFUSED, 0, word, line);
	if (!rule)
		rule = mk_word_find_rule(MK_WORD_WARNED, 0, word, line);
	if (rule) {
		refuse_word(rule, word, remark);
		return true;
	}
	rule = find_winner(line, word);
	if (!rule)
		return false;
	mk_refuse(remark, 0, "command line: %s: %s %s=%s: %s", quote(buffer, word),
		  line->unsafe ? "taken in place of" : "without effect, a spawn has", rule->name,
		  rule->value, rule->reason);
	return true;
}

bool mk_command_line_remark(const struct mk_command_line *line, const char **position,
			    struct mk_reason *remark)
{
	struct mk_word word;

	while (mk_word_next(position, &word))
		if (remark_word(line, &word, remark))
			return true;
	return false;
}

/* A line that grows in a buffer; @length goes on beyond @size, which tells that it did not fit. */
struct output {
	char *buffer;
	size_t size;
	size_t length;
};

static void append(struct output *output, const char *text, size_t count)
{
	if (output->length + count < output->size) {
		memcpy(output->buffer + output->length, text, count);
		output->buffer[output->length + count] = '\0';
	}
	output->length += count;
}

static void append_word(struct output *output, const char *name, const char *value)
{
	if (output->length)
		append(output, " ", 1);
	append(output, name, strlen(name));
	if (value) {
		append(output, "=", 1);
		append(output, value, strlen(value));
	}
}

static bool quote_is_open(const char *user, size_t end)
{
	bool open = false;

	while (end--)
		open ^= user[end] == '"';
	return open;
}

static void append_user(struct output *output, const char *user, size_t end)
{
	bool open = quote_is_open(user, end);

	while (!open && end && mk_is_blank(user[end - 1]))
		end--;
	append(output, user, end);
	if (open)
		append(output, "\"", 1);	/* or it would swallow the words to come */
}

static void append_ours(struct output *output, const struct mk_command_line *line)
{
	char khz[sizeof("4294967295")];
	struct mk_word word;
	u32 i;

	snprintf(khz, sizeof(khz), "%u", line->tsc_khz);
	for (i = 0; i < mk_word_rule_count; i++) {
		const struct mk_word_rule *rule = &mk_word_rules[i];
		bool given;

		if (!is_ours(rule))
			continue;
		given = find_last(line->user, rule, &word);
		if (given && line->unsafe)
			continue;
		append_word(output, rule->name,
			    rule->flags & MK_WORD_IS_FREQUENCY ? khz : rule->value);
		if (given && rule->flags & MK_WORD_EMPTY_STAYS && !word.value_length)
			append_word(output, rule->name, "");
	}
}

/* Length of the part that is the kernel's: all ahead of a word "--". */
static size_t kernel_part(const char *user)
{
	const char *position = user;
	struct mk_word word;

	while (mk_word_next(&position, &word))
		;
	return position - user;
}

int mk_command_line_build(char *buffer, size_t size, const struct mk_command_line *line,
			  struct mk_reason *why)
{
	struct output output = { .buffer = buffer, .size = size };
	const char *user = line->user;
	size_t end = kernel_part(user);
	int error = line->unsafe ? 0 : check_words(line, why);

	if (error)
		return error;
	buffer[0] = '\0';
	append_user(&output, user, end);
	append_ours(&output, line);
	if (user[end]) {
		append(&output, " ", 1);
		append(&output, user + end, strlen(user + end));
	}
	if (output.length > line->limit || output.length >= size)
		return mk_refuse(why, -E2BIG,
				 "command line: %zu bytes with the words a spawn kernel needs, the image takes %u",
				 output.length, line->limit < size ? line->limit : (u32)size - 1);
	return output.length;
}
