/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second opinion on command lines: how the kernel takes one apart, written down anew, and what it
 * then believes of a parameter that it takes the last word of.
 */
#ifndef MK_TESTS_LINE_ORACLE_H
#define MK_TESTS_LINE_ORACLE_H

#include "port.h"

#define ORACLE_WORDS_MAX 4096

/**
 * struct oracle_line - a line taken apart
 * @copy:  what the pointers lead into
 * @name:  of each word, terminated
 * @value: of each word, terminated; NULL without a "="
 * @count: how many words are the kernel's
 * @open:  the last of them has a quote that does not end
 * @rest:  what follows "--", in the line itself; NULL without one
 */
struct oracle_line {
	char *copy;
	char *name[ORACLE_WORDS_MAX];
	char *value[ORACLE_WORDS_MAX];
	u32 count;
	bool open;
	const char *rest;
};

/* Takes a line apart; oracle_line_free() lets it go. */
void oracle_line_read(struct oracle_line *line, const char *text);
void oracle_line_free(struct oracle_line *line);

/* Are these the same name? */
bool oracle_same_name(const char *a, const char *b);

/* The value of the last word of that name that has one that is not empty; NULL without one. */
const char *oracle_line_last(const struct oracle_line *line, const char *name);

/* Is there a word of that name and, unless it is NULL, value? */
bool oracle_line_has(const struct oracle_line *line, const char *name, const char *value);

/* The words that a spawn needs, where its clock has so many kHz. */
#define ORACLE_KHZ 2803200
#define ORACLE_NEEDED 15

/**
 * struct oracle_word - one of them
 * @name:        of the word
 * @value:       behind "="; NULL without one
 * @last_counts: the kernel takes the last of several of that name
 */
struct oracle_word {
	const char *name;
	const char *value;
	bool last_counts;
};

extern const struct oracle_word oracle_needed[ORACLE_NEEDED];

#endif
