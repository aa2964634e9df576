/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what a device is served, in the words of mkio, which serves it, and of mkctl, which is asked for one:
 * so that the two can be compared.
 */
#ifndef CLI_ORIGIN_H
#define CLI_ORIGIN_H

#include <stdbool.h>
#include <sys/stat.h>

#include "control.h"

#define ORIGIN_KEY 96
#define ORIGIN_WORDS 136

/**
 * struct origin - what one is served from
 * @key:   the same for two that are the same; letters that go by the control socket
 * @words: for people
 */
struct origin {
	char key[ORIGIN_KEY];
	char words[ORIGIN_WORDS];
};

/**
 * origin_of_file - a file, a block device or a directory, which other names may lead to as well
 * @origin: filled in
 * @kind:   of the device
 * @how:    it is served: "raw, read-only"
 * @about:  the file
 * @path:   one of its names
 */
void origin_of_file(struct origin *origin, const char *kind, const char *how,
		    const struct stat *about, const char *path);

/* What a name tells alone: "bridge br0". */
void origin_of_name(struct origin *origin, const char *kind, const char *what, const char *name);

/**
 * origin_write - the answer to "origin"
 * @origin:      which
 * @replaceable: mkctl boot may have the device taken away
 * @text:        receives it
 */
void origin_write(const struct origin *origin, bool replaceable, char text[CONTROL_TEXT]);

/* What that says; returns false where it makes no sense, as of an mkio that does not know the question. */
bool origin_read(struct origin *origin, bool *replaceable, const char *text);

#endif
