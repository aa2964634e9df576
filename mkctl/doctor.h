/* SPDX-License-Identifier: GPL-2.0-only */
/* One question that "mkctl doctor" asks of this machine. */
#ifndef MKCTL_DOCTOR_H
#define MKCTL_DOCTOR_H

#include "port.h"
#include "words.h"

#define FINDING_TEXT 512

enum verdict { PASS, WARN, FAIL };

/**
 * struct finding - an answer
 * @verdict: how it is
 * @text:    what was found, a sentence
 * @remedy:  what to do about it, a sentence; empty for a pass
 */
struct finding {
	enum verdict verdict;
	char text[FINDING_TEXT];
	char remedy[FINDING_TEXT];
};

/**
 * struct question - a row of the tables in doctor_*.c
 * @name: one word, the same for ever: scripts know it
 * @ask:  fills in the finding, which is an empty pass before
 */
struct question {
	const char *name;
	void (*ask)(struct finding *finding);
};

/* The tables: this kernel, its modules, CPUs, memory and its blocks; each ends with a row without a name. */
extern const struct question doctor_kernel[], doctor_cpus[], doctor_memory[], doctor_blocks[];

/* For the answers. */
void finding_pass(struct finding *finding, const char *text, ...) __printf(2, 3);
void finding_warn(struct finding *finding, const char *remedy, const char *text, ...) __printf(3, 4);
void finding_fail(struct finding *finding, const char *remedy, const char *text, ...) __printf(3, 4);

/*
 * Read a file below /proc, /sys, /boot or /lib/modules ("proc/cpuinfo", "boot/config-6.1"), at most @size - 1
 * bytes; NUL terminated, without its last newline. Returns whether it is there.
 */
bool doctor_read(char *text, size_t size, const char *format, ...) __printf(3, 4);

/*
 * The last word of that name with a value on the kernel's command line, which counts: into @found, whose value
 * stays in @line. @next takes words apart, as the reader of this one does: mk_word_next() or
 * mk_word_next_plain(). Returns whether it is there.
 */
#define COMMAND_LINE_SIZE 4096
bool doctor_last_word(char line[COMMAND_LINE_SIZE], bool (*next)(const char **position, struct mk_word *word),
		      const char *name, struct mk_word *found);

/* Does /proc/cpuinfo have this flag for the first CPU? */
bool doctor_has_flag(const char *flag);

#endif
