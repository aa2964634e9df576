/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of a command line that matter beside other kernels, as one table: what a spawn must
 * have, what it must not have, what it has no use for, each with its reason.
 */
#ifndef MK_CORE_COMMAND_WORDS_H
#define MK_CORE_COMMAND_WORDS_H

#include "ranges.h"
#include "words.h"

/**
 * struct mk_command_line - what a command line is made of, and made for
 * @user:         the user's words
 * @limit:        longest line the image takes, without the NUL
 * @tsc_khz:      frequency of the time stamp counter
 * @memory:       the instance's ranges, sorted; NULL: not known
 * @memory_bytes: how much memory that is
 * @disk_count:   disk images and devices it has, of which one may be its root
 * @unsafe:       the user's words win over ours, and none is refused
 */
struct mk_command_line {
	const char *user;
	u32 limit;
	u32 tsc_khz;
	const struct mk_ranges *memory;
	u64 memory_bytes;
	u32 disk_count;
	bool unsafe;
};

enum mk_word_kind {
	MK_WORD_OURS,		/* the kernel takes the last of several, which is ours */
	MK_WORD_OURS_TOO,	/* the kernel adds several up: ours holds beside the user's */
	MK_WORD_REFUSED,
	MK_WORD_WARNED,
};

enum mk_word_flags {
	MK_WORD_IS_FREQUENCY = 1,	/* the value is the host's TSC frequency in kHz */
	MK_WORD_EMPTY_STAYS = 2,	/* a user's empty word is not for the kernel */
	MK_WORD_FOUND_PLAIN = 4,	/* also read without regard to quotes and "--" */
};

struct mk_word_rule;

/* Does the rule apply to a word of its name, one that has a value? Context: any; pure. */
typedef bool mk_word_test(const struct mk_word_rule *rule, const struct mk_word *word,
			  const struct mk_command_line *line);

/**
 * struct mk_word_rule - one row of the table
 * @kind:   what becomes of such a word
 * @name:   the parameter's name, as the kernel's source has it
 * @value:  of ours: the value that it is given, NULL for a word without one; else what @test
 *          compares with
 * @test:   of those refused and warned of; NULL: every word of the name, also without a value
 * @flags:  enum mk_word_flags
 * @reason: why, the second half of a sentence
 */
struct mk_word_rule {
	enum mk_word_kind kind;
	const char *name;
	const char *value;
	mk_word_test *test;
	u32 flags;
	const char *reason;
};

extern const struct mk_word_rule mk_word_rules[];
extern const u32 mk_word_rule_count;

/**
 * mk_word_find_rule - the first rule of a kind that applies to a word
 * @kind:  MK_WORD_REFUSED or MK_WORD_WARNED
 * @flags: the rule must have all of these
 * @word:  the word
 * @line:  the line that it stands in
 *
 * Context: any; pure.
 * Return: the rule, or NULL.
 */
const struct mk_word_rule *mk_word_find_rule(enum mk_word_kind kind, u32 flags,
					     const struct mk_word *word,
					     const struct mk_command_line *line);

#endif
