/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process, and with it its container, is to be: the messages that say so, kept as they came.
 */
#ifndef AGENT_SPEC_H
#define AGENT_SPEC_H

#include "protocol.h"

struct spec {
	u8 *bytes;
	size_t size;
};

/* Keep a message. Returns 0, -E2BIG or -ENOMEM. */
int spec_add(struct spec *spec, const struct agent_message *message);

/* The message at *@at, which goes on to the next one; false behind the last. */
bool spec_next(const struct spec *spec, size_t *at, struct agent_message *message);

/* The last one of a type; false where there is none. */
bool spec_find(const struct spec *spec, enum agent_type type, struct agent_message *message);

/*
 * The texts of all of a type, NULL at the end, to be freed (the array alone); NULL without memory.
 */
const char **spec_words(const struct spec *spec, enum agent_type type);

void spec_free(struct spec *spec);

#endif
