// SPDX-License-Identifier: GPL-2.0-only
/* Messages kept one behind the other. */
#include <stdlib.h>

#include "spec.h"

#define SPEC_MAX (4u << 20)	/* twice what Linux lets a command line and an environment have */

int spec_add(struct spec *spec, const struct agent_message *message)
{
	static u8 encoded[AGENT_MESSAGE_MAX];
	ssize_t size = agent_encode(message, encoded, sizeof(encoded));
	u8 *bytes;

	if (size < 0)
		return size;
	if (spec->size + size > SPEC_MAX)
		return -E2BIG;
	bytes = realloc(spec->bytes, spec->size + size);
	if (!bytes)
		return -ENOMEM;
	spec->bytes = bytes;
	memcpy(bytes + spec->size, encoded, size);
	spec->size += size;
	return 0;
}

bool spec_next(const struct spec *spec, size_t *at, struct agent_message *message)
{
	ssize_t size = 0;

	if (*at < spec->size)
		size = agent_decode(message, spec->bytes + *at, spec->size - *at);
	if (size <= 0)
		return false;
	*at += size;
	return true;
}

bool spec_find(const struct spec *spec, enum agent_type type, struct agent_message *message)
{
	struct agent_message each;
	bool found = false;
	size_t at = 0;

	while (spec_next(spec, &at, &each)) {
		if (each.type == type) {
			*message = each;
			found = true;
		}
	}
	return found;
}

const char **spec_words(const struct spec *spec, enum agent_type type)
{
	struct agent_message message;
	const char **words;
	size_t at, count = 0;

	for (at = 0; spec_next(spec, &at, &message);)
		count += message.type == type;
	words = calloc(count + 1, sizeof(*words));
	if (!words)
		return NULL;
	count = 0;
	for (at = 0; spec_next(spec, &at, &message);)
		if (message.type == type)
			words[count++] = message.text[0];
	return words;
}

void spec_free(struct spec *spec)
{
	free(spec->bytes);
	spec->bytes = NULL;
	spec->size = 0;
}
