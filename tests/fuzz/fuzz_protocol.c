// SPDX-License-Identifier: GPL-2.0-only
/* All that the other side of a container's connection may send: what is taken as a message is one again. */
#include "fuzz.h"
#include "protocol.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static u8 again[AGENT_MESSAGE_MAX];
	struct agent_message message;
	size_t at = 0;
	ssize_t used;

	while ((used = agent_decode(&message, data + at, size - at)) > 0) {
		MUST((size_t)used <= size - at, "no byte beyond the end");
		MUST(agent_encode(&message, again, sizeof(again)) == used, "the same length again");
		MUST(!memcmp(again, data + at, used), "the same bytes again");
		at += used;
	}
	return 0;
}
